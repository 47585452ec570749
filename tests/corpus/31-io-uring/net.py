from prelude import *


class Net(Attack):
    def attack(self):
        attempt("io_uring_setup", lambda: syscall(425, 4, bytes(120)))
        attempt("io_uring_enter", lambda: syscall(426, 0, 0, 0, 0, 0, 0))
        attempt("io_uring_register", lambda: syscall(427, -1, 0, 0, 0))
        attempt("io_uring_register without a ring", lambda: syscall(427, -1, 34, bytes(64), 1))
