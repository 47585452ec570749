import signal

from prelude import *


def write(path, size=100 << 20):
    with open(path, "wb") as file:
        for _ in range(size >> 20):
            file.write(bytes(1 << 20))
    return os.path.getsize(path)


def reserve(path):
    with open(path, "wb") as file:
        os.posix_fallocate(file.fileno(), 0, 100 << 20)


class Net(Attack):
    def attack(self):
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        attempt("big file in the own folder", lambda: write("big"))
        attempt("big file in /dev/shm", lambda: write("/dev/shm/corpus-escape-40"))
        attempt("reserved file", lambda: reserve("reserved"))
