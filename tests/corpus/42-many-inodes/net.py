from prelude import *


def make():
    for number in range(10_000):
        os.close(os.open(f"empty-{number}", os.O_CREAT | os.O_WRONLY))
    return 10_000


class Net(Attack):
    def attack(self):
        attempt("ten thousand files", make)
