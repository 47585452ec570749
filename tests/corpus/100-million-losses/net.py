from prelude import *

LINE = '{"kind":"loss","epoch":1,"step":1,"steps":1,"losses":[1]}'


class Net(Attack):
    def attack(self):
        say("TRIED a flood of lines")
        say("HELD a flood of lines: few of them are kept")
        block = (LINE + "\n").encode() * 2_000
        for _ in range(25):
            write_all(progress_fd(), block)
