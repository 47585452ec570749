from prelude import *


class Net(Three):
    def attack(self):
        say("TRIED weights of noise")
        send_frame(1, 1, always_three())
        send_frame(2, 1, b"no weights at all")
        send_line(kind="done")
        os._exit(0)
