from prelude import *


class Net(Three):
    def attack(self):
        say("TRIED flood of results")
        for _ in range(1024):
            write_all(frames_fd(), bytes(1 << 20))
