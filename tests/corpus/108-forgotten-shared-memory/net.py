import mmap

from prelude import *

BLOCK = 1 << 26
ENOUGH = 1536 << 20
DONT_NEED = 4


def fill(make):
    blocks = []
    try:
        while len(blocks) * BLOCK < ENOUGH:
            block = make()
            for place in range(0, BLOCK, 4096):
                block[place]
            block.madvise(DONT_NEED)
            blocks.append(block)
    finally:
        say(f"{len(blocks) * BLOCK >> 20} MB are held")
    return len(blocks)


def anonymous():
    block = mmap.mmap(-1, BLOCK)
    for place in range(0, BLOCK, 4096):
        block[place] = 1
    return block


def zeros():
    with open("/dev/zero", "rb") as file:
        return mmap.mmap(file.fileno(), BLOCK, mmap.MAP_SHARED, mmap.PROT_READ)


class Net(Attack):
    def attack(self):
        attempt("shared and forgotten", lambda: fill(anonymous))
        attempt("zeros and forgotten", lambda: fill(zeros))
