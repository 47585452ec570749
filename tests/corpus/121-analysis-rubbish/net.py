from prelude import *


class Net(Three):
    def attack(self):
        say("TRIED rubbish in the analysis")
        say("HELD rubbish in the analysis: the result is there")
        when_all_is_sent(lambda: send_frame(3, 1, bytes(7)))
