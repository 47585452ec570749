from prelude import *


class Net(Three):
    def attack(self):
        say("TRIED endless weights")
        send_frame(1, 1, always_three())
        write_all(frames_fd(), struct.pack(">4sIIQ", b"MBF1", 2, 1, 2**60))
        write_all(frames_fd(), bytes(1 << 20))
