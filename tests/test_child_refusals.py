"""Files that are not what they should be: each is refused with a sentence that helps, and none runs anything."""

import json
import pickle
import struct
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper
from safetensors.torch import save
from torch import Tensor, nn

from tests.child_files import (
    Evil,
    old_ways,
    pickled,
    recompressed,
    rezipped,
    save_exported,
    save_torch,
    save_torchscript,
    softmax_regression_onnx,
)
from worker.child.failure import Failure, model_code
from worker.child.files import archive, uploads
from worker.child.files.weights_file import read_weights
from worker.child.job import Job, Upload, read_job
from worker.child.origin import find_origin


def net() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 10)).eval()


def sentence_of(caught: Any, outcome: str = "bad_file") -> str:
    assert caught.value.outcome == outcome
    return str(caught.value.text % caught.value.values)


def weights_refusal(content: bytes | Path, folder: Path, name: str = "w.pt") -> str:
    """The sentence with which a weights file is refused."""
    path = content if isinstance(content, Path) else folder / "sent"
    if isinstance(content, bytes):
        path.write_bytes(content)
    with pytest.raises(Failure) as caught:
        read_weights(Upload(path, name))
    return sentence_of(caught)


def model_job(path: Path, name: str, **keys: Any) -> Job:
    recipe = dict.fromkeys(Job.__annotations__["recipe"].__annotations__, 0)
    given = {"kind": "evaluate", "model": None, "options": {}, "recipe": recipe, "data_dir": "", "threads": 1}
    given |= {"weights": None, "class_name": "", "arguments": ""}
    return read_job(given | {"model_file": {"path": str(path), "name": name}} | keys)


def model_refusal(content: bytes | Path, folder: Path, name: str, outcome: str = "bad_file", **keys: Any) -> str:
    """The sentence with which a model file is refused."""
    path = content if isinstance(content, Path) else folder / "sent"
    if isinstance(content, bytes):
        path.write_bytes(content)
    with pytest.raises(Failure) as caught:
        find_origin(model_job(path, name, **keys))
    return sentence_of(caught, outcome)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"<!DOCTYPE html>\n<html>", "web page"),
        (b"\n<HTML>", "web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:12", "pointer to a file in Git LFS"),
        (b"\x89HDF\r\n\x1a\n" + b"\0" * 50, "Keras or HDF5 file, which is not read here. Export the model to ONNX"),
        (b"\x1f\x8b\x08" + b"\0" * 50, "is an archive. Unpack it"),
        (b"Rar!\x1a\x07" + b"\0" * 50, "is an archive. Unpack it"),
        (b"\x93NUMPY\x01\0", "holds NumPy arrays"),
        (pickle.dumps({"coef_": [1.0]}), "Python pickle (pickle or joblib), which is never opened here"),
        (pickle.dumps([1], protocol=4), "Python pickle"),
        (b"\0\1\2\3" * 20, "could not be recognised. Upload a .py, .ipynb"),
        (b"PK\x03\x04" + b"\0" * 50, "is cut off: it begins as zip"),
    ],
)
@pytest.mark.parametrize("refuse", [weights_refusal, lambda *given: model_refusal(*given, "m.pt")])
def test_what_is_no_model_is_told_by_its_content(
    tmp_path: Path, content: bytes, words: str, refuse: Callable[..., str]
) -> None:
    assert words in refuse(content, tmp_path)


@pytest.mark.parametrize("name", ["w.h5", "model.keras", "model.pkl", "model.joblib"])
def test_the_name_of_a_file_does_not_change_what_it_is(tmp_path: Path, name: str) -> None:
    assert "is empty" in weights_refusal(b"", tmp_path, name)
    assert "Python pickle" in weights_refusal(pickle.dumps([1]), tmp_path, name)


def test_a_state_dict_called_safetensors_is_to_be_renamed(tmp_path: Path) -> None:
    path = save_torch(net().state_dict(), tmp_path / "w.pt")
    refused = weights_refusal(path, tmp_path, "w.safetensors")
    assert refused.startswith(
        "The file is called w.safetensors, but it holds PyTorch state_dict. Give it the ending .pt"
    )


def test_safetensors_called_pt_are_to_be_renamed(tmp_path: Path) -> None:
    refused = weights_refusal(save(net().state_dict()), tmp_path, "w.PT")
    assert "holds safetensors. Give it the ending .safetensors" in refused


def test_a_script_sent_as_weights_is_named_as_a_model(tmp_path: Path) -> None:
    assert "is a whole model (Python)" in weights_refusal(b"import torch\n", tmp_path, "net.py")
    assert "Give it the ending .py" in weights_refusal(b"import torch\n", tmp_path, "net.pt")


@pytest.mark.parametrize(
    ("save_it", "name", "content"),
    [(save_torchscript, "m.pt", "TorchScript"), (save_exported, "m.pt2", "torch.export")],
)
def test_an_exported_model_sent_as_weights_is_named(
    tmp_path: Path, save_it: Callable[..., Path], name: str, content: str
) -> None:
    refused = weights_refusal(save_it(net(), tmp_path / name), tmp_path, name)
    assert refused == (
        f"The file {name} is a whole model ({content}), not weights alone. Send it as the model file, without weights."
    )


def test_an_onnx_file_sent_as_weights_is_named(tmp_path: Path) -> None:
    content = softmax_regression_onnx().SerializeToString()
    assert "is a whole model (ONNX)" in weights_refusal(content, tmp_path, "m.onnx")


@pytest.mark.parametrize("options", [{}, {"_use_new_zipfile_serialization": False}])
@pytest.mark.parametrize("wrap", [lambda model: model, lambda model: {"model": model}])
def test_a_whole_pickled_model_is_refused_with_how_to_save_it(
    tmp_path: Path, options: Mapping[str, bool], wrap: Callable[[nn.Module], object]
) -> None:
    path = save_torch(wrap(net()), tmp_path / "w.pt", **options)
    for refused in (weights_refusal(path, tmp_path, "net.pth"), model_refusal(path, tmp_path, "net.pth")):
        assert "holds a whole pickled model" in refused
        assert 'torch.load("net.pth", weights_only=False)\ntorch.save(model.state_dict(), "weights.pt")' in refused


def test_weights_sent_as_the_model_are_sent_to_the_other_field(tmp_path: Path) -> None:
    path = save_torch({"net": net().state_dict()}, tmp_path / "w.pt")
    refused = model_refusal(path, tmp_path, "w.pt")
    assert (
        "holds weights only (PyTorch state_dict), not the network. Send it as weights, and choose the model" in refused
    )
    assert "holds weights only (safetensors)" in model_refusal(save(net().state_dict()), tmp_path, "w.safetensors")


def test_an_exported_model_cannot_be_trained(tmp_path: Path) -> None:
    path = save_torchscript(net(), tmp_path / "m.pt")
    assert "can be evaluated but not trained" in model_refusal(path, tmp_path, "m.pt", "bad_model", kind="train")


def test_an_exported_model_takes_no_weights(tmp_path: Path) -> None:
    path = save_torchscript(net(), tmp_path / "m.pt")
    weights = {"path": str(path), "name": "w.pt"}
    assert "Leave the field for weights empty" in model_refusal(path, tmp_path, "m.pt", weights=weights)


def test_a_script_without_weights_cannot_be_evaluated(tmp_path: Path) -> None:
    assert "upload its trained weights too" in model_refusal(b"import torch\n", tmp_path, "net.py")


@pytest.mark.parametrize("name", ["m.pt", "m.pt2", "m.onnx", "w.safetensors"])
@pytest.mark.parametrize("kept", [0.3, 0.9, 0.999])
def test_a_file_that_is_cut_off_is_refused(tmp_path: Path, name: str, kept: float) -> None:
    if name == "m.onnx":
        content = softmax_regression_onnx().SerializeToString()
    elif name == "w.safetensors":
        content = save(net().state_dict())
    else:
        save_it = save_torchscript if name == "m.pt" else save_exported
        content = save_it(net(), tmp_path / name).read_bytes()
    cut = content[: int(len(content) * kept)]
    refused = weights_refusal(cut, tmp_path, name) if name == "w.safetensors" else model_refusal(cut, tmp_path, name)
    assert any(words in refused for words in ("is cut off", "is damaged", "not a readable safetensors file"))


def test_a_zip_file_that_is_damaged_inside_is_refused_in_torch_s_words(tmp_path: Path) -> None:
    content = bytearray(save_torch(net().state_dict(), tmp_path / "w.pt").read_bytes())
    place = content.index(b"PK\x03\x04") + 80
    content[place : place + 40] = b"\xff" * 40
    assert "is not a readable PyTorch file" in weights_refusal(bytes(content), tmp_path)


@pytest.mark.parametrize(
    ("save_it", "name", "changed", "words"),
    [
        (
            save_exported,
            "m.pt2",
            {"model": b"{}"},
            f"could not be loaded by torch.export (PyTorch {torch.__version__})",
        ),
        (save_torchscript, "m.pt", {"data": b"junk"}, "The TorchScript file m.pt could not be loaded: RuntimeError"),
    ],
)
def test_an_export_that_is_damaged_inside_is_refused_in_torch_s_words(
    tmp_path: Path, save_it: Callable[..., Path], name: str, changed: Mapping[str, bytes], words: str
) -> None:
    path = rezipped(save_it(net(), tmp_path / name), tmp_path / "changed", **changed)
    assert words in model_refusal(path, tmp_path, name)


# Attacks.


def test_a_compressed_checkpoint_is_refused_before_it_is_inflated(tmp_path: Path) -> None:
    plain = save_torch({"weight": torch.zeros(10_000_000)}, tmp_path / "w.pt")
    bomb = recompressed(plain, tmp_path / "bomb.pt")
    assert bomb.stat().st_size < 100_000
    assert "whose entry w/data.pkl is compressed" in weights_refusal(bomb, tmp_path)


def test_a_torchscript_file_may_compress_its_code_but_not_its_numbers(tmp_path: Path) -> None:
    path = recompressed(save_torchscript(net(), tmp_path / "m.pt"), tmp_path / "bomb.pt")
    assert "is compressed, as torch.save never writes it" in model_refusal(path, tmp_path, "m.pt")


def test_a_zip_file_with_too_many_entries_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save_torch(net().state_dict(), tmp_path / "w.pt")
    monkeypatch.setattr(archive, "MOST_ENTRIES", 4)
    assert "entries; at most 4 can be read" in weights_refusal(path, tmp_path)


@pytest.mark.parametrize("module", [uploads, archive])
def test_a_file_over_the_limit_is_refused_by_its_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: Any
) -> None:
    path = save_torch({"weight": torch.zeros(300_000)}, tmp_path / "w.pt")
    monkeypatch.setattr(module, "LARGEST_FILE_BYTES", 1 << 20)
    assert "holds 1 MB; at most 1 MB can be read here" in weights_refusal(path, tmp_path)


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "w/..\\..\\x"])
def test_an_entry_that_leads_out_of_the_zip_file_is_refused(tmp_path: Path, name: str) -> None:
    path = save_torch(net().state_dict(), tmp_path / "w.pt")
    with zipfile.ZipFile(path, "a") as opened:
        opened.writestr(name, b"x")
    assert "leads out of it" in weights_refusal(path, tmp_path)


def evil_zip(victim: Path, folder: Path) -> Path:
    return save_torch(Evil(victim), folder / "evil.pt")


def evil_beside_weights(victim: Path, folder: Path) -> Path:
    return save_torch({"state_dict": net().state_dict(), "extra": Evil(victim)}, folder / "evil.pt")


def evil_in_the_old_format(victim: Path, folder: Path) -> Path:
    return save_torch(Evil(victim), folder / "evil.pt", _use_new_zipfile_serialization=False)


def evil_pickle(victim: Path, folder: Path) -> Path:
    (folder / "evil.pt").write_bytes(pickled(Evil(victim)))
    return folder / "evil.pt"


@pytest.mark.parametrize("make", [evil_zip, evil_beside_weights, evil_in_the_old_format, evil_pickle])
@pytest.mark.parametrize("variable", ["", "1"])
def test_a_pickle_that_would_run_code_runs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path, Path], Path], variable: str
) -> None:
    monkeypatch.setenv("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", variable)
    path = make(tmp_path / "victim", tmp_path)
    assert weights_refusal(path, tmp_path)
    assert model_refusal(path, tmp_path, "evil.pt")
    assert not (tmp_path / "victim").exists()


def test_what_a_checkpoint_asks_for_is_named(tmp_path: Path) -> None:
    refused = weights_refusal(evil_zip(tmp_path / "victim", tmp_path), tmp_path)
    assert "asks for builtins.getattr when it is opened, which weights never need" in refused


def odd_tensors() -> dict[str, Tensor]:
    with old_ways():
        quantized = torch.quantize_per_tensor(torch.rand(784, 10), 0.1, 0, torch.qint8)
    return {
        "torch.sparse_coo": torch.sparse_coo_tensor(torch.zeros(2, 1).long(), torch.ones(1), (10**6, 10**6)),
        "meta": torch.zeros(10**6, 10**6, device="meta"),
        "expanded": torch.zeros(1).expand(10**5, 10**5),
        "quantized": quantized,
    }


@pytest.mark.parametrize("form", ["torch.sparse_coo", "meta", "expanded", "quantized"])
def test_a_tensor_that_is_more_than_its_numbers_is_refused(tmp_path: Path, form: str) -> None:
    with old_ways():
        path = save_torch({"1.weight": odd_tensors()[form], "1.bias": torch.zeros(10)}, tmp_path / "w.pt")
        refused = weights_refusal(path, tmp_path)
    assert f"The tensor 1.weight of the weights file is no plain tensor with all its numbers ({form})" in refused


def test_a_tensor_that_claims_more_than_the_file_holds_is_refused(tmp_path: Path) -> None:
    path = save_torch({"w": torch.zeros(10)}, tmp_path / "w.pt", _use_new_zipfile_serialization=False)
    content = path.read_bytes()
    claim = content.replace(b"K\n", b"\x8a\x05\0\0\0\0\x40")  # ten numbers become 2**38
    assert claim != content
    assert weights_refusal(claim, tmp_path)


@pytest.mark.parametrize(
    ("value", "found"),
    [({}, "{}"), ([torch.zeros(3)], "list"), (torch.zeros(3), "Tensor"), ({"epoch": 3, "loss": 0.1}, "epoch, loss")],
)
def test_a_checkpoint_without_a_state_dict_says_what_is_in_it(tmp_path: Path, value: object, found: str) -> None:
    refused = weights_refusal(save_torch(value, tmp_path / "w.pt"), tmp_path)
    assert f"No state_dict was found in the file w.pt; it holds {found}." in refused


def test_a_safetensors_header_of_ten_gigabytes_is_refused(tmp_path: Path) -> None:
    content = struct.pack("<Q", 10 << 30) + b"{" + b" " * 100
    assert "its header claims 10737418240 bytes" in weights_refusal(content, tmp_path, "w.safetensors")


@pytest.mark.parametrize(
    "header",
    [
        {"w": {"dtype": "F32", "shape": [2**40], "data_offsets": [0, 4]}},
        {"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 2**42]}},
        {"w": {"dtype": "F32", "shape": [2**62, 4], "data_offsets": [0, 4]}},
        {"w": {"dtype": "F99", "shape": [1], "data_offsets": [0, 4]}},
    ],
)
def test_a_safetensors_header_that_lies_is_refused(tmp_path: Path, header: dict[str, object]) -> None:
    text = json.dumps(header).encode()
    content = struct.pack("<Q", len(text)) + text + b"\0" * 4
    assert "not a readable safetensors file" in weights_refusal(content, tmp_path, "w.safetensors")


def onnx_refusal(model: onnx.ModelProto, folder: Path) -> str:
    return model_refusal(model.SerializeToString(), folder, "m.onnx")


@pytest.mark.parametrize("location", ["weights.bin", "../../etc/passwd", "/etc/passwd", "a/../../b"])
def test_onnx_with_weights_in_another_file_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, location: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "weights.bin").write_bytes(np.zeros((784, 10), np.float32).tobytes())
    entries = [onnx.StringStringEntryProto(key="location", value=location)]
    model = softmax_regression_onnx()
    model.graph.initializer[0].ClearField("raw_data")
    model.graph.initializer[0].data_location = TensorProto.EXTERNAL
    model.graph.initializer[0].external_data.extend(entries)
    refused = onnx_refusal(model, tmp_path)
    assert f"keeps its weights in another file ({location}), which is not read here" in refused


def test_onnx_with_another_file_in_an_inner_graph_is_refused(tmp_path: Path) -> None:
    outside = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[784, 10], data_location=TensorProto.EXTERNAL)
    outside.external_data.add(key="location", value="secret")
    inner = helper.make_graph([helper.make_node("Constant", [], ["c"], value=outside)], "inner", [], [])
    model = softmax_regression_onnx()
    model.graph.node.append(helper.make_node("If", ["condition"], ["d"], then_branch=inner, else_branch=inner))
    assert "another file (secret)" in onnx_refusal(model, tmp_path)


def test_onnx_with_an_operator_of_its_own_is_refused_by_its_name(tmp_path: Path) -> None:
    model = softmax_regression_onnx()
    model.graph.node.append(helper.make_node("Backdoor", ["logits"], ["more"], domain="com.evil"))
    model.opset_import.append(helper.make_opsetid("com.evil", 1))
    assert "uses operators of its own (com.evil.Backdoor)" in onnx_refusal(model, tmp_path)


def test_onnx_of_a_version_that_is_too_new_says_which_to_use(tmp_path: Path) -> None:
    assert "is too new for this worker" in onnx_refusal(softmax_regression_onnx(opset=99), tmp_path)
    model = softmax_regression_onnx()
    model.ir_version = 99
    assert "Export it again with a smaller opset_version" in onnx_refusal(model, tmp_path)


def test_onnx_that_does_not_fit_together_is_refused_in_onnxruntime_s_words(tmp_path: Path) -> None:
    model = softmax_regression_onnx()
    model.graph.node[0].input[0] = "nobody"
    assert "could not be loaded: " in onnx_refusal(model, tmp_path)


def test_onnx_with_two_inputs_is_refused_with_their_names(tmp_path: Path) -> None:
    model = softmax_regression_onnx()
    model.graph.input.append(helper.make_tensor_value_info("hidden", TensorProto.FLOAT, [1]))
    assert "needs 2 inputs (images, hidden)" in onnx_refusal(model, tmp_path)


def test_onnx_that_wants_text_is_refused(tmp_path: Path) -> None:
    model = softmax_regression_onnx()
    model.graph.input[0].type.tensor_type.elem_type = TensorProto.STRING
    assert "wants inputs of type tensor(string)" in onnx_refusal(model, tmp_path)


def test_onnx_that_wants_ten_gigabytes_ends_as_out_of_memory() -> None:
    class Fail(Exception):
        """As onnxruntime's own, which is no RuntimeError."""

    with pytest.raises(Fail), model_code():
        raise Fail("BFCArena::AllocateRawInternal Failed to allocate memory for requested buffer of size 20000000000")
