from prelude import *

LINE = (
    '{"kind":"detected","format":"python","class_name":"","arguments":"","input":"N","output":"logits",'
    '"normalize":"none","padding":0,"batch_size":null,"missing":[]}'
)


class Net(Attack):
    def attack(self):
        say("TRIED a flood of lines")
        say("HELD a flood of lines: few of them are kept")
        block = (LINE + "\n").encode() * 2_000
        for _ in range(25):
            write_all(progress_fd(), block)
