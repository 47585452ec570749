"""The quick check: what it finds out about an upload, and what it warns of."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch

from benchmarks.child_process import Spoken, make_job, run_child
from tests import child_files
from tests.child_files import OPTIONS, save_exported, save_onnx, save_safetensors, save_torch, save_torchscript
from tests.child_runs import run_here, upload
from tests.digits import save_digits

KEYS = {
    "kind",
    "format",
    "classes",
    "class_name",
    "arguments",
    "suggestions",
    "parameters",
    "flops",
    "layers",
    "input",
    "output",
    "normalize",
    "forward_ms",
    "weights_format",
    "missing",
    "warnings",
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_digits(tmp_path_factory.mktemp("digits"), train=300, test=100)


def check(data: Path, recipe: Mapping[str, Any] | None = None, **keys: Any) -> Spoken:
    job = make_job(data, "lenet5", OPTIONS, **(recipe or {})) | {"kind": "check", "threads": 1}
    if "model_file" in keys:
        job |= {"model": None, "options": {}}
    return run_here(job | keys)


def report_of(spoken: Spoken) -> Mapping[str, Any]:
    (report,) = spoken.of_kind("report")
    assert set(report) == KEYS
    return report


def warnings_of(spoken: Spoken) -> list[str]:
    return [warning["text"] % warning["values"] for warning in report_of(spoken)["warnings"]]


SCRIPT = """
import torch
from torch import nn
import torch.nn.functional as F
batch_size = 32

class Net(nn.Module):
    def __init__(self, hidden=16):
        super().__init__()
        self.first = nn.Linear(784, hidden)
        self.last = nn.Linear(hidden, 10)
{more}
    def forward(self, x):
        x = x.view(-1, 784)
{forward}

net = Net(hidden=8)
optimizer = torch.optim.Adam(net.parameters(), lr=0.002)
"""


def script(folder: Path, forward: str = "return self.last(F.relu(self.first(x)))", more: str = "") -> dict[str, str]:
    path = folder / "net.py"
    body = "\n".join(f"        {line}" for line in forward.split("\n"))
    path.write_text(SCRIPT.replace("{forward}", body).replace("{more}", f"        {more}"), "utf-8")
    return upload(path)


def test_a_check_of_a_script_says_what_it_would_train(data: Path, tmp_path: Path) -> None:
    spoken = check(data, model_file=script(tmp_path))
    assert [line["kind"] for line in spoken.lines] == ["hello", "report", "done"]
    report = report_of(spoken)
    assert report["classes"] == [{"name": "Net", "line": 7, "is_chosen": True}]
    assert (report["format"], report["class_name"], report["arguments"]) == ("python", "Net", "hidden=8")
    assert report["suggestions"]["learning_rate"] == 0.002
    assert report["parameters"] == 784 * 8 + 8 + 80 + 10
    assert report["flops"] == 2 * (784 * 8 + 80)
    assert [layer["name"] for layer in report["layers"]] == ["first", "last"]
    assert (report["input"], report["output"], report["normalize"]) == ("N×1×28×28", "logits", "none")
    assert 0 < report["forward_ms"] < 100
    assert (report["weights_format"], report["warnings"], spoken.frames) == (None, [], [])


def test_a_check_of_a_model_of_the_zoo_reports_it(data: Path) -> None:
    report = report_of(check(data))
    assert (report["format"], report["classes"]) == ("zoo", [])
    assert report["flops"] > 2 * report["parameters"]


def test_a_check_in_a_process_of_its_own_comes_to_its_end(data: Path, tmp_path: Path) -> None:
    spoken = run_child(make_job(data, "x") | {"kind": "check", "model": None, "model_file": script(tmp_path)})
    assert spoken.lines[-1] == {"kind": "done"}


def test_several_networks_are_listed_before_the_check_fails(data: Path, tmp_path: Path) -> None:
    classes = "\n".join(
        f"class {name}(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
        f"        self.layer = nn.Linear(784, 10)\n    def forward(self, x):\n        return self.layer(x.flatten(1))\n"
        for name in ("Small", "Large")
    )
    (tmp_path / "nets.py").write_text(f"from torch import nn\n{classes}", "utf-8")
    spoken = check(data, model_file=upload(tmp_path / "nets.py"))
    assert [line["kind"] for line in spoken.lines] == ["hello", "report", "failed"]
    assert [(found["name"], found["is_chosen"]) for found in report_of(spoken)["classes"]] == [
        ("Small", False),
        ("Large", False),
    ]
    outcome, sentence = spoken.failure()
    assert outcome == "bad_model"
    assert "Small" in sentence
    assert "Large" in sentence
    chosen = check(data, model_file=upload(tmp_path / "nets.py"), class_name="Large")
    assert chosen.lines[-1] == {"kind": "done"}


def test_an_error_of_the_script_keeps_what_was_found_and_shows_their_lines(data: Path, tmp_path: Path) -> None:
    spoken = check(data, model_file=script(tmp_path, "return self.lost(x)"))
    assert report_of(spoken)["class_name"] == "Net"
    assert spoken.failure()[0] == "bad_model"
    detail = spoken.lines[-1]["detail"]
    assert 'File "net.py", line 15, in forward\n    return self.lost(x)\n' in detail
    assert "site-packages" not in detail


@pytest.mark.parametrize(
    ("save", "name", "format_name"),
    [
        (save_torchscript, "m.pt", "torchscript"),
        (save_exported, "m.pt2", "exported_program"),
        (save_onnx, "m.onnx", "onnx"),
    ],
)
def test_a_check_of_an_exported_model_reports_it(
    data: Path, tmp_path: Path, save: Any, name: str, format_name: str
) -> None:
    model = child_files.train_lenet()
    report = report_of(check(data, model_file=upload(save(model, tmp_path / name))))
    assert (report["format"], report["input"], report["output"]) == (format_name, "N×1×28×28", "logits")
    assert report["parameters"] == sum(parameter.numel() for parameter in model.parameters())
    assert report["flops"] is None if format_name == "onnx" else report["flops"] > 0
    assert report["forward_ms"] > 0
    assert report["warnings"] == []


@pytest.mark.parametrize(
    ("save", "name", "weights_format"),
    [
        (save_safetensors, "w.safetensors", "safetensors"),
        (lambda m, p: save_torch(m.state_dict(), p), "w.pt", "state_dict"),
    ],
)
def test_a_check_loads_the_weights_too(data: Path, tmp_path: Path, save: Any, name: str, weights_format: str) -> None:
    model = child_files.train_lenet()
    report = report_of(check(data, {"normalize": "half"}, weights=upload(save(model, tmp_path / name))))
    assert (report["weights_format"], report["normalize"]) == (weights_format, "half")
    assert "training images are read right" in report["warnings"][0]["text"]


def test_weights_that_do_not_fit_fail_the_check(data: Path, tmp_path: Path) -> None:
    weights = upload(save_torch({"other.weight": torch.zeros(3)}, tmp_path / "w.pt"))
    spoken = check(data, weights=weights)
    assert report_of(spoken)["weights_format"] == "state_dict"
    assert "is from another model: none of its 1 tensors fits" in spoken.failure()[1]


def test_weights_that_read_nothing_right_are_warned_of(data: Path, tmp_path: Path) -> None:
    torch.manual_seed(1)
    model = child_files.Net(**OPTIONS)
    (warning,) = warnings_of(check(data, weights=upload(save_safetensors(model, tmp_path / "w.safetensors"))))
    assert "of 40 training images are read right" in warning


RELU = "x = self.last(F.relu(self.first(x)))\n"


@pytest.mark.parametrize(
    ("forward", "recipe", "words"),
    [
        (RELU + "return x.softmax(1)", {"loss": "cross_entropy"}, "cross-entropy applies softmax once more"),
        (RELU + "return x.softmax(1)", {}, "Training takes the logarithm of its output"),
        (RELU + "return x.log_softmax(1)", {"loss": "cross_entropy"}, "That changes nothing; nll does without."),
        (RELU + "return x", {"loss": "nll"}, "The loss nll needs log-probabilities, but this model returns logits"),
        ("return self.last(self.first(x))", {}, "so all 2 of them together can do no more than one linear layer"),
        ("return self.last(self.first(x)).log_softmax(1)", {}, "nothing non-linear between the layers"),
        ("return self.last(F.relu(F.dropout(self.first(x))))", {}, "differ in evaluation mode. Is dropout"),
        (RELU + "return x.softmax(0)", {}, "depends on the other images of its batch"),
        (RELU + "return x.detach()", {}, "No parameter can be trained"),
        ("return self.last(F.relu(self.first(x).detach()))", {}, "will not be trained: first.weight, first.bias."),
    ],
)
def test_what_its_author_may_not_have_meant_is_warned_of(
    data: Path, tmp_path: Path, forward: str, recipe: dict[str, Any], words: str
) -> None:
    (warning,) = warnings_of(check(data, recipe, model_file=script(tmp_path, forward)))
    assert words in warning


@pytest.mark.parametrize(
    "forward",
    [
        RELU + "return x.log_softmax(1)",
        "return F.relu(self.last(self.first(x)))",
        RELU + "return x, x",
        RELU + "return 1e-7 * x + torch.arange(10.0)",  # as good as the same for all images: nothing follows
    ],
)
def test_what_is_as_it_should_be_is_not_warned_of(data: Path, tmp_path: Path, forward: str) -> None:
    assert warnings_of(check(data, model_file=script(tmp_path, forward))) == []


def test_a_network_of_many_parameters_is_warned_of(data: Path, tmp_path: Path) -> None:
    more = "self.large = nn.Linear(5000, 1000)"
    forward = RELU + "return x + 0 * self.large.weight[0, 0]"
    (warning, unused) = warnings_of(check(data, model_file=script(tmp_path, forward, more)))
    assert "has 5007370 parameters; more than 5000000" in warning
    assert "large.bias" in unused


def test_softmax_regression_is_one_linear_layer_and_no_reason_to_warn(data: Path) -> None:
    assert warnings_of(run_here(make_job(data, "softmax_regression") | {"kind": "check"})) == []


def test_the_work_of_an_lstm_is_counted(data: Path, tmp_path: Path) -> None:
    more = "self.rnn = nn.LSTM(28, 4, batch_first=True); self.out = nn.Linear(4, 10)"
    forward = "return self.out(self.rnn(x.view(-1, 28, 28))[0][:, -1])"
    report = report_of(check(data, model_file=script(tmp_path, forward, more)))
    assert report["flops"] == 2 * (28 * (4 * 4 * 28 + 4 * 4 * 4) + 4 * 10)


def test_an_error_in_training_mode_alone_fails_the_check(data: Path, tmp_path: Path) -> None:
    forward = RELU + "assert not self.training, 'no training'\nreturn x"
    assert "AssertionError: no training" in check(data, model_file=script(tmp_path, forward)).failure()[1]
