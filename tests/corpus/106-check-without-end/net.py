from prelude import *


class Net(Attack):
    def attack(self):
        say("TRIED an endless check")
        while True:
            pass
