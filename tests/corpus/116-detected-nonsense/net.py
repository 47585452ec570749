from prelude import *


class Net(Attack):
    def attack(self):
        say("TRIED nonsense")
        say("HELD nonsense: it is cleaned")
        good = {"format": "python", "class_name": "Net", "arguments": "", "input": "N", "output": "logits"}
        good |= {"normalize": "none", "padding": 0, "batch_size": None, "missing": []}
        for key in good:
            for value in (
                "<script>" * 7000,
                "\x1b[2J\u202e",
                -(2**70),
                ["x" * 100] * 500,
                {"a": {"b": []}},
                None,
                True,
            ):
                send_line(kind="detected", **(good | {key: value}))
        send_line(
            kind="hello", versions={"\x1b[2J" + str(n): "\u202e" * 50 for n in range(500)}, device="\x1b[2J" * 1000
        )
