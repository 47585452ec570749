from prelude import *


class Net(Three):
    def attack(self):
        say("TRIED forged training")
        send_description()
        send_line(kind="loss", epoch=1, step=1, steps=1, losses=[0.0])
        send_line(kind="testing", epoch=1)
        send_frame(1, 1, always_three())
        send_frame(2, 1, ONE_WEIGHT)
        send_line(kind="done")
        say("HELD forged training: predictions are scored as they are")
        os._exit(0)
