from prelude import *


class Net(Attack):
    def attack(self):
        say("TRIED never to return")
        while True:
            torch.ones(100).sum()
