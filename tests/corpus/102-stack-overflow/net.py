from prelude import *


def deep(level):
    return repr(Deep()) if level > 100 else deep(level + 1)


class Deep:
    def __repr__(self):
        return repr(self)[:5]


class Net(Attack):
    def attack(self):
        say("TRIED to crash")
        sys.setrecursionlimit(10**9) or deep(0)
