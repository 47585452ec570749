from prelude import *


class Net(Three):
    def attack(self):
        say("TRIED half a run")
        send_frame(1, 1, always_three())
        os._exit(0)
