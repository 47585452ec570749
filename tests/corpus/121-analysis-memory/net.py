from prelude import *


class Net(Three):
    is_over = False

    def attack(self):
        say("TRIED memory in the analysis")
        say("HELD memory in the analysis: the result is there")
        when_all_is_sent(self.end)

    def end(self):
        self.is_over = True

    def forward(self, images):
        kept = []
        while self.is_over:
            kept.append(torch.ones(16 << 20))
        return super().forward(images)
