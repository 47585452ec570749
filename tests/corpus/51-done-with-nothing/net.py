from prelude import *


class Net(Three):
    def attack(self):
        say("TRIED done")
        send_line(kind="done")
        os._exit(0)
