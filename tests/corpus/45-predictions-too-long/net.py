from prelude import *


class Net(Three):
    def attack(self):
        say("TRIED wrong length")
        send_frame(1, 1, always_three() + bytes(4))
        os._exit(0)
