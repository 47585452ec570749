import time

from prelude import *


class Net(Three):
    def attack(self):
        say("TRIED hang")
        send_line(kind="testing", epoch=1)
        send_frame(1, 1, always_three())
        time.sleep(600)
