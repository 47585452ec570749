import resource

from prelude import *

PR_GET_DUMPABLE = 3


def dumped():
    """A limit of 0 does not keep the kernel from starting a helper (core(5)); a limit of 1 does."""
    require(checked(libc.prctl(PR_GET_DUMPABLE, 0, 0, 0, 0)) == 1, "not dumpable")
    return require(resource.getrlimit(resource.RLIMIT_CORE) != (1, 1))


class Net(Attack):
    def attack(self):
        attempt("core for a helper", dumped)
