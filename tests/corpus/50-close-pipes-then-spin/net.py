from prelude import *


class Net(Three):
    def attack(self):
        say("TRIED close and spin")
        os.closerange(0, 1024)
        while True:
            pass
