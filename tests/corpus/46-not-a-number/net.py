from prelude import *


class Net(Three):
    def attack(self):
        scores = torch.frombuffer(bytearray(always_three()), dtype=torch.float32).reshape(-1, 10)
        scores[3, 5] = float("nan")
        say("TRIED wrong values")
        send_frame(1, 1, scores.numpy().tobytes())
        os._exit(0)
