from prelude import *


class Net(Three):
    def attack(self):
        say("TRIED to crash in the analysis")
        say("HELD to crash in the analysis: the result is there")
        when_all_is_sent(lambda: ctypes.string_at(0))
