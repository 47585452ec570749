from prelude import *


def early(what):
    attempt(what, lambda: open("@DECOYS@/shared.db", "rb").read())
    return nn.Module


class Meta(type):
    def __new__(cls, *given):
        early("metaclass")
        return super().__new__(cls, *given)


class Marked(metaclass=Meta):
    pass


def decorated(cls):
    early("decorator")
    return cls


@decorated
class Net(Attack):
    early("class body")

    def attack(self, kind=early("default argument")):
        self.marked = Marked()
