import time

from prelude import *


def bomb():
    children = []
    for _ in range(200):
        try:
            pid = os.fork()
        except OSError:
            continue
        if pid == 0:
            time.sleep(1)
            os._exit(0)
        children.append(pid)
    return require(len(children), "no process could be started")


class Net(Attack):
    def attack(self):
        attempt("fork bomb", bomb)
