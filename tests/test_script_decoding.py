"""Bytes of uploads: encodings and line ends are taken as they come, and what is no Python is refused by name."""

import codecs
import io
import zipfile
from pathlib import Path

import pytest

from tests.homework import IMPORTS, NET, build, notebook, read, refused

CHINESE = f"{IMPORTS}# 这是一个神经网络，用来识别手写数字\n{NET}"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16", "utf-16-le", "utf-32", "cp936"])
def test_a_file_with_chinese_comments_is_read_in_any_usual_encoding(tmp_path: Path, encoding: str) -> None:
    assert read(tmp_path, CHINESE.encode(encoding)).class_name == "Net"


def test_chinese_names_survive_gbk(tmp_path: Path) -> None:
    assert read(tmp_path, f"{IMPORTS}{NET}".replace("Net", "网络").encode("gbk")).class_name == "网络"


@pytest.mark.parametrize(
    ("line", "encoding"),
    [
        ("# -*- coding: gbk -*-", "gbk"),
        ("# -*- coding: utf-8 -*-", "gbk"),  # the line lies: saved by another editor
        ("# coding: latin-1", "latin-1"),
        ("# coding: no-such-code", "utf-8"),
        ("# coding: rot13", "utf-8"),
    ],
)
def test_a_coding_line_is_followed_as_far_as_it_is_true(tmp_path: Path, line: str, encoding: str) -> None:
    text = f"{line}\n{IMPORTS}# {'é' if encoding == 'latin-1' else '数字'}\n{NET}"
    assert read(tmp_path, text.encode(encoding)).class_name == "Net"


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_other_line_ends_keep_the_line_numbers(tmp_path: Path, end: str) -> None:
    script = read(tmp_path, f"{IMPORTS}{NET}".replace("\n", end))
    assert [candidate.line for candidate in script.candidates] == [5]


def test_a_byte_of_another_encoding_in_a_comment_does_no_harm(tmp_path: Path) -> None:
    assert read(tmp_path, f"{IMPORTS}# 数字\n".encode() + b"# caf\xe9 \xff\n" + NET.encode()).class_name == "Net"


def test_tabs_mixed_with_spaces_are_read_as_the_editor_shows_them(tmp_path: Path) -> None:
    mixed = NET.replace("        self.hidden", "\tself.hidden", 1).replace("        super()", "\tsuper()")
    assert build(tmp_path, IMPORTS + mixed)(__import__("torch").zeros(1, 784)).shape == (1, 10)


def test_spaces_copied_from_a_web_page_are_read_as_spaces(tmp_path: Path) -> None:
    assert read(tmp_path, IMPORTS + NET.replace("    ", "\u00a0\u3000\u00a0\u00a0")).class_name == "Net"


def test_lines_of_ipython_in_a_script_are_passed_over(tmp_path: Path) -> None:
    assert read(tmp_path, f"%matplotlib inline\n!pip install torch\n{IMPORTS}{NET}").class_name == "Net"


NEWER = [
    """print(f"loss {result["loss"]: .4f} of {len(result["all"])}")""",
    r"""print(f"{'\n'.join(names)}")""",
    r"""print(f'{d['a']:>{w}} {{no}} \'', "it's f'", rf"\d{d["k"]}")  # and f" here""",
    """x = f\"\"\"{d["k"]} "quoted" {d['x']!r}\"\"\" + 'f"{'""",
]


@pytest.mark.parametrize("line", NEWER)
def test_f_strings_of_newer_python_are_understood(tmp_path: Path, line: str) -> None:
    script = read(tmp_path, f"{IMPORTS}{NET}{line}\nnet = Net(7)\n")
    assert script.arguments == "7"


def test_a_value_in_such_an_f_string_is_kept(tmp_path: Path) -> None:
    sizes = """d = {'a"b': 5}\nsize = int(f"{d['a\\"b']}{len("\\n\\t")}")\n"""
    assert build(tmp_path, f"{IMPORTS}{NET}{sizes}net = Net(size)\n").get_submodule("hidden").weight.shape == (52, 784)


def zipped() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("net.py", NET)
    return packed.getvalue()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b" \r\n\t\n", "is empty"),
        (codecs.BOM_UTF8, "is empty"),
        (IMPORTS.encode() + b"\0\0", "holds NUL bytes"),
        (b"\x89HDF\r\n\x1a\n\0\0", "89 48 44 46"),
        (zipped(), "zip archive or a PyTorch checkpoint"),
        (b"<!DOCTYPE html>\n<html><body>class Net(nn.Module)</body></html>", "Download raw file"),
        (b'{"nbformat": 4, "b": "cells"}', "holds JSON data"),
        (b"print 'hello'\n", "written for Python 2"),
        (b"try:\n    pass\nexcept Exception, e:\n    pass\n", "written for Python 2"),
        (b"class Net(nn.Module):\n  def forward(self, x)\n    return x\n", "line 2: “def forward(self, x)”"),
        (b"x = " + b"(" * 3_000 + b")" * 3_000, "not valid Python"),
        (b"x = " + b"+".join([b"1"] * 40_000), "nested too deeply"),
        (b"x = " + b"-" * 90_000 + b"1", "nested too deeply"),
        (b"x = 1\n" * 50_000, "at most 200000"),
        (b"if a:\n  pass\n" + b"elif b:\n  pass\n" * 9_000, "nested too deeply"),
    ],
)
def test_what_is_no_readable_python_is_refused_with_what_it_is(tmp_path: Path, content: bytes, says: str) -> None:
    outcome, sentence = refused(tmp_path, content)
    assert outcome == "bad_file"
    assert says in sentence
    assert "net.py" in sentence


def test_a_notebook_named_py_is_read_as_one(tmp_path: Path) -> None:
    assert read(tmp_path, notebook(IMPORTS, NET)).format == "notebook"


def test_a_script_named_ipynb_is_read_as_one(tmp_path: Path) -> None:
    assert read(tmp_path, IMPORTS + NET, "net.ipynb").format == "python"
