from prelude import *


class Net(Three):
    def attack(self):
        say("TRIED to break our code")
        kind = type(channel())
        frame = kind.send_frame
        kind.send_frame = lambda self, what, epoch, content: frame(self, what, epoch, b"\xff" * len(content))
        say("HELD to break our code: it is only the child's")
