import _ctypes
import importlib.util
import mmap
import shutil

from prelude import *


def copied(name):
    shutil.copyfile(_ctypes.__file__, name)
    return os.path.abspath(name)


def mapped():
    with open(copied("mapped.so"), "rb") as file:
        return mmap.mmap(file.fileno(), 4096, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_EXEC).size()


def imported():
    path = copied("_ctypes.so")
    spec = importlib.util.spec_from_file_location("_ctypes", path)
    return importlib.util.module_from_spec(spec)


class Net(Attack):
    def attack(self):
        attempt("ctypes", lambda: ctypes.CDLL(copied("own.so")))
        attempt("torch.ops.load_library", lambda: torch.ops.load_library(copied("torch.so")))
        attempt("executable map", mapped)
        attempt("import", imported)
