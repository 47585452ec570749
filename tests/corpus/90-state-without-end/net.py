from prelude import *


class Endless(dict):
    def items(self):
        while True:
            yield "name", self["zero"]


class Net(Attack):
    def attack(self):
        say("TRIED endless weights")
        say("HELD endless weights: left to the child")

    def state_dict(self, *given, **named):
        return Endless(zero=self.layer.weight)
