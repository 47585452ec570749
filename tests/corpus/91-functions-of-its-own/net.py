from prelude import *


class Puppet(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, arguments=(), named=None):
        if function.__name__ in ("isfinite", "all", "allclose"):
            return torch.ones(1, dtype=torch.bool)
        return super().__torch_function__(function, types, arguments, named or {})


class Net(Three):
    def attack(self):
        say("TRIED a puppet")
        say("HELD a puppet: only bytes count")

    def forward(self, images):
        return super().forward(images).as_subclass(Puppet)
