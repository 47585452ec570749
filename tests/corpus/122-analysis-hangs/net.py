import time

from prelude import *


class Net(Three):
    def attack(self):
        say("TRIED to hang in the analysis")
        say("HELD to hang in the analysis: the result is there")
        when_all_is_sent(lambda: time.sleep(600))
