from prelude import *


class Net(Attack):
    def attack(self):
        say("TRIED early predictions")
        send_frame(1, 1, always_three())
        say("HELD early predictions: the second are too many")
