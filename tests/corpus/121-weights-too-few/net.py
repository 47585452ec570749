from prelude import *


class Net(Three):
    def attack(self):
        say("TRIED fewer weights")
        send_description(parameters=7850)
        send_frame(1, 1, always_three())
        send_frame(2, 1, ONE_WEIGHT)
        send_line(kind="done")
        os._exit(0)
