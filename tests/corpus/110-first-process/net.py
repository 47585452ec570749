from prelude import *


def other():
    """The processes that can be seen, without one's own."""
    return require([name for name in os.listdir("/proc") if name.isdigit() and int(name) != os.getpid()])


class Net(Attack):
    def attack(self):
        attempt("other processes", other)
        attempt("root of 1", lambda: require(os.getpid() != 1) and os.listdir("/proc/1/root/"))
        attempt("way out by the root of 1", lambda: open("/proc/1/root/@DECOYS@/shared.db", "rb").read())
        attempt(
            "way out by the folder of 1",
            lambda: open("/proc/1/cwd/../../../../../../../@DECOYS@/shared.db", "rb").read(),
        )
        attempt("old root", lambda: os.listdir("/.old/root"))
        attempt("a remount", lambda: checked(libc.mount(b"none", b"/", 0, 0x1020, 0)))
