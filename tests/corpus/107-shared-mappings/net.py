from prelude import *


def shared():
    found = [line for line in open("/proc/self/maps") if line.split()[1][1] == "w" and line.split()[1][3] == "s"]
    return require(found, "nothing is shared")


class Net(Attack):
    def attack(self):
        attempt("shared memory of the parent", shared)
