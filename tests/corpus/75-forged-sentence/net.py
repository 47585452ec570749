from prelude import *


class Net(Three):
    def attack(self):
        say("TRIED forged failure")
        send_line(
            kind="failed", outcome="bad_model", text="%(x)9999999999s %(y)s", values={"x": 1, "y": 2}, detail=None
        )
        send_line(kind="failed", outcome="bad_model", text="%(x)s" * 400, values={"x": "y" * 60000}, detail=None)
        send_line(kind="failed", outcome="bad_model", text="%(x)*d", values={"x": 10**9}, detail=None)
        send_line(kind="failed", outcome="bad_model", text="%(missing)s", values={}, detail=None)
        send_line(kind="failed", outcome="bad_model", text="x" * 60000, values={"n": float("inf")}, detail="d" * 60000)
        say("HELD forged failure: it is the run's own word")
        os._exit(0)
