import mmap

from prelude import *


def machine_code(code):
    """Run machine code that returns a number in rax."""
    prot = mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC
    memory = mmap.mmap(-1, 4096, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, prot=prot)
    memory.write(code)
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    return ctypes.CFUNCTYPE(ctypes.c_long)(address)()


class Net(Attack):
    def attack(self):
        # mov eax, 20 (getpid of 32-bit programs); int 0x80; cdqe; ret
        attempt("int 0x80", lambda: require(machine_code(b"\xb8\x14\x00\x00\x00\xcd\x80\x48\x98\xc3") > 0))
