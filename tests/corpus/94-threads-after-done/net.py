import threading
import time

from prelude import *


class Net(Attack):
    def attack(self):
        def spin():
            while True:
                time.sleep(0.001)

        say("TRIED threads that stay")
        for is_daemon in (True, False):
            threading.Thread(target=spin, daemon=is_daemon).start()
        say("HELD threads that stay: they end with the process")
