import signal
import time

from prelude import *


def sleep():
    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
    time.sleep(600)


class Net(Attack):
    def attack(self):
        attempt("sleep", sleep)
