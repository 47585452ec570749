import select
import sys

from prelude import *


class Net(Attack):
    def attack(self):
        attempt("standard input", lambda: require(sys.stdin.read()))
        attempt("file 0", lambda: require(select.select([0], [], [], 0)[0] and os.read(0, 100)))
