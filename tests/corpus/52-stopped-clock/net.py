import time

from prelude import *


class Net(Attack):
    def attack(self):
        say("TRIED to stop the clock")
        say("HELD to stop the clock: the worker has a clock of its own")

    def forward(self, images):
        if self.training:
            send_line(kind="testing", epoch=1)
            time.sleep(1.2)
        return super().forward(images)
