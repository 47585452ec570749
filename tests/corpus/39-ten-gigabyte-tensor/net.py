from prelude import *


class Net(Attack):
    def attack(self):
        say("TRIED ten gigabytes")
        self.register_buffer("huge", torch.ones(2_500_000_000))
        say("ESCAPED ten gigabytes")
