from prelude import *


def fill(folder):
    total = 0
    for number in range(20):
        with open(f"{folder}/corpus-escape-{number}", "wb", 0) as file:
            for _ in range(10):
                total += file.write(bytes(1 << 20))
    return require(total > 80 << 20 and total, f"{total} bytes")


class Net(Attack):
    def attack(self):
        attempt("many files in the own folder", lambda: fill("."))
        attempt("many files in /tmp", lambda: fill("/tmp"))
