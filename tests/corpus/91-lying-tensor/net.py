from prelude import *


class Liar(torch.Tensor):
    @property
    def shape(self):
        return torch.Size([10**9, 10])

    @property
    def __class__(self):
        return str

    def __len__(self):
        return 2**62

    def __repr__(self, **named):
        return "r" * 10_000_000

    __str__ = __repr__

    def numel(self):
        return -1

    def numpy(self):
        raise SystemExit("no numbers")


class Net(Three):
    def attack(self):
        say("TRIED to lie")
        say("HELD to lie: only bytes count")

    def forward(self, images):
        return super().forward(images).as_subclass(Liar)
