from prelude import *


class Net(Attack):
    def attack(self):
        say("TRIED huge weights")
        self.register_buffer("extra", torch.zeros(20_000_000))
        say("HELD huge weights: refused at the end")
