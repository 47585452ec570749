from prelude import *


class Net(Three):
    def attack(self):
        say("TRIED endless frame")
        write_all(frames_fd(), struct.pack(">4sIIQ", b"MBF1", 1, 1, 2**64 - 1))
        write_all(frames_fd(), bytes(1 << 20))
