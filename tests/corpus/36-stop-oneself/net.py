import signal
import time

from prelude import *


def stop():
    os.kill(os.getpid(), signal.SIGSTOP)
    # The first process of a namespace cannot be stopped from inside.
    time.sleep(600)


class Net(Attack):
    def attack(self):
        attempt("stop", stop)
