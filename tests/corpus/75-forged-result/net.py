from prelude import *


class Net(Three):
    def attack(self):
        say("TRIED forged result")
        send_description()
        send_line(kind="testing", epoch=0)
        send_frame(1, 0, always_three())
        send_line(kind="epoch", epoch=0, accuracy=1.0)
        send_line(kind="done", accuracy=1.0, correct=10000)
        say("HELD forged result: predictions are scored as they are")
        os._exit(0)
