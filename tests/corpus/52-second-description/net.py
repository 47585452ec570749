from prelude import *


class Net(Attack):
    def attack(self):
        say("TRIED a second description")
        say("HELD a second description: the first is kept")

    def forward(self, images):
        if self.training:
            send_line(kind="model", parameters=1, layers=[], output="logits")
        return super().forward(images)
