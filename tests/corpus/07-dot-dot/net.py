from prelude import *

UP = "../" * 30


def after_chdir():
    os.chdir("@DECOYS@")
    return open("shared.db", "rb").read()


def reopened():
    handle = os.open("@DECOYS@/shared.db", os.O_PATH)
    return open(f"/proc/self/fd/{handle}", "rb").read()


def beneath_a_handle():
    folder = os.open("@DECOYS@", os.O_PATH | os.O_DIRECTORY)
    return os.read(os.open("shared.db", os.O_RDONLY, dir_fd=folder), 50)


class Net(Attack):
    def attack(self):
        attempt("dots", lambda: open(UP + "@DECOYS@/shared.db".lstrip("/"), "rb").read())
        attempt("dots from the data", lambda: open("@DATA@/" + UP + "@DECOYS@/shared.db".lstrip("/"), "rb").read())
        attempt("/proc/self/root", lambda: open("/proc/self/root@DECOYS@/shared.db", "rb").read())
        attempt("/proc/self/cwd", lambda: open("/proc/self/cwd/" + UP + "@DECOYS@/shared.db".lstrip("/"), "rb").read())
        attempt("a handle of the folder", beneath_a_handle)
        attempt("a handle reopened", reopened)
        attempt("chdir", after_chdir)
