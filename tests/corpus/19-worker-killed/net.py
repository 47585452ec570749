import signal
import time

from prelude import *


class Net(Attack):
    def attack(self):
        for number in set(range(1, 65)) - {9, 19, 32, 33}:
            try:
                signal.signal(number, signal.SIG_IGN)
            except (OSError, ValueError):
                pass
        say("TRIED to outlive the worker")
        time.sleep(60)
