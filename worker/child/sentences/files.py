"""About uploaded files: what they are not, and how to save them right."""

from worker.child.failure import N_

EMPTY_FILE = N_("The file %(file)s is empty. Save it again and upload it again.")
CUT_OFF = N_(
    "The file %(file)s is cut off: it begins as %(content)s, but its end is missing. Upload it again, or save it again."
)
DAMAGED = N_("The file %(file)s is damaged, or no %(content)s file at all. Save it again and upload it again.")
FILE_TOO_LARGE = N_(
    "The file %(file)s holds %(size_mb)s MB; at most %(limit_mb)s MB can be read here. Use a smaller network."
)
WEB_PAGE = N_(
    "The file %(file)s holds a web page, not a model. On GitHub, download it with “Raw” or “Download raw file”."
)
LFS_POINTER = N_(
    "The file %(file)s is only a pointer to a file in Git LFS. Fetch the file itself with git lfs pull, or download it."
)
RENAMED = N_(
    "The file is called %(file)s, but it holds %(content)s. Give it the ending %(ending)s and upload it again."
)
UNKNOWN_CONTENT = N_(
    "The file %(file)s could not be recognised. Upload a .py, .ipynb, .safetensors, .pt, .pth, .pt2 or .onnx file."
)
UNPACK_FIRST = N_("The file %(file)s is an archive. Unpack it and upload the file with the network or its weights.")
EXPORT_KERAS = N_(
    "The file %(file)s is a Keras or HDF5 file, which is not read here. Export the model to ONNX and upload that: "
    'model.export("model.onnx", format="onnx")'
)
PLAIN_PICKLE = N_(
    "The file %(file)s is a Python pickle (pickle or joblib), which is never opened here, because that can run any "
    'code. With PyTorch save torch.save(model.state_dict(), "weights.pt"); export models of scikit-learn to ONNX with '
    "skl2onnx."
)
NUMPY_FILE = N_(
    "The file %(file)s holds NumPy arrays. Load them into the PyTorch model and save "
    'torch.save(model.state_dict(), "weights.pt"), or export the model to ONNX.'
)
WHOLE_MODULE = N_(
    "The file %(file)s holds a whole pickled model, which is never opened here, because that can run any code. Save "
    "its weights alone and upload them with the .py file of the network:\n"
    'model = torch.load("%(file)s", weights_only=False)\n'
    'torch.save(model.state_dict(), "weights.pt")'
)
UNSAFE_PICKLE = N_(
    "The file %(file)s asks for %(name)s when it is opened, which weights never need, so it was not opened. Save the "
    'weights alone: torch.save(model.state_dict(), "weights.pt")'
)
WEIGHTS_AS_MODEL = N_(
    "The file %(file)s holds weights only (%(content)s), not the network. Send it as weights, and choose the model "
    "that they belong to or upload its .py file."
)
MODEL_AS_WEIGHTS = N_(
    "The file %(file)s is a whole model (%(content)s), not weights alone. Send it as the model file, without weights."
)
WEIGHTS_NOT_NEEDED = N_("%(file)s is an exported model that has its weights in it. Leave the field for weights empty.")
WEIGHTS_NEEDED = N_("To evaluate %(file)s, upload its trained weights too, as .safetensors or as a state_dict in .pt.")

COMPRESSED_ENTRY = N_(
    "The file %(file)s is a zip file whose entry %(name)s is compressed, as torch.save never writes it. Save the "
    "weights again with torch.save."
)
TOO_MANY_ENTRIES = N_("The file %(file)s is a zip file with %(entries)s entries; at most %(limit)s can be read here.")
ENTRY_OUTSIDE = N_("The file %(file)s is a zip file with an entry that leads out of it: %(name)s. It was not opened.")

NOT_SAFETENSORS = N_("The file %(file)s is not a readable safetensors file: %(error)s")
HEADER_TOO_LARGE = N_(
    "The file %(file)s is no usable safetensors file: its header claims %(size)s bytes; at most %(limit)s are read."
)
NOT_CHECKPOINT = N_(
    "The file %(file)s is not a readable PyTorch file: %(error)s. Save the weights again with "
    'torch.save(model.state_dict(), "weights.pt").'
)
NO_STATE = N_(
    "No state_dict was found in the file %(file)s; it holds %(found)s. Save the weights with "
    'torch.save(model.state_dict(), "weights.pt").'
)
NOT_TORCHSCRIPT = N_("The TorchScript file %(file)s could not be loaded: %(error)s")
NOT_EXPORTED_PROGRAM = N_(
    "The file %(file)s could not be loaded by torch.export (PyTorch %(version)s): %(error)s. Save it again with "
    "torch.export.save."
)
NOT_ONNX = N_("The ONNX file %(file)s could not be loaded: %(error)s")
ONNX_TOO_NEW = N_(
    "The ONNX file %(file)s is too new for this worker: %(error)s. Export it again with a smaller opset_version, for "
    "example 17."
)
ONNX_EXTERNAL = N_(
    "The ONNX file %(file)s keeps its weights in another file (%(location)s), which is not read here. Export the model "
    "into one file: torch.onnx.export(…, external_data=False)."
)
ONNX_CUSTOM = N_(
    "The ONNX file %(file)s uses operators of its own (%(name)s), which are not part of ONNX and cannot run here."
)
ONNX_INPUTS = N_(
    "The ONNX file %(file)s needs %(inputs)s inputs (%(names)s); a network for digits has one, the images."
)
ONNX_INPUT_TYPE = N_("The ONNX file %(file)s wants inputs of type %(given)s; images are numbers in a tensor.")

TENSOR_MISSING = N_(
    "The weights file lacks the tensor %(name)s of shape %(expected)s. Is it from the same model with the same options?"
)
TENSOR_UNEXPECTED = N_(
    "The weights file has a tensor %(name)s of shape %(given)s that the model does not have. Is it from the same model "
    "with the same options?"
)
TENSOR_TWICE = N_("The weights file has the tensor %(name)s twice, with and without the prefix of a wrapper.")
TENSOR_SHAPE = N_("The tensor %(name)s has shape %(given)s in the weights file, but the model needs %(expected)s.")
TENSOR_DTYPE = N_("The tensor %(name)s has type %(given)s in the weights file, but the model needs %(expected)s.")
TENSOR_NOT_FINITE = N_("The tensor %(name)s of the weights file has values that are not finite (NaN or infinity).")
TENSOR_FORM = N_(
    "The tensor %(name)s of the weights file is no plain tensor with all its numbers (%(form)s). Save the weights "
    "as dense float32 tensors."
)
OTHER_MODEL = N_(
    "The weights file is from another model: none of its %(given)s tensors fits. It has %(given_names)s; the model "
    "needs %(needed_names)s."
)
LAST_LAYER = N_(
    "All tensors fit except those of the last layer: %(name)s has shape %(given)s in the weights file, but the model "
    "needs %(expected)s. Was it trained for another number of classes?"
)
MANY_MISFITS = N_(
    "The weights file does not fit the model; %(fitting)s of its %(needed)s tensors do. Missing: %(missing)s. Not in "
    "the model: %(unexpected)s. Of another shape: %(shapes)s. Is it from the same model with the same options?"
)
