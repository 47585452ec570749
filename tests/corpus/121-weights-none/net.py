from prelude import *


class Net(Three):
    def attack(self):
        say("TRIED no weights")
        send_description(parameters=0)
        send_frame(1, 1, always_three())
        send_frame(2, 1, NO_WEIGHTS)
        send_line(kind="done")
        os._exit(0)
