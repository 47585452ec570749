from prelude import *


class Net(Three):
    def attack(self):
        scores = torch.full((int("@TEST_IMAGES@"), 10), float("-inf"))
        scores[:, 3] = 0
        say("TRIED certainty")
        say("HELD certainty: the loss has an end")
        send_description()
        send_frame(1, 1, scores.numpy().tobytes())
        send_frame(2, 1, ONE_WEIGHT)
        send_line(kind="done")
        os._exit(0)
