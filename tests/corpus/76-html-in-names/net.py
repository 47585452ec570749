from prelude import *


class Net(Attack):
    def attack(self):
        say("TRIED names")
        for name in (
            "<script>alert(1)</script>",
            "\x1b[31mred",
            "\u202ebackwards",
            "n" * 1_000_000,
            "é" * 300,
            "\x00",
            "",
        ):
            kind = type("<b>" + name[:50].replace("\x00", ""), (nn.Identity,), {})
            self._modules[name] = kind()
        self.layer.__class__ = type("<img src=x onerror=alert(1)>\x1b[2J" + "L" * 100_000, (nn.Linear,), {})
        say("HELD names: they are text")

    def forward(self, images):
        for module in self._modules.values():
            if module is not self.layer:
                images = module(images)
        return self.layer(images.flatten(1))
