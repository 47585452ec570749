import multiprocessing.shared_memory
import sysconfig

import worker.child

from prelude import *


def write(folder):
    path = f"{folder}/corpus-escape-11.py"
    with open(path, "w") as file:
        file.write("escape")
    return path


class Net(Attack):
    def attack(self):
        attempt("write the libraries", lambda: write(sysconfig.get_path("purelib")))
        attempt("write the interpreter", lambda: write(sysconfig.get_path("stdlib")))
        attempt("write our code", lambda: write(os.path.dirname(worker.child.__file__)))
        attempt("write the checkout", lambda: write("@CHECKOUT@"))
        attempt("write the home of the worker", lambda: write("@HOME@"))
        attempt("write the home of the victim", lambda: write("@DECOYS@"))
        attempt("write the data", lambda: write("@DATA@"))
        attempt("write the folder of the labels", lambda: write(os.path.dirname("@LABELS@")))
        attempt("write the folder of the runs", lambda: write("@JOBS@"))
        attempt("write beside the upload", lambda: write(os.path.dirname("@FILE@")))
        attempt("write /tmp", lambda: write("/tmp"))
        attempt("write /var/tmp", lambda: write("/var/tmp"))
        attempt("write /dev/shm", lambda: write("/dev/shm"))
        attempt(
            "write /dev/shm with shm_open",
            lambda: multiprocessing.shared_memory.SharedMemory("corpus-escape-11-shm", create=True, size=10),
        )
        attempt("write the root", lambda: write(""))
