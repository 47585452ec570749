"""Notebooks: cells in order, IPython's own lines out of the way, broken cells passed over if they are not needed."""

import json
from pathlib import Path

import pytest
import torch

from tests.homework import IMPORTS, NET, build, failure_of, notebook, read, refused

BROKEN = "for x in (1, 2:\n    pass"


def test_a_network_of_several_cells_is_built(tmp_path: Path) -> None:
    cells = (IMPORTS, "width = 24", NET.replace("hidden=16", "hidden=width"), "model = Net()\nmodel")
    network = build(tmp_path, notebook(*cells), "hw.ipynb")
    assert network.get_submodule("hidden").weight.shape == (24, 784)


def test_the_place_of_a_class_is_told_by_cell_and_line(tmp_path: Path) -> None:
    script = read(tmp_path, notebook(IMPORTS, "a = 1\n\nb = 2", f"# the net{NET}"), "hw.ipynb")
    assert [(c.name, c.line, c.place) for c in script.candidates] == [("Net", 2, "cell 3, line 2")]


@pytest.mark.parametrize(
    "cell",
    [
        "%matplotlib inline",
        "!pip install einops \\\n    torchinfo",
        "  %load_ext tensorboard",
        "torch.nn?",
        "?torch",
        "files = !ls",
        "took = %timeit -o 1 + 1",
        "pip install torch",
        "cd /content/drive",
        "%%bash\nls | grep py",
        "%%html\n<b>x</b>",
        "%%javascript\nvar x = 1;",
        "%%writefile notes.txt\nnot python at all",
        BROKEN,
        "if True:\n    !ls\nelse:\n    %cd ..",
    ],
)
def test_what_is_no_python_in_a_cell_is_passed_over(tmp_path: Path, cell: str) -> None:
    assert isinstance(build(tmp_path, notebook(IMPORTS, cell, NET), "hw.ipynb"), torch.nn.Module)


@pytest.mark.parametrize("magic", ["%%time", "%%capture out", "\n%%timeit -n 1", "%%unknown_magic x"])
def test_a_cell_keeps_its_body_under_a_magic_for_python(tmp_path: Path, magic: str) -> None:
    assert read(tmp_path, notebook(IMPORTS, f"{magic}\n{NET}"), "hw.ipynb").class_name == "Net"


def test_a_statement_behind_a_line_magic_is_kept(tmp_path: Path) -> None:
    network = build(tmp_path, notebook(IMPORTS, NET, "%time size = 9\n%time net = Net(size)"), "hw.ipynb")
    assert network.get_submodule("hidden").weight.shape == (9, 784)


def test_a_percent_sign_that_continues_an_expression_is_no_magic(tmp_path: Path) -> None:
    network = build(tmp_path, notebook(IMPORTS, NET, "size = (17\n  % 10)\nnet = Net(size)"), "hw.ipynb")
    assert network.get_submodule("hidden").weight.shape == (7, 784)


def test_a_module_that_a_cell_writes_can_be_imported_by_a_later_one(tmp_path: Path) -> None:
    cells = (IMPORTS, f"%%writefile my_nets.py\n{NET}", "import my_nets\nfrom my_nets import Net\nnet = my_nets.Net(5)")
    network = build(tmp_path, notebook(*cells), "hw.ipynb")
    assert network.get_submodule("hidden").weight.shape == (5, 784)


def test_of_a_class_that_is_defined_twice_the_last_one_counts(tmp_path: Path) -> None:
    cells = (IMPORTS, NET, "net = Net()", NET.replace("16", "20"), "net = Net()")
    network = build(tmp_path, notebook(*cells), "hw.ipynb")
    assert network.get_submodule("hidden").weight.shape == (20, 784)


def test_a_broken_cell_with_the_network_is_shown(tmp_path: Path) -> None:
    outcome, sentence = refused(
        tmp_path, notebook(IMPORTS, "class Net(nn.Module):\n    def forward(self x):"), "hw.ipynb"
    )
    assert outcome == "bad_file"
    assert "cell 2, line 2: “def forward(self x):”" in sentence


def test_an_error_is_told_by_cell_and_line(tmp_path: Path) -> None:
    failure = failure_of(tmp_path, notebook(IMPORTS, NET.replace("784", "'784'")), "hw.ipynb")
    assert failure.detail is not None
    assert 'File "hw.ipynb", cell 2, line 5, in __init__\n    self.hidden = nn.Linear(' in failure.detail


def test_an_old_notebook_with_worksheets_is_read(tmp_path: Path) -> None:
    cells = [{"cell_type": "code", "input": IMPORTS + NET, "language": "python", "outputs": []}]
    old = {"metadata": {"name": "hw"}, "nbformat": 3, "worksheets": [{"cells": cells}]}
    assert read(tmp_path, json.dumps(old), "hw.ipynb").class_name == "Net"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('{"cells": [', "cannot be read"),
        ('{"nbformat": 4}', "neither Python nor a notebook"),
        ('{"cells": 5}', "has no code cell"),
        (notebook(), "has no code cell"),
        (notebook("library(torch)", kernelspec={"language": "R"}), "written in R"),
        (notebook("x <- 1", language_info={"name": "julia"}), "written in julia"),
        ('{"cells":' + "[" * 100_000, "nested too deeply"),
        (json.dumps({"cells": [None, {"cell_type": "code", "source": None}, {"cell_type": 3}]}), "no network"),
        (notebook("x = 1"), "no network"),
    ],
)
def test_a_notebook_that_cannot_be_used_is_refused(tmp_path: Path, content: str, says: str) -> None:
    outcome, sentence = refused(tmp_path, content, "hw.ipynb")
    assert outcome == "bad_file"
    assert says in sentence


def test_pictures_in_a_notebook_do_not_count_as_code(tmp_path: Path) -> None:
    loaded = json.loads(notebook(IMPORTS, NET))
    loaded["cells"][1]["outputs"] = [{"data": {"image/png": "A" * 3_000_000}}]
    assert read(tmp_path, json.dumps(loaded), "hw.ipynb").class_name == "Net"
