from prelude import *


class Net(Attack):
    def attack(self):
        say("TRIED endless layers")
        say("HELD endless layers: left to the child")

    def named_modules(self, *given, **named):
        number = 0
        while True:
            number += 1
            yield f"layer{number}", nn.Identity()
