import fcntl

from prelude import *


class Net(Attack):
    def attack(self):
        attempt("flock", lambda: fcntl.flock(open("@DATA@/train-images.npy", "rb"), fcntl.LOCK_EX | fcntl.LOCK_NB))
        attempt("lockf", lambda: fcntl.lockf(open("@DATA@/train-images.npy", "rb"), fcntl.LOCK_EX | fcntl.LOCK_NB))
        attempt("lease", lambda: fcntl.fcntl(open("@DATA@/train-images.npy", "rb"), fcntl.F_SETLEASE, fcntl.F_RDLCK))
        attempt(
            "lease to write",
            lambda: fcntl.fcntl(open("@DATA@/train-images.npy", "rb"), fcntl.F_SETLEASE, fcntl.F_WRLCK),
        )
