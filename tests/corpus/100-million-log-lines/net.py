from prelude import *

LINE = '{"kind":"log","text":"x"}'


class Net(Attack):
    def attack(self):
        say("TRIED a flood of lines")
        say("HELD a flood of lines: few of them are kept")
        block = (LINE + "\n").encode() * 2_000
        for _ in range(25):
            write_all(progress_fd(), block)
