"""What comes in broken is refused with a sentence that names it, and nothing of it is kept."""

import json
import math
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.settings import get_settings
from app.web.body_limit import FIELDS_LIMIT_BYTES
from app.web.uploads import HEAD_BYTES
from app.web.weights_files import HEADER_LIMIT_BYTES, check_weights_file
from tests.api import SUBMISSIONS, Api, safetensors

pytest_plugins = ["tests.api_fixtures"]

EVALUATE = {"kind": "evaluate"}
GOOD = safetensors()
CODE = b"import torch"


def file(name: str, content: bytes = GOOD, field: str = "weights") -> dict[str, Any]:
    """A form that tests a file."""
    return {"data": EVALUATE, "files": [(field, (name, content))]}


def sent(name: str, content: bytes, **data: str) -> dict[str, Any]:
    """A form with a model file."""
    return {"data": {"model": [], **data}, "files": [("model_file", (name, content))]}


def length(header_bytes: int) -> bytes:
    return header_bytes.to_bytes(8, "little")


# name of the case: the form, the field it is refused for, what its sentence must name
BROKEN_FORMS: dict[str, tuple[dict[str, Any], str, list[str]]] = {
    # files of another kind
    "python code": (file("net.py", b"import os"), "weights", ["“net.py”", "model file"]),
    "a notebook": (file("net.ipynb", b"{}"), "weights", ["“net.ipynb”", "model file"]),
    "a zip of code": (file("net.zip", b"PK\x03\x04"), "weights", ["“net.zip”", "Unpack"]),
    "an exported program": (file("NET.PT2", b"PK\x03\x04"), "weights", ["“NET.PT2”", "model file"]),
    "an onnx file": (file("net.onnx", b"\x08\x07"), "weights", ["“net.onnx”", "model file"]),
    "a text as a torch file": (
        file("net.pt", b"hello"),
        "weights",
        ["“net.pt”", "hell", "torch.save(model.state_dict()"],
    ),
    "a web page as a torch file": (file("net.pth", b"\n<!DOCTYPE html>"), "weights", ["“net.pth”", "web page", "raw"]),
    "a pointer of Git LFS": (file("w.bin", b"version https://git-lfs.github.com/spec/v1"), "weights", ["git lfs pull"]),
    "safetensors as a torch file": (file("net.ckpt", GOOD), "weights", ["“net.ckpt”", ".safetensors"]),
    "an h5 file": (file("net.h5", b"\x89HDF"), "weights", ["“net.h5”", "Keras"]),
    "a keras file": (file("net.keras", b"PK"), "weights", ["“net.keras”", "Keras"]),
    "a pickle": (file("net.pkl", b"\x80\x04"), "weights", ["“net.pkl”", "pickle"]),
    "a joblib file": (file("net.joblib", b"\x80\x04"), "weights", ["“net.joblib”", "pickle"]),
    "a picture": (file("me.png", b"\x89PNG"), "weights", ["“me.png”", ".safetensors"]),
    "no ending": (file("weights", GOOD), "weights", ["“weights”", ".safetensors"]),
    "two endings": (file("net.safetensors.exe", GOOD), "weights", ["“net.safetensors.exe”"]),
    "an ending only": (file(".safetensors", GOOD), "weights", ["“.safetensors”"]),
    # files with the right name
    "an empty file": (file("w.safetensors", b""), "weights", ["“w.safetensors”", "empty"]),
    "a renamed zip": (file("w.safetensors", b"PK\x03\x04" + bytes(100)), "weights", ["PK\\x03\\x04", "torch.save"]),
    "a renamed pickle": (
        file("w.safetensors", b"\x80\x04\x95\x10" + b"x" * 99),
        "weights",
        ["\\x80\\x04", "torch.save"],
    ),
    "a renamed hdf5": (file("w.safetensors", b"\x89HDF\r\n\x1a\n" + bytes(9)), "weights", ["\\x89HDF", "HDF5"]),
    "a renamed text": (file("w.safetensors", b"hello, this is text"), "weights", ["begins with hell"]),
    "a header of 10 GiB": (file("w.safetensors", length(10 << 30) + b"{" * 99), "weights", [str(10 << 30), "1048576"]),
    "a header of 2^64": (file("w.safetensors", b"\xff" * 99), "weights", [str(2**64 - 1)]),
    "a header just too long": (
        file("w.safetensors", length(HEADER_LIMIT_BYTES + 1) + b"{" * (HEADER_LIMIT_BYTES + 1)),
        "weights",
        [str(HEADER_LIMIT_BYTES + 1)],
    ),
    "a header cut off": (file("w.safetensors", GOOD[:20]), "weights", ["cut off", "20 bytes"]),
    "three bytes": (file("w.safetensors", b"\x01\x00\x00"), "weights", ["3 bytes"]),
    "a length only": (file("w.safetensors", length(0)), "weights", ["8 bytes"]),
    "an empty header": (file("w.safetensors", length(0) + b"{}"), "weights", ["no safetensors"]),
    "a header that is no object": (file("w.safetensors", length(4) + b"[42]"), "weights", ["[4", "“{”"]),
    # files where they do not belong
    "code as the model": (
        {"data": {"model": []}, "files": [("model", ("net.py", b"import os"))]},
        "model",
        ["“net.py”", "model_file"],
    ),
    "weights as the model file": (sent("w.safetensors", GOOD), "model_file", ["“w.safetensors”", "weights only"]),
    "an archive as the model file": (sent("homework.zip", b"PK\x03\x04"), "model_file", ["Unpack", ".py"]),
    "a document as the model file": (sent("homework.docx", b"PK\x03\x04"), "model_file", ["document", ".ipynb"]),
    "a keras file as the model file": (sent("m.h5", b"\x89HDF"), "model_file", ["“m.h5”", 'model.export("model.onnx"']),
    "a joblib file as the model file": (sent("m.joblib", b"\x80\x04"), "model_file", ["skl2onnx", "to_onnx("]),
    "arrays as the model file": (sent("m.npz", b"PK\x03\x04"), "model_file", ["numpy.load", "state_dict"]),
    "tensorflow as the model file": (sent("m.tflite", b"TFL3"), "model_file", ["tf2onnx"]),
    "paddle as the model file": (sent("m.pdparams", b"\x80\x02"), "model_file", ["paddle.onnx.export("]),
    "core ml as the model file": (sent("m.mlmodel", b"\x08\x01"), "model_file", ["torch.onnx.export("]),
    "compiled code as the model file": (sent("net.pyc", b"\xa7\r\r\n"), "model_file", ["compiled", ".py"]),
    "a program as the model file": (sent("net.exe", b"MZ"), "model_file", ["“net.exe”", ".py", ".onnx"]),
    "an empty model file": (sent("net.py", b""), "model_file", ["“net.py”", "empty"]),
    "a web page as code": (sent("net.py", b"<!DOCTYPE html>"), "model_file", ["web page", "GitHub"]),
    "a zip as code": (sent("net.py", b"PK\x03\x04"), "model_file", ["zip archive"]),
    "a picture as code": (sent("net.py", b"\x89PNG\r\n"), "model_file", ["picture"]),
    "bytes as code": (sent("net.py", b"\x00\x01\x02\x03"), "model_file", ["no text", "\\x00\\x01"]),
    "a megabyte of code": (sent("net.py", b"#" * 1_000_001), "model_file", ["1000001 bytes", "1000000"]),
    "code as a notebook": (sent("net.ipynb", b"import torch"), "model_file", ["no notebook", "impo", "“{”"]),
    "text as torchscript": (sent("net.pt", b"hello"), "model_file", ["hell", "torch.jit.script("]),
    "text as a program": (sent("net.pt2", b"hello"), "model_file", ["hell", "torch.export.save("]),
    "a page as onnx": (sent("net.onnx", b"<html>"), "model_file", ["web page"]),
    "a model and a model file": (
        {"data": {"model": "yannet"}, "files": [("model_file", ("net.py", CODE))]},
        "model",
        ["“yannet”", "“net.py”", "not both"],
    ),
    "an exported network to train": (
        {"data": {"model": [], "kind": "train"}, "files": [("model_file", ("net.onnx", b"\x08\x07"))]},
        "model_file",
        ["“net.onnx”", "tested, not trained"],
    ),
    "code to test without weights": (
        {"data": {"model": [], "kind": "evaluate"}, "files": [("model_file", ("net.py", CODE))]},
        "weights",
        ["“net.py”", "no weights"],
    ),
    "an exported network with weights": (
        {
            "data": {"model": []},
            "files": [("model_file", ("net.pt2", b"PK\x03\x04")), ("weights", ("w.pt", b"PK\x03\x04"))],
        },
        "weights",
        ["“net.pt2”", "“w.pt”"],
    ),
    "an option for a file": (
        {"data": {"model": [], "option.dropout": "0.1"}, "files": [("model_file", ("net.py", CODE))]},
        "option.dropout",
        ["“dropout”", "arguments"],
    ),
    "a class of a model of the zoo": ({"data": {"class_name": "Net"}}, "class_name", ["“Net”", ".py"]),
    "arguments of a model of the zoo": ({"data": {"arguments": "hidden=5"}}, "arguments", ["“hidden=5”", ".py"]),
    "a class that is no name": (sent("net.py", CODE, class_name="my net"), "class_name", ["“my net”", "Net"]),
    "a class of 121 letters": (sent("net.py", CODE, class_name="N" * 121), "class_name", ["NNN…"]),
    "arguments that are code": (sent("net.py", CODE, arguments="exit()"), "arguments", ["“exit()”", "hidden=64"]),
    "arguments that end the call": (sent("net.py", CODE, arguments="1), f(2"), "arguments", ["“1), f(2”"]),
    "arguments that are no Python": (sent("net.py", CODE, arguments="hidden = "), "arguments", ["“hidden =”"]),
    "arguments too deep": (sent("net.py", CODE, arguments="(" * 400), "arguments", ["((("]),
    "arguments too long": (sent("net.py", CODE, arguments="1," * 251), "arguments", ["502", "500"]),
    "a check that can be no check": ({"data": {"check_id": "a\x00b"}}, "check_id", ["not known"]),
    "a check that nobody knows": ({"data": {"check_id": "0198"}}, "check_id", ["not known", "again"]),
    "a text as the model file": ({"data": {"model_file": "net.py"}}, "model_file", ["“net.py”", "file"]),
    "a file as the title": ({"files": [("title", ("t.txt", b"x"))]}, "title", ["“t.txt”"]),
    "a text as the weights": ({"data": EVALUATE | {"weights": "w.safetensors"}}, "weights", ["“w.safetensors”"]),
    "two files": (
        {"data": EVALUATE, "files": [("weights", ("a.safetensors", GOOD)), ("weights", ("b.safetensors", GOOD))]},
        "weights",
        ["2 times"],
    ),
    "weights to train": ({"data": {"kind": "train"}, "files": [("weights", ("w.safetensors", GOOD))]}, "weights", []),
    "nothing to test": ({"data": EVALUATE}, "weights", [".safetensors"]),
    # fields
    "an unknown kind": ({"data": {"kind": "cheat"}}, "kind", ["“cheat”", "train, evaluate"]),
    "an unknown model": ({"data": {"model": "gpt"}}, "model", ["“gpt”", "yannet"]),
    "no model": ({"data": {"model": ""}}, "model", ["yannet", "model file"]),
    "an unknown field": ({"data": {"learningrate": "1"}}, "learningrate", ["“learningrate”", "learning_rate"]),
    "an unknown optimizer": ({"data": {"optimizer": "Lion"}}, "optimizer", ["“Lion”", "AdamW"]),
    "a field twice": ({"data": {"epochs": ["1", "2"]}}, "epochs", ["2 times"]),
    "learning_rate 0": ({"data": {"learning_rate": "0"}}, "learning_rate", ["“0”", "1e-6"]),
    "learning_rate nan": ({"data": {"learning_rate": "NaN"}}, "learning_rate", ["“NaN”"]),
    "learning_rate inf": ({"data": {"learning_rate": "inf"}}, "learning_rate", ["“inf”"]),
    "learning_rate 1e9": ({"data": {"learning_rate": "1e9"}}, "learning_rate", ["“1e9”", "10"]),
    "learning_rate abc": ({"data": {"learning_rate": "abc"}}, "learning_rate", ["“abc”"]),
    "learning_rate empty": ({"data": {"learning_rate": ""}}, "learning_rate", ["“”"]),
    "epochs 10000": ({"data": {"epochs": "10000"}}, "epochs", ["“10000”", "20"]),
    "epochs 0": ({"data": {"epochs": "0"}}, "epochs", ["“0”"]),
    "epochs -1": ({"data": {"epochs": "-1"}}, "epochs", ["“-1”"]),
    "epochs 2.5": ({"data": {"epochs": "2.5"}}, "epochs", ["“2.5”", "whole number"]),
    "batch_size 0": ({"data": {"batch_size": "0"}}, "batch_size", ["“0”", "4096"]),
    "momentum with Adam": ({"data": {"optimizer": "Adam", "momentum": "0.9"}}, "momentum", ["Adam"]),
    "nesterov without momentum": ({"data": {"nesterov": "true"}}, "nesterov", ["momentum"]),
    "a long title": ({"data": {"title": "x" * 81}}, "title", ["81", "80"]),
    "long notes": ({"data": {"notes": "x" * 20_001}}, "notes", ["20001", "20000"]),
    "NUL in the title": ({"data": {"title": "a\x00b"}}, "title", ["NUL"]),
    "NUL in the notes": ({"data": {"notes": "a\x00b"}}, "notes", ["NUL"]),
    "an option out of range": ({"data": {"option.dropout": "1.5"}}, "option.dropout", ["“1.5”", "0.9"]),
    "an option of another model": (
        {"data": {"option.hidden": "5"}},
        "option.hidden",
        ["“hidden”", "YanNet", "dropout"],
    ),
    "an option as a file": ({"files": [("option.dropout", ("x.txt", b"1"))]}, "option.dropout", ["“x.txt”"]),
}


@pytest.mark.parametrize("case", BROKEN_FORMS)
def test_a_broken_form_is_refused_for_its_field_and_nothing_is_kept(api: Api, case: str) -> None:
    form, field, named = BROKEN_FORMS[case]

    answer = api.submit(**form)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_fields")
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(answer.json()["fields"]) == {field}
    assert [word for word in named if word not in answer.json()["fields"][field]] == []
    assert (api.stored_blobs(), api.stored_submissions()) == ([], [])


BROKEN_JSON: dict[str, tuple[dict[str, Any], str, list[str]]] = {
    "a model of the wrong kind": ({"model": 5}, "model", ["“5”"]),
    "a list as the recipe": ({"recipe": [1]}, "recipe", ["“[1]”"]),
    "a text as the options": ({"options": "dropout=1"}, "options", ["“dropout=1”"]),
    "an unknown field": ({"epochs": 3}, "epochs", ["“epochs”", "recipe"]),
    "an unknown setting": ({"recipe": {"lr": 1}}, "lr", ["“lr”", "learning_rate"]),
    "a text as a number": ({"recipe": {"epochs": "many"}}, "epochs", ["“many”"]),
    "a number that is none": ({"recipe": {"learning_rate": math.nan}}, "learning_rate", ["“nan”"]),
    "true as a number": ({"recipe": {"epochs": True}}, "epochs", ["“True”"]),
    "nothing as a number": ({"recipe": {"epochs": None}}, "epochs", ["“None”"]),
    "a huge number": ({"recipe": {"epochs": 10**400}}, "epochs", ["1000000000"]),
    "a huge option": ({"options": {"dropout": 10**400}}, "option.dropout", ["1000000000"]),
    "an object as a number": ({"recipe": {"epochs": {"a": 1}}}, "epochs", ["a"]),
    "an evaluation without a file": ({"kind": "evaluate"}, "weights", [".safetensors"]),
    "a key beyond all length": ({"x" * 5000: 1}, "x" * 40, ["x" * 40]),
}


@pytest.mark.parametrize("case", BROKEN_JSON)
def test_a_broken_object_is_refused_for_its_field_and_nothing_is_kept(api: Api, case: str) -> None:
    given, field, named = BROKEN_JSON[case]

    content = json_text({"model": "yannet"} | given)
    answer = api.client.post(SUBMISSIONS, content=content, headers=api.owner | {"Content-Type": "application/json"})

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_fields")
    assert set(answer.json()["fields"]) == {field}
    assert [word for word in named if word not in answer.json()["fields"][field]] == []
    assert api.stored_submissions() == []


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (b"", "JSON"),
        (b"{", "JSON"),
        (b'{"model": "yannet"', "JSON"),
        (b"[]", "“[]”"),
        (b'"yannet"', "object"),
        (b"null", "object"),
        (b"\xff\xfe", "JSON"),
        (b'{"title": "\\ud800", "model": "yannet"}', "surrogates"),
        (b"[" * 200_000, "JSON"),
        (b'{"recipe": {"seed": ' + b"9" * 5000 + b"}}", "JSON"),
    ],
)
def test_a_body_that_is_no_object_of_json_is_refused(api: Api, body: bytes, named: str) -> None:
    answer = api.client.post(SUBMISSIONS, content=body, headers=api.owner | {"Content-Type": "application/json"})

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")
    assert named in answer.json()["detail"]
    assert api.stored_submissions() == []


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "", "application/jsonx"])
def test_a_body_of_another_kind_is_refused_by_name(api: Api, kind: str) -> None:
    answer = api.client.post(SUBMISSIONS, content=b"model=yannet", headers=api.owner | {"Content-Type": kind})

    assert (answer.status_code, answer.json()["code"]) == (415, "unknown_content")
    assert f"“{kind}”" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("kind", "body", "named"),
    [
        ("multipart/form-data", b"x", "boundary"),
        ("multipart/form-data; boundary=b", b"--x\r\n\r\n", "Invalid multipart"),
        ("multipart/form-data; boundary=b", b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n", "name"),
        ("application/x-www-form-urlencoded", b"&".join(b"f%d=1" % i for i in range(101)), "Too many fields"),
    ],
)
def test_a_broken_form_body_is_refused(api: Api, kind: str, body: bytes, named: str) -> None:
    answer = api.client.post(SUBMISSIONS, content=body, headers=api.owner | {"Content-Type": kind})

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")
    assert named in answer.json()["detail"]
    assert (api.stored_blobs(), api.stored_submissions()) == ([], [])


def test_all_that_is_wrong_with_a_form_is_told_at_once(api: Api) -> None:
    data = {"model": "gpt", "epochs": "0", "title": "x" * 81, "what": "?", "kind": "evaluate"}

    answer = api.submit(data, files=[("weights", ("net.pt", b"PK"))])

    assert set(answer.json()["fields"]) == {"model", "epochs", "title", "what", "weights"}
    assert api.stored_blobs() == []


def test_a_good_file_is_not_kept_when_the_recipe_is_bad(api: Api) -> None:
    answer = api.submit(EVALUATE | {"epochs": "0"}, files=[("weights", ("w.safetensors", GOOD))])

    assert set(answer.json()["fields"]) == {"epochs"}
    assert api.stored_blobs() == []


GOOD_FILES: dict[str, dict[str, Any]] = {
    "code": sent("net.py", CODE),
    "code in GBK": sent("网络.PY", "# 网络".encode("gbk")),
    "code in UTF-16": sent("net.py", "import torch".encode("utf-16")),
    "code with a class and arguments": sent("net.py", CODE, class_name="网络", arguments="64, p=-0.5, k=(3, 3), a=[1]"),
    "a notebook": sent("net.ipynb", b"\xef\xbb\xbf\n{"),
    "onnx": sent("net.onnx", b"\x08\x07\x12"),
    "torchscript": sent("net.pt", b"PK\x03\x04"),
    "an old pickle, for the child to explain": sent("net.pth", b"\x80\x02"),
    "torchscript by its own ending": sent("net.torchscript", b"PK\x03\x04"),
    "an exported program": sent("net.pt2", b"PK\x03\x04"),
    "a state_dict": file("w.pt", b"PK\x03\x04"),
    "an old state_dict": file("w.PTH", b"\x80\x02"),
    "a checkpoint": file("w.ckpt", b"PK\x03\x04"),
    "code and weights": {
        "data": {"model": [], "kind": "evaluate"},
        "files": [("model_file", ("net.py", CODE)), ("weights", ("w.bin", b"PK\x03\x04"))],
    },
}


@pytest.mark.parametrize("case", GOOD_FILES)
def test_files_of_every_kind_that_can_be_used_are_kept(api: Api, case: str) -> None:
    form = GOOD_FILES[case]

    answer = api.submit(**form)

    assert answer.status_code == 201, answer.text
    assert sorted(path.read_bytes() for path in api.stored_blobs()) == sorted(file[1][1] for file in form["files"])


def test_a_model_file_is_stored_with_its_class_and_arguments(api: Api) -> None:
    body = api.submit(**sent("net.py", CODE, class_name=" Net ", arguments=" hidden=64 ")).json()

    assert (body["model"], body["kind"], body["title"]) == (None, "train", "net")
    assert (body["class_name"], body["arguments"]) == ("Net", "hidden=64")
    assert body["model_file"] == {
        "name": "net.py",
        "sha256": api.stored_blobs()[0].name,
        "url": f"{body['links']['self']}/model-file",
    }
    [stored] = api.stored_submissions()
    assert (stored.model, stored.model_file_name, stored.class_name, stored.arguments) == (
        None,
        "net.py",
        "Net",
        "hidden=64",
    )


def test_an_exported_network_is_tested_without_anybody_saying_so(api: Api) -> None:
    assert api.submit(**sent("net.onnx", b"\x08\x07")).json()["kind"] == "evaluate"


@pytest.mark.parametrize("changed", [{"class_name": "Other"}, {"arguments": "2"}])
def test_the_same_key_with_another_class_or_other_arguments_is_a_conflict(api: Api, changed: dict[str, str]) -> None:
    api.owner["Idempotency-Key"] = "k"
    api.submit(**sent("net.py", CODE, class_name="Net", arguments="1"))

    answer = api.submit(**sent("net.py", CODE, **{"class_name": "Net", "arguments": "1"} | changed))

    assert answer.status_code == 409


def test_the_same_key_with_another_model_file_is_a_conflict_and_it_is_not_kept(api: Api) -> None:
    api.owner["Idempotency-Key"] = "k"
    first = api.submit(**sent("net.py", CODE))

    answer = api.submit(**sent("net.py", b"import numpy"))

    assert (first.status_code, answer.status_code, len(api.stored_blobs())) == (201, 409, 1)


def test_a_good_file_is_kept_once_with_its_submission(api: Api) -> None:
    answer = api.submit(EVALUATE, files=[("weights", ("w.safetensors", GOOD))])

    [path] = api.stored_blobs()
    assert answer.status_code == 201
    assert path.read_bytes() == GOOD
    assert answer.json()["weights"] == {"name": "w.safetensors", "sha256": path.name}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd.safetensors", "passwd.safetensors"),
        ("C:\\Users\\amy\\w.safetensors", "w.safetensors"),
        ("周一.safetensors", "周一.safetensors"),
        ("a\tb.safetensors", "ab.safetensors"),
    ],
)
def test_of_a_files_name_neither_folders_nor_control_characters_are_kept(api: Api, given: str, kept: str) -> None:
    boundary = b"--b\r\n"
    disposition = f'Content-Disposition: form-data; name="weights"; filename="{given}"\r\n\r\n'.encode()
    kind = b'Content-Disposition: form-data; name="model"\r\n\r\nyannet\r\n'
    body = boundary + kind + boundary + disposition + GOOD + b"\r\n--b--\r\n"

    headers = api.owner | {"Content-Type": "multipart/form-data; boundary=b"}
    answer = api.client.post(SUBMISSIONS, content=body, headers=headers)

    assert answer.json()["weights"]["name"] == kept


def test_an_empty_file_field_of_a_browser_is_no_file(api: Api) -> None:
    answer = api.submit({"kind": "train"}, files=[("weights", ("", b""))])

    assert answer.status_code == 201


@pytest.fixture
def small_limit(api: Api, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """An upload limit of 100 kB."""
    monkeypatch.setenv("UPLOAD_LIMIT_BYTES", "100000")
    get_settings.cache_clear()
    yield 100_000
    get_settings.cache_clear()


def in_chunks(size_bytes: int) -> Iterator[bytes]:
    """A body whose size nobody declares."""
    yield b'--b\r\nContent-Disposition: form-data; name="model"\r\n\r\nyannet\r\n'
    yield b'--b\r\nContent-Disposition: form-data; name="weights"; filename="w.safetensors"\r\n\r\n'
    for _ in range(0, size_bytes, 10_000):
        yield bytes(10_000)
    yield b"\r\n--b--\r\n"


def assert_too_large(api: Api, answer: Any, limit: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (413, "upload_too_large")
    assert f"larger than {limit} MB" in answer.json()["detail"]
    assert (api.stored_blobs(), api.stored_submissions()) == ([], [])


def test_a_file_of_exactly_the_limit_is_kept(api: Api, small_limit: int) -> None:
    content = safetensors(small_limit - len(safetensors(99_000)) + 99_000)

    answer = api.submit(EVALUATE, files=[("weights", ("w.safetensors", content))])

    assert (len(content), answer.status_code) == (small_limit, 201)


def test_a_file_one_byte_over_the_limit_is_too_large(api: Api, small_limit: int) -> None:
    content = safetensors(small_limit - len(safetensors(99_000)) + 99_001)

    answer = api.submit(EVALUATE, files=[("weights", ("w.safetensors", content))])

    assert_too_large(api, answer, "0.1")


def test_a_body_declared_over_the_limit_is_too_large(api: Api, small_limit: int) -> None:
    body = b"".join(in_chunks(FIELDS_LIMIT_BYTES + small_limit))

    headers = api.owner | {"Content-Type": "multipart/form-data; boundary=b"}
    answer = api.client.post(SUBMISSIONS, content=body, headers=headers)

    assert_too_large(api, answer, "0.1")


def test_a_body_streamed_over_the_limit_is_too_large(api: Api, small_limit: int) -> None:
    headers = api.owner | {"Content-Type": "multipart/form-data; boundary=b"}

    answer = api.client.post(SUBMISSIONS, content=in_chunks(2_000_000), headers=headers)

    assert_too_large(api, answer, "0.1")


@pytest.mark.parametrize("path", ["/api/v1/tokens", SUBMISSIONS])
def test_json_over_a_megabyte_is_too_large(api: Api, path: str) -> None:
    headers = api.owner | {"Content-Type": "application/json"}

    answer = api.client.post(path, content=bytes(FIELDS_LIMIT_BYTES + 1), headers=headers)

    assert_too_large(api, answer, "1")


def test_a_page_that_was_sent_too_much_says_so_in_html(api: Api) -> None:
    answer = api.client.post("/sign-in", data={"handle": "x" * FIELDS_LIMIT_BYTES})

    assert answer.status_code == 413
    assert answer.headers["content-type"].startswith("text/html")


KEYS = {"k", "x" * 200, "!~", "5f0c8a9e-1f7b-7a52-9b7e-0a3d0e5b1c2d"}


@pytest.mark.parametrize("key", sorted(KEYS))
def test_a_key_of_visible_ascii_is_taken(api: Api, key: str) -> None:
    answer = api.client.post(SUBMISSIONS, data={"model": "yannet"}, headers=api.owner | {"Idempotency-Key": key})

    assert answer.status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 201, "two words", "tab\there", "é".encode("latin-1")])
def test_another_key_is_refused(api: Api, key: str | bytes) -> None:
    answer = api.client.post(SUBMISSIONS, data={"model": "yannet"}, headers=api.owner | {"Idempotency-Key": key})

    assert (answer.status_code, set(answer.json()["fields"])) == (422, {"idempotency_key"})
    assert api.stored_submissions() == []


def test_the_same_key_with_another_file_is_a_conflict_and_the_file_is_not_kept(api: Api) -> None:
    headers = {"Idempotency-Key": "k"}
    first = api.client.post(SUBMISSIONS, **form_with(GOOD), headers=api.owner | headers)

    answer = api.client.post(SUBMISSIONS, **form_with(safetensors(9)), headers=api.owner | headers)

    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert f"#{first.json()['number']}" in answer.json()["detail"]
    assert len(api.stored_blobs()) == len(api.stored_submissions()) == 1


def form_with(content: bytes) -> dict[str, Any]:
    return {"data": {"model": "yannet"}, "files": [("weights", ("w.safetensors", content))]}


def json_text(value: Any) -> bytes:
    return json.dumps(value).encode()


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer ", "Bearer mnb_wrong", "Basic b3duZXI6eA==", "Digest x", "Bearer \x80"],
)
def test_without_a_valid_token_nothing_is_read_and_one_sentence_says_so(api: Api, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization.encode("latin-1")}

    answer = api.client.post(SUBMISSIONS, **form_with(GOOD), headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert "valid API token" in answer.json()["detail"]
    assert (api.stored_blobs(), api.stored_submissions()) == ([], [])


# The database is the same for all examples: that is meant, and each is one request.
MANY = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
VALUES = st.recursive(
    SCALARS, lambda v: st.lists(v, max_size=3) | st.dictionaries(st.text(max_size=5), v, max_size=3), max_leaves=6
)
NAMES = st.sampled_from(["kind", "model", "title", "notes", "options", "recipe", "weights"]) | st.text(max_size=8)
FIELDS = st.sampled_from(["kind", "title", "notes", "epochs", "seed", "optimizer", "option.dropout", "weights", "x"])


@MANY
@given(st.dictionaries(NAMES, VALUES, max_size=5))
def test_any_object_is_taken_or_refused_and_never_our_fault(api: Api, given: dict[str, Any]) -> None:
    content = json_text({"model": "yannet"} | given)

    answer = api.client.post(SUBMISSIONS, content=content, headers=api.owner | {"Content-Type": "application/json"})

    assert answer.status_code in (201, 400, 422)


@MANY
@given(st.dictionaries(FIELDS, st.text(max_size=30), max_size=5))
def test_any_form_is_taken_or_refused_and_never_our_fault(api: Api, given: dict[str, str]) -> None:
    answer = api.submit({name: text.encode("utf-8", "replace").decode() for name, text in given.items()})

    assert answer.status_code in (201, 422)


@settings(MANY, max_examples=300)
@given(st.binary(max_size=64) | st.builds(lambda n, rest: length(n) + rest, st.integers(0, 80), st.binary(max_size=90)))
def test_a_file_is_good_only_if_its_header_fits_into_it(content: bytes) -> None:
    problem = check_weights_file("w.safetensors", len(content), content[:HEAD_BYTES])

    header_bytes = int.from_bytes(content[:8], "little")
    looks_good = len(content) >= 10 and 2 <= header_bytes <= len(content) - 8 and content[8:9] == b"{"
    assert (problem is None) is looks_good
    assert problem is None or "“w.safetensors”" in str(problem)
