from prelude import *


class Net(Attack):
    def attack(self):
        say("TRIED a later epoch")
        send_frame(1, 2, always_three())
