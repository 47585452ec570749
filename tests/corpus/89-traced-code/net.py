import sys
import threading

from prelude import *


class Net(Three):
    def attack(self):
        say("TRIED to trace our code")

        def trace(frame, event, argument):
            for name in ("accuracy", "correct", "predictions_correct"):
                if name in frame.f_locals:
                    frame.f_locals[name] = 1.0
            return trace

        sys.setprofile(trace)
        threading.setprofile(trace)
        say("HELD to trace our code: it is only the child's")
