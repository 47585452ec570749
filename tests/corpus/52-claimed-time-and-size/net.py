from prelude import *


class Net(Three):
    def attack(self):
        for count in (-1, 2**40, 10**400, "1e999", None, [1], "NaN"):
            say(f"TRIED {str(count)[:20]} parameters")
            send_line(kind="model", parameters=count, layers=[], train_seconds=1e-9)
            send_line(kind="epoch", epoch=1, train_seconds=1e-9, seconds=0)
            say(f"HELD {str(count)[:20]} parameters: left to the worker")
