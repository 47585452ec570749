from prelude import *


class Long(Exception):
    def __str__(self):
        return "e" * 200_000_000


class Mute(Long):
    def __str__(self):
        raise Long


class Net(Attack):
    def attack(self):
        say("TRIED a long error")
        say("HELD a long error: it is cut")
        raise Mute from Long()
