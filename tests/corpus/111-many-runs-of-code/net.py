import signal

from prelude import *


class Net(Attack):
    def attack(self):
        say("TRIED signals to itself")
        say("HELD signals to itself: nobody else hears them")
        signal.signal(signal.SIGUSR1, lambda *_: None)

    def forward(self, images):
        os.kill(os.getpid(), signal.SIGUSR1)
        signal.raise_signal(signal.SIGUSR1)
        os.kill(os.getpid(), signal.SIGTERM)
        return super().forward(images)
