import time

from prelude import *


def daemon():
    pid = os.fork()
    if pid:
        os.waitpid(pid, 0)
        return pid
    os.setsid()
    if os.fork() == 0:
        for fd in range(128):
            try:
                os.close(fd)
            except OSError:
                pass
        time.sleep(2)
    os._exit(0)


class Net(Attack):
    def attack(self):
        attempt("daemon", daemon)
