from prelude import *


class Net(Three):
    def attack(self):
        say("TRIED lies in the analysis")
        say("HELD lies in the analysis: none decides over the result")
        when_all_is_sent(self.lie)

    def lie(self):
        channel().send = lambda *given, **named: None
        send_line(kind="analysis", part="flops", problem=None, flops=10**400, has_convolution=False)
        send_line(kind="analysis", part="flops", problem="<b>", flops=1, has_convolution=False)
        send_line(kind="analysis", part="flops", problem=None, flops=float("nan"), has_convolution=0)
        send_line(kind="analysis", part="latency", problem=None, one_ms=-1.0, thousand_ms=float("inf"))
        send_line(kind="analysis", part="accuracy", problem=None, accuracy=1.0)
        for _ in range(1000):
            send_line(kind="analysis", part="robustness", problem="memory")
        send_line(kind="failed", outcome="diverged", text="", values={})
        send_line(kind="model", parameters=1, layers=[])
        send_line(kind="testing", epoch=9)
