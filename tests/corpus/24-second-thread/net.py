import pathlib
import threading

from prelude import *


def field_of_threads(name, expected):
    free = []
    for status in pathlib.Path("/proc/self/task").glob("*/status"):
        fields = dict(line.split(":\t", 1) for line in status.read_text().splitlines() if ":\t" in line)
        if fields[name].strip() != expected:
            free.append(status.parent.name)
    return require(free, "all threads are bound")


def from_thread(action):
    results = []

    def run():
        try:
            results.append(action())
        except OSError as error:
            results.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if isinstance(results[0], OSError):
        raise results[0]
    return results[0]


class Net(Attack):
    def attack(self):
        torch.set_num_threads(2)
        (torch.randn(300, 300) @ torch.randn(300, 300)).sum()
        attempt("a thread without filter", lambda: field_of_threads("Seccomp", "2"))
        attempt("a thread with new privileges", lambda: field_of_threads("NoNewPrivs", "1"))
        attempt("open from a thread", lambda: from_thread(lambda: open("@DECOYS@/shared.db", "rb").read()))
        attempt("fork from a thread", lambda: from_thread(lambda: end_child(os.fork())))
