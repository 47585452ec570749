"""A process that attacks aim at: it keeps a secret, listens on every kind of local socket and counts what reaches it.

As a program it is the victim; `Victim` is the handle that a test holds on it.
"""

import contextlib
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ANSWER_S = 5
WATCHED_SIGNALS = (
    "SIGHUP",
    "SIGINT",
    "SIGQUIT",
    "SIGUSR1",
    "SIGUSR2",
    "SIGTERM",
    "SIGURG",
    "SIGIO",
    "SIGALRM",
    "SIGCONT",
)
LIMITS = {name: number for name, number in vars(resource).items() if name.startswith("RLIMIT_")}


@dataclass(frozen=True)
class Victim:
    """The running victim: where it listens, and its pipe for questions."""

    process: subprocess.Popen[str]
    places: dict[str, Any]

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    def report(self) -> dict[str, Any]:
        """What reached it, its secret in memory, and what the kernel says of it. AssertionError if it is dead."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        assert self.process.poll() is None, "the victim is dead"
        status = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        assert status[0] not in "TtZX", f"the victim is stopped: {status[0]}"
        self.process.stdin.write("report\n")
        self.process.stdin.flush()
        told: dict[str, Any] = json.loads(self.process.stdout.readline())
        return told | {
            "limits": {name: resource.prlimit(self.pid, number) for name, number in LIMITS.items()},
            "affinity": sorted(os.sched_getaffinity(self.pid)),
            "nice": os.getpriority(os.PRIO_PROCESS, self.pid),
            "scheduler": os.sched_getscheduler(self.pid),
            "uid": Path(f"/proc/{self.pid}").stat().st_uid,
            "oom_score_adj": Path(f"/proc/{self.pid}/oom_score_adj").read_text(),
        }


@contextlib.contextmanager
def running_victim(folder: Path, secret: str) -> Iterator[Victim]:
    """A victim whose path sockets lie in the folder; it is gone when the block ends."""
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", __file__, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={"CORPUS_SECRET": secret},
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        yield Victim(process, json.loads(process.stdout.readline()))
    finally:
        process.kill()
        process.communicate()
        for name in ("stream.sock", "datagram.sock", "packet.sock"):
            (folder / name).unlink(missing_ok=True)


class _Ears:
    """All listening sockets; whatever arrives is counted under the socket's name."""

    def __init__(self, folder: Path) -> None:
        self.heard: list[str] = []
        # Not the process id: in a pid namespace an attack does not know it, and the name is to be no secret.
        abstract = f"\0corpus-victim-{os.getpid()}"
        listening: dict[str, tuple[int, int, Any]] = {
            "tcp": (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
            "udp": (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)),
            "stream": (socket.AF_UNIX, socket.SOCK_STREAM, str(folder / "stream.sock")),
            "datagram": (socket.AF_UNIX, socket.SOCK_DGRAM, str(folder / "datagram.sock")),
            "packet": (socket.AF_UNIX, socket.SOCK_SEQPACKET, str(folder / "packet.sock")),
            "abstract_stream": (socket.AF_UNIX, socket.SOCK_STREAM, abstract),
            "abstract_datagram": (socket.AF_UNIX, socket.SOCK_DGRAM, abstract + "-datagram"),
        }
        self.places: dict[str, Any] = {"abstract": abstract[1:]}
        for name, (family, kind, address) in listening.items():
            ear = socket.socket(family, kind)
            ear.bind(address)
            if kind != socket.SOCK_DGRAM:
                ear.listen()
            if family == socket.AF_INET:
                self.places[name] = ear.getsockname()[1]
            threading.Thread(target=self._listen, args=(name, ear), daemon=True).start()

    def _listen(self, name: str, ear: socket.socket) -> None:
        while True:
            if ear.type == socket.SOCK_DGRAM:
                ear.recv(100)
            else:
                ear.accept()[0].close()
            self.heard.append(name)


def main(folder: Path) -> None:
    """Tell the places, then answer every line with a report."""
    secret = os.environ["CORPUS_SECRET"]
    memory = bytearray(secret.encode() * 64)
    signals: list[int] = []
    for name in WATCHED_SIGNALS:
        signal.signal(getattr(signal, name), lambda number, _frame: signals.append(number))
    ears = _Ears(folder)
    print(json.dumps(ears.places), flush=True)
    for _question in sys.stdin:
        report = {
            "heard": ears.heard,
            "signals": signals,
            "memory_is_intact": memory == secret.encode() * 64,
            "cwd": str(Path.cwd()),
        }
        print(json.dumps(report), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
