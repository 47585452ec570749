"""Files that cannot be used here, by how they are called or how they begin, and what to upload instead."""

from app.core.model_files import shown_name
from app.core.sentences import N_, Sentence

KERAS = N_(
    "“%(name)s” is a Keras file, which cannot be run here. Export it to ONNX and upload that file:\n"
    'model = keras.models.load_model("%(name)s")\n'
    'model.export("model.onnx", format="onnx")'
)
TENSORFLOW = N_(
    "“%(name)s” is a TensorFlow file, which cannot be run here. Export it to ONNX and upload that file:\n"
    "pip install tf2onnx\n"
    "python -m tf2onnx.convert --saved-model FOLDER --output model.onnx   (or --tflite, --graphdef)"
)
PICKLE = N_(
    "“%(name)s” is a Python pickle, which can run code when it is read. Of a PyTorch network save the weights:\n"
    'torch.save(model.state_dict(), "weights.pt")\n'
    "A scikit-learn model can be exported to ONNX:\n"
    "from skl2onnx import to_onnx\n"
    'open("model.onnx", "wb").write(to_onnx(model, X[:1].astype("float32")).SerializeToString())'
)
NUMPY = N_(
    "“%(name)s” holds arrays without the network that they belong to. Put them into your PyTorch network and save "
    "that:\n"
    'model.load_state_dict({k: torch.from_numpy(v) for k, v in numpy.load("%(name)s").items()})\n'
    'torch.save(model.state_dict(), "weights.pt")'
)
CORE_ML = N_(
    "“%(name)s” is a Core ML file, which cannot be run here. Export the network that it was made from to ONNX:\n"
    'torch.onnx.export(model.eval(), torch.zeros(1, 1, 28, 28), "model.onnx")'
)
PADDLE = N_(
    "“%(name)s” is a PaddlePaddle file, which cannot be run here. Export it to ONNX and upload that file:\n"
    "pip install paddle2onnx\n"
    'paddle.onnx.export(model, "model", input_spec=[paddle.static.InputSpec([None, 1, 28, 28])])'
)
ARCHIVE = N_("“%(name)s” is an archive. Unpack it and upload the one file that defines your network: .py or .ipynb.")
DOCUMENT = N_("“%(name)s” is a document. Upload the code itself: the .py or .ipynb file that you run.")
COMPILED = N_("“%(name)s” is compiled Python. Upload the .py that it was made from.")
REFUSED_SUFFIXES = {
    **dict.fromkeys((".h5", ".hdf5", ".keras"), KERAS),
    **dict.fromkeys((".pb", ".pbtxt", ".tflite"), TENSORFLOW),
    **dict.fromkeys((".pkl", ".pickle", ".joblib", ".dill"), PICKLE),
    **dict.fromkeys((".npz", ".npy", ".mat"), NUMPY),
    **dict.fromkeys((".mlmodel", ".mlpackage", ".mlmodelc"), CORE_ML),
    **dict.fromkeys((".pdparams", ".pdmodel", ".pdiparams"), PADDLE),
    **dict.fromkeys((".zip", ".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz"), ARCHIVE),
    **dict.fromkeys((".docx", ".doc", ".txt", ".md", ".pdf", ".rtf", ".pages", ".wps", ".html", ".htm"), DOCUMENT),
    **dict.fromkeys((".pyc", ".pyo", ".so", ".pyd"), COMPILED),
}

WEB_PAGE = N_(
    "“%(name)s” is a web page about the file, not the file itself. On GitHub press “Download raw file”, then upload "
    "what you get."
)
LFS_POINTER = N_("“%(name)s” is only a pointer of Git LFS. Run “git lfs pull”, then upload the file itself.")
ZIP = N_("“%(name)s” begins with %(found)s, so it is a zip archive with another name. Upload the file itself.")
RENAMED_PICKLE = N_("“%(name)s” begins with %(found)s, so it is a Python pickle with another name.")
RENAMED_HDF5 = N_("“%(name)s” begins with %(found)s, so it is an HDF5 or Keras file with another name.")
RENAMED_DOCUMENT = N_("“%(name)s” begins with %(found)s, so it is a document or a picture with another name.")
EMPTY = N_("“%(name)s” is empty. Save it again and upload that file.")

ZIP_START = b"PK\x03\x04"
PICKLE_START = b"\x80"
PAGE_STARTS = (b"<!doctype", b"<html", b"<?xml")
BY_FIRST_BYTES = {
    b"version https://git-lfs": LFS_POINTER,
    ZIP_START: ZIP,
    PICKLE_START: RENAMED_PICKLE,
    b"\x89HDF": RENAMED_HDF5,
    b"%PDF": RENAMED_DOCUMENT,
    b"\x89PNG": RENAMED_DOCUMENT,
    b"\xff\xd8\xff": RENAMED_DOCUMENT,
    b"\xd0\xcf\x11\xe0": RENAMED_DOCUMENT,
}
SHOWN_BYTES = 4


def foreign_start(name: str, head: bytes, but_not: tuple[bytes, ...] = ()) -> Sentence | None:
    """What to say of a file that begins like something that cannot be used here; `but_not` is all right."""
    values = {"name": shown_name(name), "found": readable(head[:SHOWN_BYTES])}
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(PAGE_STARTS):
        return Sentence(WEB_PAGE, values)
    found = (text for start, text in BY_FIRST_BYTES.items() if head.startswith(start) and start not in but_not)
    text = next(found, None)
    return Sentence(text, values) if text else None


def readable(content: bytes) -> str:
    """Bytes as people write them: `PK\\x03\\x04`."""
    return "".join(chr(byte) if 32 < byte < 127 else f"\\x{byte:02x}" for byte in content)
