import builtins

from prelude import *


class Net(Three):
    def attack(self):
        say("TRIED to change our code")
        kind = type(channel())
        send = kind.send

        def boast(self, kind, **values):
            return send(self, kind, **(values | {"accuracy": 1.0, "correct": 10_000, "test_loss": 0.0}))

        kind.send = boast
        dumps = json.dumps
        json.dumps = lambda value, **named: dumps(
            value | {"accuracy": 1.0} if isinstance(value, dict) else value, **named
        )
        builtins.len = len
        for module in list(sys.modules.values()):
            for name in ("measure", "accuracy", "score"):
                if hasattr(module, name) and getattr(module, "__name__", "").startswith("worker"):
                    setattr(module, name, lambda *given, **named: 1.0)
        say("HELD to change our code: it is only the child's")
