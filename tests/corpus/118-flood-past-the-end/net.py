import threading

from prelude import *


class Net(Attack):
    def attack(self):
        say("TRIED to flood without end")
        lines = {
            1: b"x" * 100 + b"\n",
            2: b"\n",
            progress_fd(): b'{"kind":"loss","epoch":1,"step":1,"steps":1,"losses":[]}\n',
        }

        def flood(fd, line):
            while True:
                write_all(fd, line * 500)

        for fd, line in lines.items():
            threading.Thread(target=flood, args=(fd, line)).start()
        flood(progress_fd(), b'{"kind":"epoch","epoch":1}\n')
