"""The supervisor keeps its charges alive, and takes them with it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.core.settings import CHECKOUT
from app.supervisor import FIRST_PAUSE_S, Charge, look_after, stop_all
from tests.service import answers, children_of, free_port, is_alive, wait_until

SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]


def test_a_charge_that_dies_is_started_again_after_a_pause() -> None:
    charge = Charge("sleeper", SLEEPER)
    look_after(charge)
    assert charge.process is not None
    first = charge.process
    first.kill()
    first.wait()

    look_after(charge)
    paused = charge.process
    wait_until(lambda: look_after(charge) or charge.process, FIRST_PAUSE_S * 2 + 5)

    assert paused is None
    assert charge.process.pid != first.pid
    stop_all([charge])


def test_a_charge_that_dies_again_and_again_is_given_longer_pauses() -> None:
    charge = Charge("broken", [sys.executable, "-c", "raise SystemExit(3)"])
    wait_until(lambda: look_after(charge) or charge.pause_s >= FIRST_PAUSE_S * 4, 20)

    assert charge.pause_s >= FIRST_PAUSE_S * 4
    stop_all([charge])


def test_stopping_ends_all_charges() -> None:
    charges = [Charge("one", SLEEPER), Charge("two", SLEEPER)]
    [look_after(charge) for charge in charges]
    processes = [charge.process for charge in charges if charge.process]

    stop_all(charges)

    assert [process.returncode for process in processes] == [-signal.SIGTERM, -signal.SIGTERM]


def test_a_charge_stops_when_its_supervisor_is_killed_without_a_word(tmp_path: Path) -> None:
    program = "from app.lifeline import follow_supervisor; import time; follow_supervisor(); time.sleep(60)"
    supervisor = (
        "import sys, time; from app.supervisor import Charge, look_after\n"
        f"charge = Charge('child', [sys.executable, '-c', {program!r}])\n"
        "look_after(charge); print(charge.process.pid, flush=True); time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", supervisor], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    child = int(process.stdout.readline())
    time.sleep(0.5)

    process.kill()
    process.wait()
    process.stdout.close()

    wait_until(lambda: not is_alive(child), 10)


def test_a_supervised_process_that_ends_by_itself_ends_as_it_meant_to() -> None:
    """Python aborts (-6) if a thread still reads its buffered standard input at the end."""
    program = "from app.lifeline import follow_supervisor; import time; follow_supervisor(); time.sleep(0.3); exit(3)"
    process = subprocess.Popen([sys.executable, "-c", program], cwd=CHECKOUT, stdin=subprocess.PIPE)

    assert process.wait(timeout=20) == 3
    assert process.stdin is not None
    process.stdin.close()


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_up_starts_everything_shows_the_link_and_stops_both_at_a_signal(tmp_path: Path, sent: signal.Signals) -> None:
    up = UpProcess(tmp_path)
    line = wait_until(lambda: [row for row in up.output().splitlines() if "/sign-in/link/" in row], 60)[0]
    wait_until(lambda: up.is_ready(), 60)
    children = wait_until(lambda: len(up.children()) == 2 and up.children(), 30)

    up.process.send_signal(sent)

    assert up.process.wait(timeout=40) == 0
    assert f"http://127.0.0.1:{up.port}/sign-in/link/" in line
    assert not any(is_alive(pid) for pid in children)


def test_up_restarts_a_web_and_a_worker_that_are_killed(tmp_path: Path) -> None:
    up = UpProcess(tmp_path)
    wait_until(lambda: up.is_ready(), 60)
    before = wait_until(lambda: len(up.children()) == 2 and up.children(), 30)
    [os.kill(pid, signal.SIGKILL) for pid in before]

    wait_until(lambda: len(set(up.children()) - set(before)) == 2, 30)
    wait_until(lambda: up.is_ready(), 60)

    up.process.terminate()
    assert up.process.wait(timeout=40) == 0


def test_up_on_a_port_that_is_taken_says_so_and_what_to_do(tmp_path: Path) -> None:
    up = UpProcess(tmp_path)
    wait_until(lambda: up.is_ready(), 60)

    second = subprocess.run(
        [sys.executable, "-m", "app.cli", "up"],
        cwd=CHECKOUT,
        env=up.environment,
        capture_output=True,
        text=True,
        check=False,
    )

    up.process.terminate()
    assert second.returncode == 1
    assert f"Port {up.port}" in second.stderr
    assert f"PORT={up.port + 1} make up" in second.stderr
    assert up.process.wait(timeout=40) == 0


class UpProcess:
    """`mnist-benchmark up` on the practice board in a folder of its own."""

    def __init__(self, tmp_path: Path) -> None:
        self.port = free_port()
        self.log = tmp_path / "up.log"
        self.environment = os.environ | {
            "DATA_DIR": str(tmp_path / "data"),
            "DATASET": "practice",
            "PORT": str(self.port),
            "WORKER_THREADS": "1",
            "COLUMNS": "200",
        }
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "app.cli", "up"],
                cwd=CHECKOUT,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def output(self) -> str:
        return self.log.read_text("utf-8", "replace")

    def children(self) -> list[int]:
        return children_of(self.process.pid)

    def is_ready(self) -> bool:
        return answers(self.port)
