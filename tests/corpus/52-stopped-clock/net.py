import time

from prelude import *


class Net(Attack):
    def attack(self):
        say("TRIED to stop the clock")
        say("HELD to stop the clock: the worker has a clock of its own")
        kind = type(channel())
        send = kind.send

        def send_and_stop(self, name, **values):
            send(self, name, **values)
            if name == "model":
                send(self, "testing", epoch=1)
                time.sleep(1.2)

        kind.send = send_and_stop
