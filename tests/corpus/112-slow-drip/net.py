import time

from prelude import *


class Net(Three):
    def attack(self):
        say("TRIED to drip")
        for byte in struct.pack(">4sIIQ", b"MBF1", 1, 1, len(always_three())) + always_three():
            write_all(frames_fd(), bytes([byte]))
            time.sleep(0.05)
