from prelude import *


class Net(Three):
    is_over = False

    def attack(self):
        say("TRIED to raise in the analysis")
        say("HELD to raise in the analysis: the result is there")
        when_all_is_sent(self.end)

    def end(self):
        self.is_over = True

    def forward(self, images):
        if self.is_over:
            raise SystemExit("no more")
        return super().forward(images)
