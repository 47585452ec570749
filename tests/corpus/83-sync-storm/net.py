from prelude import *


class Net(Attack):
    def attack(self):
        attempt("sync", lambda: checked(syscall({"x86_64": 162, "aarch64": 81}[platform.machine()])))
        attempt("syncfs", lambda: checked(libc.syncfs(os.open("@DATA@", os.O_RDONLY))))
