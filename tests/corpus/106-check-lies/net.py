from prelude import *


class Net(Attack):
    def attack(self):
        say("TRIED reports")
        for report in (
            {},
            {"classes": "x", "layers": 5},
            {
                "classes": [{"name": "<script>" * 1000, "line": -1, "is_chosen": "yes"}] * 100,
                "parameters": 2**70,
                "flops": "NaN",
            },
            {
                "format": ["python"],
                "layers": [{"name": 5}],
                "warnings": [{"text": "%(x)999999999s", "values": {"x": 1}}],
            },
            {
                "suggestions": {"batch_size": -5, "optimizer": "<script>", "epochs": 10**9},
                "missing": ["\x1b[2J"] * 1000,
            },
        ):
            send_line(kind="report", **report)
        say("HELD reports: they are cleaned")
