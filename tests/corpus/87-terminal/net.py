import fcntl

from prelude import *


class Net(Attack):
    def attack(self):
        attempt("/dev/tty", lambda: os.open("/dev/tty", os.O_RDWR))
        for fd in range(3):
            attempt(f"TIOCSTI on {fd}", lambda: fcntl.ioctl(fd, 0x5412, b"x"))
        attempt("TIOCLINUX", lambda: fcntl.ioctl(0, 0x541C, b"\x0b"))
