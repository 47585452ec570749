from prelude import *


class Net(Three):
    def attack(self):
        scores = torch.full((int("@TEST_IMAGES@"), 10), float("-inf"))
        say("TRIED wrong values")
        send_frame(1, 1, scores.numpy().tobytes())
        os._exit(0)
