"""What the child measures beyond the score, when its results are sent."""

import io
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from benchmarks.child_process import CHANGED, PREDICTIONS, Spoken, make_job
from models_zoo import cnn_10k, lenet5, mlp, small_cnn, softmax_regression, tiny_resnet, tiny_vit, yannet
from tests.child_runs import run_here, upload
from tests.digits import save_digits
from worker.child.analysis import analyze
from worker.child.data import load_digits
from worker.child.failure import Failure
from worker.child.files.exported_program import ExportedModel
from worker.child.interface import Interface
from worker.child.job import read_job
from worker.child.latency import time_many_ms, time_one_ms
from worker.child.measures import measure_work
from worker.child.network import Network
from worker.child.origin import Origin

PARTS = ("flops", "robustness", "latency")
IMAGES = torch.zeros(8, 1, 28, 28, dtype=torch.uint8)


def network_of(model: nn.Module, interface: Interface | None = None) -> Network:
    return Network(Origin("zoo", lambda: model), model, interface or Interface())


def convolution(inputs: int, outputs: int, kernel: int, side: int) -> int:
    """Multiplications of one that gives `side` × `side` places."""
    return inputs * outputs * kernel**2 * side**2


# One multiplication and its addition are two operations; biases, norms, activations and pooling are not counted.
WORK = {
    softmax_regression: 784 * 10,
    mlp: 784 * 256 + 256 * 256 + 256 * 10,
    lenet5: convolution(1, 6, 5, 28) + convolution(6, 16, 5, 10) + 400 * 120 + 120 * 84 + 84 * 10,
    yannet: convolution(1, 32, 5, 28)
    + convolution(32, 64, 3, 26)
    + convolution(1, 64, 3, 11)  # depthwise: each map sees itself alone
    + convolution(64, 8, 1, 11)
    + 968 * 10,
    cnn_10k: convolution(1, 8, 3, 28)
    + convolution(8, 16, 3, 28)
    + 2 * convolution(16, 16, 3, 14)
    + convolution(16, 24, 3, 7)
    + 24 * 10,
    small_cnn: convolution(1, 32, 3, 28)
    + convolution(32, 32, 3, 28)
    + convolution(32, 64, 3, 14)
    + convolution(64, 64, 3, 14)
    + convolution(64, 128, 3, 7)
    + 128 * 10,
    tiny_resnet: convolution(1, 16, 3, 28)
    + 2 * convolution(16, 16, 3, 28)
    + (convolution(16, 32, 3, 14) + convolution(32, 32, 3, 14) + convolution(16, 32, 1, 14))
    + (convolution(32, 64, 3, 7) + convolution(64, 64, 3, 7) + convolution(32, 64, 1, 7))
    + 64 * 10,
    # 16 patches of 49 pixels, width 64; per layer: queries, keys and values, attention twice, the mix, and the network.
    tiny_vit: 16 * 49 * 64 + 4 * (16 * 64 * 192 + 2 * 16 * 16 * 64 + 16 * 64 * 64 + 2 * 16 * 64 * 128) + 64 * 10,
}


@pytest.mark.parametrize(("module", "multiplications"), WORK.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_the_work_of_each_model_of_the_zoo_is_what_is_counted_by_hand(module: Any, multiplications: int) -> None:
    work = measure_work(network_of(module.Net()), IMAGES)

    assert work.flops == 2 * multiplications
    assert work.has_convolution == module.CARD["convolution"]


class Rows(nn.Module):
    """A network that takes an image as 28 rows of 28 numbers."""

    def __init__(self, layer: nn.Module, outputs: int) -> None:
        super().__init__()
        self.layer = layer
        self.head = nn.Linear(outputs, 10)

    def forward(self, images: Tensor) -> Tensor:
        found = self.layer(images.squeeze(1))
        out: Tensor = self.head(found.flatten(1))
        return out


class LastOf(nn.Module):
    """A recurrent layer's output for the last row."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, rows: Tensor) -> Tensor:
        out: Tensor = self.layer(rows)[0][:, -1]
        return out


class Attention(nn.Module):
    """Attention of the rows to each other."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.MultiheadAttention(28, 4, batch_first=True)

    def forward(self, rows: Tensor) -> Tensor:
        out: Tensor = self.layer(rows, rows, rows, need_weights=False)[0]
        return out


# Per row: queries, keys, values and the mix; then each row with each row, twice.
ATTENTION = 28 * (28 * 3 * 28 + 28 * 28) + 2 * 28 * 28 * 28
# The network and its multiplications; per gate and row, an LSTM's input of 28 and state of 64.
IN_PARTS: dict[str, tuple[Callable[[], nn.Module], int]] = {
    "encoder": (
        lambda: Rows(nn.TransformerEncoderLayer(28, 4, 64, batch_first=True), 784),
        ATTENTION + 28 * 2 * 28 * 64 + 7840,
    ),
    "attention": (lambda: Rows(Attention(), 784), ATTENTION + 7840),
    "lstm": (lambda: Rows(LastOf(nn.LSTM(28, 64, batch_first=True)), 64), 28 * 4 * (28 + 64) * 64 + 640),
    "gru": (lambda: Rows(LastOf(nn.GRU(28, 64, batch_first=True)), 64), 28 * 3 * (28 + 64) * 64 + 640),
}


@pytest.mark.parametrize("name", IN_PARTS)
def test_what_torch_does_in_one_operation_is_counted_in_its_parts(name: str) -> None:
    make, multiplications = IN_PARTS[name]

    assert measure_work(network_of(make().eval()), IMAGES).flops == 2 * multiplications


def as_torchscript(network: nn.Module) -> nn.Module:
    content = io.BytesIO()
    torch.jit.save(torch.jit.script(network), content)
    content.seek(0)
    loaded: nn.Module = torch.jit.load(content)  # type: ignore[no-untyped-call]
    return loaded


def as_program(network: nn.Module) -> nn.Module:
    content = io.BytesIO()
    shapes = ({0: torch.export.Dim("batch")},)
    torch.export.save(torch.export.export(network, (torch.zeros(2, 1, 28, 28),), dynamic_shapes=shapes), content)
    content.seek(0)
    return ExportedModel(torch.export.load(content))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", IN_PARTS)
def test_so_it_is_in_an_exported_program(name: str) -> None:
    make, multiplications = IN_PARTS[name]

    assert measure_work(network_of(as_program(make().eval())), IMAGES).flops == 2 * multiplications


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["lstm", "gru"])
def test_so_is_a_recurrent_layer_in_torchscript(name: str) -> None:
    make, multiplications = IN_PARTS[name]

    assert measure_work(network_of(as_torchscript(make().eval())), IMAGES).flops == 2 * multiplications


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["encoder", "attention"])
def test_what_torchscript_holds_as_one_operation_is_not_counted_and_said_so(data: Path, name: str) -> None:
    network = as_torchscript(IN_PARTS[name][0]().eval())

    lines, _ = analysis_of(network, data)

    assert (lines["flops"]["flops"], lines["flops"]["problem"]) == (None, "uncounted")
    assert lines["flops"]["has_convolution"] is False


def test_how_torch_computes_is_the_same_after_counting() -> None:
    seen: list[tuple[bool, bool, bool]] = []

    def state() -> tuple[bool, bool, bool]:
        mha = torch.backends.mha.get_fastpath_enabled()
        return torch.backends.cudnn.enabled, torch._C._get_mkldnn_enabled(), mha

    class Watching(nn.Linear):
        def forward(self, images: Tensor) -> Tensor:
            seen.append(state())
            raise ValueError("even where the network raises")

    before = state()
    with pytest.raises(Failure):
        measure_work(network_of(Watching(784, 10)), IMAGES)

    assert seen == [(False, False, False)]
    assert state() == before == (True, True, True)


@pytest.mark.parametrize("layer", [nn.Conv1d(28, 10, 28), nn.ConvTranspose2d(1, 1, 3), nn.Conv2d(1, 1, 1)])
def test_a_convolution_of_any_kind_is_one(layer: nn.Module) -> None:
    class Odd(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = layer
            self.head = nn.LazyLinear(10)

        def forward(self, images: Tensor) -> Tensor:
            given = images if isinstance(self.layer, nn.Conv2d | nn.ConvTranspose2d) else images[:, 0]
            out: Tensor = self.head(self.layer(given).flatten(1))
            return out

    model = Odd()
    model(IMAGES.float())

    assert measure_work(network_of(model), IMAGES).has_convolution


def test_a_thousand_images_take_longer_than_one_and_less_than_a_thousand_times_as_long() -> None:
    network = network_of(mlp.Net())

    one, many = time_one_ms(network, IMAGES), time_many_ms(network, IMAGES)

    assert one is not None
    assert 0 < one < many < 1000 * one


def test_it_is_timed_on_one_thread_and_the_threads_are_given_back() -> None:
    seen: list[int] = []

    class Watching(nn.Linear):
        def forward(self, images: Tensor) -> Tensor:
            seen.append(torch.get_num_threads())
            return super().forward(images.flatten(1))

    before = torch.get_num_threads()
    torch.set_num_threads(2)
    time_many_ms(network_of(Watching(784, 10)), IMAGES)
    after = torch.get_num_threads()
    torch.set_num_threads(before)

    assert set(seen) == {1}
    assert after == 2


class Slow(nn.Linear):
    """A network that seems to take ten seconds by its own clock."""

    calls = 0

    def forward(self, images: Tensor) -> Tensor:
        self.calls += 1
        return super().forward(images.flatten(1))


def test_a_slow_network_is_run_once(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Slow(784, 10)
    monkeypatch.setattr("worker.child.latency.time.perf_counter", lambda: 10.0 * slow.calls)

    milliseconds = time_many_ms(network_of(slow), IMAGES)

    assert slow.calls == 1
    assert milliseconds == 10_000


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = save_digits(tmp_path_factory.mktemp("digits"), train=200, test=50)
    np.save(folder / "changed-images.npy", np.load(folder / "test-images.npy")[::-1])
    return folder


@pytest.fixture(scope="module")
def trained(data: Path) -> Spoken:
    return run_here(make_job(data, "softmax_regression", epochs=2, learning_rate=0.1) | {"threads": 1})


def test_the_analysis_follows_what_decides_over_the_result(trained: Spoken) -> None:
    kinds = [line["kind"] for line in trained.lines]

    assert kinds[kinds.index("done") :] == ["done", "analysis", "analysis", "analysis"]
    assert [frame.kind for frame in trained.frames][-1] == CHANGED
    assert trained.frames[-1].epoch == 2


def test_all_parts_are_measured(trained: Spoken) -> None:
    parts = {line.pop("part"): line for line in map(dict, trained.of_kind("analysis"))}

    assert [line["problem"] for line in parts.values()] == [None, None, None]
    assert (parts["flops"]["flops"], parts["flops"]["has_convolution"]) == (15_680, False)
    assert parts["latency"]["one_ms"] > 0


def test_the_classes_of_the_changed_images_are_those_with_the_highest_score(trained: Spoken) -> None:
    (*_, last, _) = (frame for frame in trained.frames if frame.kind in (PREDICTIONS, 2))
    expected = last.log_probabilities().argmax(axis=1)[::-1]

    assert np.frombuffer(trained.frames[-1].content, np.uint8).tolist() == expected.tolist()


def analysis_of(model: nn.Module, data: Path) -> tuple[dict[str, dict[str, object]], list[bytes]]:
    """The lines and frames of an analysis alone."""
    lines: dict[str, dict[str, object]] = {}
    frames: list[bytes] = []

    class Kept:
        def send(self, _kind: str, **values: object) -> None:
            lines[str(values.pop("part"))] = values

        def send_frame(self, _kind: int, _epoch: int, content: bytes) -> None:
            frames.append(content)

    job = read_job(make_job(data, "mlp"))
    analyze(job, network_of(model), load_digits(data, torch.device("cpu")), Kept())  # type: ignore[arg-type]
    return lines, frames


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (ValueError("no"), "raised"),
        (SystemExit(0), "raised"),
        (MemoryError(), "memory"),
        (KeyboardInterrupt(), "raised"),
    ],
)
def test_what_a_network_raises_then_is_named_and_goes_no_further(data: Path, error: BaseException, word: str) -> None:
    class Spoilt(nn.Linear):
        def forward(self, images: Tensor) -> Tensor:
            raise error

    lines, frames = analysis_of(Spoilt(784, 10), data)

    assert {part: line["problem"] for part, line in lines.items()} == dict.fromkeys(PARTS, word)
    assert frames == []


def test_a_part_that_fails_leaves_the_others(data: Path) -> None:
    class ShyOfManyImages(nn.Linear):
        def forward(self, images: Tensor) -> Tensor:
            if len(images) == 1000:
                raise ValueError("too many")
            return super().forward(images.flatten(1))

    lines, frames = analysis_of(ShyOfManyImages(784, 10), data)

    assert (lines["latency"]["problem"], lines["latency"]["thousand_ms"]) == ("raised", None)
    assert isinstance(lines["latency"]["one_ms"], float)
    assert lines["flops"]["flops"] == 15_680
    assert len(frames[0]) == 50


def test_a_network_that_takes_no_single_image_has_a_time_for_a_thousand(data: Path) -> None:
    class ShyOfOne(nn.Linear):
        def forward(self, images: Tensor) -> Tensor:
            if len(images) == 1:
                raise ValueError("as batch norm in training mode does")
            return super().forward(images.flatten(1))

    lines, _ = analysis_of(ShyOfOne(784, 10), data)

    assert lines["latency"]["one_ms"] is None
    assert lines["latency"]["problem"] == "single"
    assert isinstance(lines["latency"]["thousand_ms"], float)


def test_an_answer_that_is_no_number_is_no_class(data: Path) -> None:
    class Lost(nn.Linear):
        def forward(self, images: Tensor) -> Tensor:
            return super().forward(images.flatten(1)) * math.nan

    _, frames = analysis_of(Lost(784, 10), data)

    assert frames == [bytes([255]) * 50]


def save_traced(network: nn.Module, target: Path) -> None:
    torch.jit.save(torch.jit.trace(network, torch.zeros(2, 1, 28, 28)), target)  # type: ignore[no-untyped-call]


def save_frozen(network: nn.Module, target: Path) -> None:
    torch.jit.save(torch.jit.freeze(torch.jit.script(network)), target)  # type: ignore[no-untyped-call]


def save_program(network: nn.Module, target: Path) -> None:
    batch = torch.export.Dim("batch")
    torch.export.save(torch.export.export(network, (torch.zeros(2, 1, 28, 28),), dynamic_shapes=({0: batch},)), target)


def save_onnx(network: nn.Module, target: Path) -> None:
    torch.onnx.export(network, (torch.zeros(1, 1, 28, 28),), target, dynamo=False)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("save", "name", "problem"),
    [
        (save_traced, "a.pt", None),
        (save_frozen, "b.pt", None),
        (save_program, "c.pt2", None),
        (save_onnx, "d.onnx", "onnx"),
    ],
)
def test_an_export_says_the_same_of_its_work_and_size_as_the_network(
    tmp_path: Path, data: Path, save: Callable[[nn.Module, Path], None], name: str, problem: str | None
) -> None:
    network = lenet5.Net().eval()
    save(network, tmp_path / name)
    spoken = run_here(make_job(data, None) | {"kind": "evaluate", "model_file": upload(tmp_path / name), "threads": 1})

    parts = {line["part"]: line for line in spoken.of_kind("analysis")}
    assert parts["flops"]["problem"] == problem
    assert parts["flops"]["flops"] == (None if problem else 2 * WORK[lenet5])
    assert parts["flops"]["has_convolution"]
    assert parts["latency"]["problem"] is None
    assert spoken.of_kind("model")[0]["parameters"] == lenet5.CARD["parameters"]
