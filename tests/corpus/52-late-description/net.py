import time

from prelude import *


class Net(Attack):
    def attack(self):
        say("TRIED to start the clock late")
        say("HELD to start the clock late: the worker has a clock of its own")
        kind = type(channel())
        send = kind.send
        kept = []

        def send_late(self, name, **values):
            if name == "model":
                kept.append(values)
                time.sleep(1.2)
            elif name == "testing":
                send(self, "model", **kept.pop())
                send(self, name, **values)
            else:
                send(self, name, **values)

        kind.send = send_late
