"""What a model's code cannot do to the run around it, and what importing the child must not do."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app.core.settings import CHECKOUT
from benchmarks.child_process import PREDICTIONS, WEIGHTS, Spoken, make_job, run_child
from tests.child_runs import run_here, upload
from tests.digits import save_digits


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_digits(tmp_path_factory.mktemp("digits"), train=200, test=50)


SCRIPT = """import atexit, sys
import torch
from torch import nn


class Rude(BaseException):
    pass


class Mute(Exception):
    def __str__(self):
        raise ValueError("not even that")


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(784, 10)
        {init}

    def forward(self, images):
        {forward}
        return self.layer(images.flatten(1))

    def again(self):
        return self.again()

    {more}


net = Net()
"""


def train(data: Path, folder: Path, run: Any = run_here, **code: str) -> Spoken:
    lines = {"init": "pass", "forward": "pass", "more": "pass"} | code
    text = SCRIPT
    for name, line in lines.items():
        text = text.replace(f"{{{name}}}", line)
    (folder / "net.py").write_text(text, "utf-8")
    job = make_job(data, "x", epochs=1) | {"model": None, "threads": 1, "model_file": upload(folder / "net.py")}
    return run(job)


@pytest.mark.parametrize("place", ["init", "forward"])
@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("sys.exit(0)", "SystemExit"),
        ("exit()", "SystemExit"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("raise Mute", "raised an error"),
        ("self.again()", "RecursionError: maximum recursion depth exceeded"),
        ("raise NotImplementedError", "NotImplementedError"),
    ],
)
def test_code_that_ends_the_program_or_raises_is_a_bad_model(
    data: Path, tmp_path: Path, place: str, code: str, words: str
) -> None:
    spoken = train(data, tmp_path, **{place: code})
    outcome, sentence = spoken.failure()
    assert outcome == "bad_model"
    assert words in sentence
    assert "net.py" in str(spoken.lines[-1]["detail"])


def test_an_error_of_a_kind_that_python_does_not_know_is_a_bad_model(data: Path, tmp_path: Path) -> None:
    assert train(data, tmp_path, forward="raise Rude").failure()[0] == "bad_model"


def test_code_that_runs_where_nobody_expects_it_is_a_bad_model_too(data: Path, tmp_path: Path) -> None:
    spoken = train(data, tmp_path, more="def state_dict(self): return self.lost")
    assert spoken.failure()[0] == "bad_model"
    assert "return self.lost" in spoken.lines[-1]["detail"]


def test_the_table_of_a_network_with_endless_names_fits_into_a_line(data: Path, tmp_path: Path) -> None:
    many = "[self.add_module('层' * 100 + str(i), nn.Linear(1, 1)) for i in range(300)]"
    spoken = train(data, tmp_path, init=many)
    assert spoken.of_kind("done")
    assert all(len(json.dumps(line)) < 64 * 1024 for line in spoken.lines)


@pytest.mark.parametrize("code", ["raise MemoryError", "torch.empty(2**50)"])
def test_code_that_wants_too_much_memory_is_out_of_memory(data: Path, tmp_path: Path, code: str) -> None:
    assert train(data, tmp_path, forward=code).failure()[0] == "out_of_memory"


def test_code_that_exits_leaves_a_word_behind(data: Path, tmp_path: Path) -> None:
    spoken = train(data, tmp_path, run_child, forward="sys.exit(0)")
    assert "ended the program" in spoken.failure()[1]


def test_code_that_runs_at_the_end_changes_nothing_of_what_was_sent(data: Path, tmp_path: Path) -> None:
    late = "def __del__(self): [os.write(fd, b'late') for fd in range(3, 20) if os.fstat(fd)]"
    init = "atexit.register(lambda: [torch.nn.init.zeros_(p) for p in self.parameters()]); import os"
    spoken = train(data, tmp_path, run_child, init=init, more=late)
    assert spoken.of_kind("done")
    assert [frame.kind for frame in spoken.frames] == [PREDICTIONS, WEIGHTS]


def test_dropout_and_numpy_s_and_python_s_random_numbers_repeat_themselves(data: Path, tmp_path: Path) -> None:
    code = "import random, numpy; images = images * random.random() * numpy.random.rand()"
    assert train(data, tmp_path, forward=code).frames == train(data, tmp_path, forward=code).frames


IMPORTING = """
import json, os, sys
import worker.child.main
import torch
listed = sorted(sys.modules)
print(json.dumps({"tasks": len(os.listdir("/proc/self/task")), "cuda": torch.cuda.is_initialized(), "modules": listed}))
"""


def test_importing_the_child_starts_no_thread_and_imports_nothing_heavy() -> None:
    """A process that has imported it forks and locks down: Landlock reaches only the thread that asks for it."""
    environment = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PATH": os.environ["PATH"]}
    command = [sys.executable, "-c", IMPORTING]
    told = subprocess.run(command, cwd=CHECKOUT, env=environment, check=True, capture_output=True, text=True).stdout
    found = json.loads(told)
    if sys.platform == "linux":
        assert found["tasks"] == 1
    assert not found["cuda"]
    assert {"torchvision", "onnxruntime", "torch._dynamo", "sympy", "app"}.isdisjoint(found["modules"])


PRELOADING = """
import os, sys
from worker.child.preloading import preload
preload()
print(len(os.listdir("/proc/self/task")), "worker.child.main" in sys.modules)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="threads are counted in /proc")
def test_preloading_starts_no_thread() -> None:
    environment = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PATH": os.environ["PATH"]}
    command = [sys.executable, "-c", PRELOADING]
    told = subprocess.run(command, cwd=CHECKOUT, env=environment, check=True, capture_output=True, text=True).stdout
    assert told.split() == ["1", "True"]


FORKING = """
import json, os, sys
from worker.child.main import main
job = json.load(sys.stdin)
pid = os.fork()
if not pid:
    main(job, os.dup(1), os.open(os.devnull, os.O_WRONLY))
    os._exit(0)
os.waitpid(pid, 0)
"""


def test_a_fork_of_a_process_that_has_imported_the_child_does_a_job(data: Path) -> None:
    environment = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PATH": os.environ["PATH"]}
    told = subprocess.run(
        [sys.executable, "-c", FORKING],
        input=json.dumps(make_job(data, "lenet5", epochs=1)),
        cwd=CHECKOUT,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert '{"kind": "done"}' in told.splitlines()
