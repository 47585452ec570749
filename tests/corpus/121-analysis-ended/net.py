from prelude import *


class Net(Three):
    def attack(self):
        say("TRIED to end in the analysis")
        say("HELD to end in the analysis: the result is there")
        when_all_is_sent(lambda: os._exit(3))
