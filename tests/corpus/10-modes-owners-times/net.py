from prelude import *

PATH = "@DECOYS@/shared.db"


def handle():
    return f"/proc/self/fd/{os.open(PATH, os.O_PATH)}"


class Net(Attack):
    def attack(self):
        attempt("chmod", lambda: os.chmod(PATH, 0o777))
        attempt("chmod of the folder", lambda: os.chmod("@DECOYS@", 0o700))
        attempt("chmod of a handle", lambda: os.chmod(handle(), 0o777))
        attempt("fchmodat2", lambda: syscall(452, -100, PATH.encode(), 0o777, 0))
        attempt("chown", lambda: os.chown(PATH, os.getuid() + 1, -1))
        attempt("chown of a handle", lambda: os.chown(handle(), os.getuid() + 1, -1))
        attempt("utime", lambda: os.utime(PATH, (1, 1)))
        attempt("utime of the folder", lambda: os.utime("@DECOYS@", (1, 1)))
        attempt("setxattr", lambda: os.setxattr(PATH, "user.corpus", b"escape"))
        attempt("removexattr", lambda: os.removexattr(PATH, "user.kept"))
        attempt("trusted attribute", lambda: os.setxattr(PATH, "trusted.corpus", b"escape"))
        attempt(
            "setxattrat", lambda: syscall(463, -100, PATH.encode(), 0, b"user.corpus", struct.pack("=QII", 0, 0, 0), 16)
        )
        attempt("file_setattr", lambda: syscall(469, -100, PATH.encode(), bytes(24), 24, 0))
