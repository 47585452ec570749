import signal

from prelude import *


def spin():
    for number in (signal.SIGXCPU, signal.SIGTERM, signal.SIGINT, signal.SIGALRM):
        signal.signal(number, signal.SIG_IGN)
    while True:
        pass


class Net(Attack):
    def attack(self):
        attempt("spin", spin)
