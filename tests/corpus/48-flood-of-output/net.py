import sys

from prelude import *


class Net(Attack):
    def attack(self):
        say("TRIED flood of output")
        say("\x1b[2J\x1b]0;title\x07\x1b[31mred <script>alert(1)</script> \u202e backwards \r over")
        say("HELD flood of output: the log shows it")
        line = "x" * 79 + "\n"
        for _ in range(100):
            sys.stdout.write(line * 13_000)
        sys.stderr.buffer.write(bytes(range(256)) * 1000)
        sys.stdout.flush()
