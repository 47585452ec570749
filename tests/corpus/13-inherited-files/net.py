import fcntl

from prelude import *


def kinds(wanted):
    found = []
    for fd in range(1024):
        try:
            mode = os.fstat(fd).st_mode
        except OSError:
            continue
        name = os.readlink(f"/proc/self/fd/{fd}") if os.path.exists(f"/proc/self/fd/{fd}") else ""
        if wanted(fd, mode, name):
            found.append((fd, name or oct(mode)))
    return require(found, "nothing inherited")


def is_readable_pipe(fd, mode, name):
    return fd > 0 and stat.S_ISFIFO(mode) and fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_ACCMODE != os.O_WRONLY


def is_file(fd, mode, name):
    # The interpreter holds the file that it imports from while it does so; there is none open now.
    return stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISBLK(mode)


class Net(Attack):
    def attack(self):
        attempt("socket", lambda: kinds(lambda fd, mode, name: stat.S_ISSOCK(mode)))
        attempt("file or folder", lambda: kinds(is_file))
        attempt("pipe to read from", lambda: kinds(is_readable_pipe))
