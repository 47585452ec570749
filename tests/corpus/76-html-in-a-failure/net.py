from prelude import *


class Net(Three):
    def attack(self):
        say("TRIED forged failure")
        send_line(
            kind="failed",
            outcome="bad_model",
            text="<script>alert(1)</script> \x1b[31m \u202e {{ 7 * 7 }} %(x)s",
            values={"x": "<img src=x onerror=alert(1)> \x1b]0;t\x07 \ud800", "<b>": "\0"},
            detail="\x1b[2J<script>alert(1)</script>\n\0 line",
        )
        say("HELD forged failure: it is the run's own word")
        os._exit(0)
