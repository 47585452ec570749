import resource

from prelude import *

LIMITS = {name: number for name, number in vars(resource).items() if name.startswith("RLIMIT_")}


def raised(number):
    """A limit that is not set at all was not raised."""
    soft, hard = resource.getrlimit(number)
    require(hard != resource.RLIM_INFINITY, "not limited")
    resource.setrlimit(number, (soft, hard + 4096))
    return hard


class Net(Attack):
    def attack(self):
        for name in ("AS", "CPU", "DATA", "FSIZE", "NOFILE", "CORE", "MEMLOCK", "MSGQUEUE"):
            number = LIMITS[f"RLIMIT_{name}"]
            attempt(f"raise {name}", lambda: raised(number))
            attempt(f"{name} is not limited", lambda: require(resource.getrlimit(number)[1] == -1))
        attempt("prlimit64", lambda: syscall("prlimit64", 0, 9, struct.pack("=QQ", 2**63, 2**63), 0))
        attempt(
            "prlimit of the own number", lambda: resource.prlimit(os.getpid(), resource.RLIMIT_NOFILE, (4096, 4096))
        )
        attempt("core files", lambda: require(resource.getrlimit(resource.RLIMIT_CORE)[1] > 1))
