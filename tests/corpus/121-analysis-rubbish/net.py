import time

from prelude import *


class Net(Three):
    def attack(self):
        say("TRIED rubbish in the analysis")
        say("HELD rubbish in the analysis: the result is there")
        when_all_is_sent(self.send_rubbish)

    def send_rubbish(self):
        send_frame(3, 1, bytes(7))
        time.sleep(60)  # nothing honest comes before it is read
