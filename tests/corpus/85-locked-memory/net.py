import mmap

from prelude import *

BLOCK = mmap.mmap(-1, 8 << 20)


def address():
    return ctypes.addressof(ctypes.c_char.from_buffer(BLOCK))


class Net(Attack):
    def attack(self):
        attempt("mlockall", lambda: checked(libc.mlockall(3)))
        attempt("mlock", lambda: checked(libc.mlock(ctypes.c_void_p(address()), 8 << 20)))
        attempt("mlock2", lambda: syscall("mlock2", ctypes.c_void_p(address()), 8 << 20, 1))
        attempt("MAP_LOCKED", lambda: mmap.mmap(-1, 8 << 20, flags=0x2000 | mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS))
