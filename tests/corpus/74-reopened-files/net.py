from prelude import *

PATH = "@DECOYS@/shared.db"


def handle():
    return os.open(PATH, os.O_PATH)


class Net(Attack):
    def attack(self):
        attempt("a handle by name only", handle)
        attempt("a handle reopened", lambda: os.open(f"/proc/self/fd/{handle()}", os.O_RDONLY))
        attempt("a handle reopened by its thread", lambda: os.open(f"/proc/thread-self/fd/{handle()}", os.O_RDONLY))
        attempt("a handle read", lambda: os.read(handle(), 10))
        attempt("a handle mapped", lambda: torch.from_file(f"/proc/self/fd/{handle()}", size=4, dtype=torch.uint8))
        attempt("a handle of the root", lambda: os.open(PATH.lstrip("/"), os.O_RDONLY, dir_fd=os.open("/", os.O_PATH)))
        attempt("own memory to write", lambda: os.open("/proc/self/mem", os.O_RDWR))
