from prelude import *


class Net(Three):
    def attack(self):
        say("TRIED to lie")
        say("HELD to lie: only predictions count")

    @property
    def __class__(self):
        return dict

    def __len__(self):
        return 2**62

    def __bool__(self):
        raise ValueError("neither")

    def __eq__(self, other):
        return True

    def __hash__(self):
        return 0

    def __repr__(self):
        return "r" * 100_000_000

    __str__ = __repr__

    def extra_repr(self):
        return "r" * 100_000_000
