from prelude import *


class Net(Three):
    def attack(self):
        say("TRIED exit 0")
        os._exit(0)
