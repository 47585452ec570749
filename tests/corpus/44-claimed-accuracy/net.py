from prelude import *


class Net(Three):
    def attack(self):
        say('{"kind": "epoch", "epoch": 1, "accuracy": 1.0}')
        for message in (
            {"kind": "epoch", "epoch": 1, "accuracy": 1.0, "correct": 10000},
            {"kind": "scored", "epoch": 1, "accuracy": 1.0},
            {"kind": "result", "accuracy": 1.0},
            {"kind": "measurement", "correct": 50, "total": 50},
            {"kind": "hello", "versions": {"accuracy": "1.0"}, "device": "cpu", "accuracy": 1.0},
        ):
            say(f"TRIED claim {message['kind']}")
            send_line(**message)
            say(f"HELD claim {message['kind']}: left to the worker")
