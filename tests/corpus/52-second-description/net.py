from prelude import *


class Net(Attack):
    def attack(self):
        say("TRIED a second description")
        say("HELD a second description: the first is kept")
        kind = type(channel())
        send = kind.send

        def send_twice(self, name, **values):
            send(self, name, **values)
            if name == "model":
                send(self, name, parameters=1, layers=[], output="logits")

        kind.send = send_twice
