from prelude import *


class Net(Three):
    def attack(self):
        say("TRIED a second result")
        say("HELD a second result: nobody can know which is meant")
        when_all_is_sent(lambda: send_frame(1, 1, always_three()))
