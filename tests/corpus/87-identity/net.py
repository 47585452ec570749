from prelude import *


def capabilities(name):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1], 16) for line in status if line.startswith(name))


# Reading past the modes of files is kept where the interpreter lies in a folder of root's; Landlock still decides.
READ_SEARCH = 1 << 2


class Net(Attack):
    def attack(self):
        attempt("is root", lambda: require(0 in os.getresuid() + os.getresgid()))
        attempt("groups of root", lambda: require(0 in os.getgroups()))
        for kind in ("CapEff", "CapPrm", "CapInh", "CapBnd", "CapAmb"):
            attempt(f"capabilities {kind}", lambda: require(capabilities(kind) & ~READ_SEARCH))
        attempt("setuid", lambda: os.setuid(0))
        attempt("setgid", lambda: os.setgid(0))
        attempt("setresuid", lambda: os.setresuid(0, 0, 0))
        attempt("setgroups", lambda: os.setgroups([0]))
        attempt("setfsuid", lambda: require(checked(libc.setfsuid(0)) >= 0 and libc.setfsuid(0) == 0))
        attempt(
            "capset",
            lambda: syscall("capset", struct.pack("=Ii", 0x20080522, 0), struct.pack("=6I", 0, 0, 2**32 - 1, 0, 0, 0)),
        )
        attempt("a user namespace", lambda: checked(libc.unshare(0x10000000)))
