import atexit
import weakref

from prelude import *


def late(what):
    attempt(what, lambda: open("@DECOYS@/shared.db", "rb").read())


class Grave:
    def __del__(self):
        late("__del__")


class Net(Attack):
    def attack(self):
        atexit.register(late, "atexit")
        self.grave = Grave()
        weakref.finalize(self, late, "finalize")
        # The process ends without what waits for its end; these two run before.
        del self.grave
