"""Tracebacks cut down to the student's own lines."""

from pathlib import Path

import pytest
import torch

from tests.homework import IMPORTS, NET, build, failure_of
from worker.child.script import student_detail


def test_only_the_student_s_lines_and_the_error_are_shown(tmp_path: Path) -> None:
    text = f"{IMPORTS}{NET.replace('nn.Linear(hidden, 10)', 'nn.Linear(hidden, None)')}net = Net(\n)\n"
    detail = failure_of(tmp_path, text, "作业.py").detail
    assert detail is not None
    *frames, last = detail.splitlines()
    assert frames == [
        "Traceback (most recent call last):",
        '  File "作业.py", line 13, in <module>',
        "    net = Net(",
        '  File "作业.py", line 9, in __init__',
        "    self.out = nn.Linear(hidden, None)",
    ]
    assert last.startswith("TypeError:")


def detail_of(network: torch.nn.Module, inputs: torch.Tensor) -> str | None:
    with pytest.raises(RuntimeError) as caught:
        network(inputs)
    return student_detail(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        f"{IMPORTS}# 数字\n{NET}".encode("gbk"),
        f"{IMPORTS}# 数字\n{NET}".replace("\n", "\r\n").encode("utf-16"),
        f"\ufeff{IMPORTS}# 数字\n{NET}".replace("        return", "\treturn").replace("\n", "\r").encode(),
    ],
)
def test_line_numbers_and_lines_are_those_of_the_student_s_file(tmp_path: Path, content: bytes) -> None:
    detail = detail_of(build(tmp_path, content), torch.zeros(2, 3))
    assert detail is not None
    assert 'File "net.py", line 13, in forward\n    return self.out(torch.relu(self.hidden(x.flatten(1))))' in detail


def test_an_error_without_a_line_of_the_student_has_no_detail() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.nn.Linear(2, 2)(torch.zeros(3))
    assert student_detail(caught.value) is None


def test_the_cause_is_shown_where_the_error_itself_is_none_of_theirs(tmp_path: Path) -> None:
    network = build(tmp_path, IMPORTS + NET)
    with pytest.raises(RuntimeError) as caught:
        network(torch.zeros(2, 3))
    wrapped = ValueError("wrapped")
    wrapped.__cause__ = caught.value
    assert "in forward" in (student_detail(wrapped) or "")


def test_an_endless_recursion_is_shortened(tmp_path: Path) -> None:
    text = IMPORTS + NET.replace("super().__init__()", "super().__init__(); Net()")
    failure = failure_of(tmp_path, text)
    assert failure.outcome == "bad_model"
    assert failure.detail is not None
    assert "more calls …" in failure.detail
    assert len(failure.detail.splitlines()) < 50
    assert "RecursionError" in failure.detail


def test_the_line_that_was_left_out_shows_where_it_was_needed(tmp_path: Path) -> None:
    text = f"data = open('x')\n{IMPORTS}{NET.replace('super().__init__()', 'super().__init__(); data.shape')}"
    detail = failure_of(tmp_path, text).detail
    assert detail is not None
    assert "in __init__\n    super().__init__(); data.shape" in detail
    assert detail.splitlines()[-1].startswith("The network uses data")
