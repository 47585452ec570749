from prelude import *


class Net(Attack):
    def attack(self):
        say("TRIED endless parameters")
        self.zero = nn.Parameter(torch.zeros(1))
        say("HELD endless parameters: left to the child")

    def parameters(self, recurse=True):
        while True:
            yield self.zero

    def named_parameters(self, *given, **named):
        while True:
            yield "name", self.zero
