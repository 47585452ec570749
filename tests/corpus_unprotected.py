"""Runs programs of the corpus without any sandbox, each in a fork: `python -m tests.corpus_unprotected`.

What an attack does here is what it would do to a worker that trusted it. Standard input has one JSON object to a line:
`path` of the program and `log`, where its output goes. A line is written to standard output when a program has ended.
"""

import json
import os
import resource
import signal
import sys
import traceback
from pathlib import Path
from typing import Any

import torch

TIME_LIMIT_S = 20
MEMORY_BYTES = 8 << 30


def run_program(path: str, log: str) -> None:
    """Build the network as the child does and let it see two images."""
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(output, 1)
    os.dup2(output, 2)
    signal.alarm(TIME_LIMIT_S)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    scratch = Path(log).with_suffix(".scratch")
    scratch.mkdir()
    os.chdir(scratch)
    namespace: dict[str, Any] = {"__name__": "upload", "__file__": path}
    exec(compile(Path(path).read_text("utf-8"), path, "exec"), namespace)
    network = namespace["Net"]()
    network(torch.zeros(2, 1, 28, 28))


def main() -> None:
    """See the module."""
    print("warm", flush=True)
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            try:
                os.setsid()
                run_program(**json.loads(line))
            except BaseException:  # noqa: BLE001 - told in the log, and the fork must not go on with the loop
                traceback.print_exc()
            os._exit(0)
        os.waitpid(pid, 0)
        print("ended", flush=True)


if __name__ == "__main__":
    main()
