from prelude import *


import signal


def spin():
    for number in (signal.SIGXCPU, signal.SIGTERM, signal.SIGINT, signal.SIGALRM):
        signal.signal(number, signal.SIG_IGN)
    while True:
        pass


class Net(Attack):
    def attack(self):
        attempt("spin", spin)
