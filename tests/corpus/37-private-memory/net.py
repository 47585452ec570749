import mmap

from prelude import *

MOST = 6 << 30


class Net(Attack):
    def attack(self):
        say("TRIED private memory")
        self.kept = []
        for _ in range(MOST >> 24):
            block = mmap.mmap(-1, 1 << 24, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
            for place in range(0, 1 << 24, 4096):
                block[place] = 1
            self.kept.append(block)
        say("ESCAPED private memory")
