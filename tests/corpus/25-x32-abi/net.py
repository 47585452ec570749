from prelude import *


class Net(Attack):
    def attack(self):
        attempt("fork by x32", lambda: end_child(syscall(0x40000000 | 57)))
