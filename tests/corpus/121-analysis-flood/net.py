from prelude import *


class Net(Three):
    def attack(self):
        say("TRIED a flood in the analysis")
        say("HELD a flood in the analysis: the result is there")
        when_all_is_sent(self.flood)

    def flood(self):
        frames = channel()._frames.fileno()
        while True:
            write_all(frames, bytes(1 << 20))
