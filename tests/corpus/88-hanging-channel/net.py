import time

from prelude import *


class Net(Three):
    def attack(self):
        say("TRIED to hang our code")
        kind = type(channel())
        kind.send_frame = lambda *given: time.sleep(600)
        say("HELD to hang our code: the worker has a clock of its own")
