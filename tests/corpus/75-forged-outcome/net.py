from prelude import *


class Net(Three):
    def attack(self):
        say("TRIED forged failure")
        for outcome in ("internal", "refused", "cancelled", "timed_out", "ok", "crashed", 5, None, ["bad_file"]):
            send_line(kind="failed", outcome=outcome, text="not our fault", values={}, detail=None)
        say("HELD forged failure: it is the run's own word")
        os._exit(0)
