from prelude import *


class Net(Attack):
    def attack(self):
        say("TRIED endless line")
        say("HELD endless line: it is cut")
        block = b"x" * (1 << 20)
        for _ in range(200):
            write_all(progress_fd(), block)
        write_all(progress_fd(), b"\n")
