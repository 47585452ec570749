import mmap

from prelude import *


def machine_code(code):
    """Run machine code that returns a number in rax."""
    prot = mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC
    memory = mmap.mmap(-1, 4096, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, prot=prot)
    memory.write(code)
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    return ctypes.CFUNCTYPE(ctypes.c_long)(address)()


PATH = ctypes.create_string_buffer(b"@DECOYS@/shared.db")


def opened():
    # mov eax, 2 (open); movabs rdi, path; xor esi, esi; syscall; ret
    code = b"\xb8\x02\x00\x00\x00\x48\xbf" + struct.pack("=Q", ctypes.addressof(PATH)) + b"\x31\xf6\x0f\x05\xc3"
    result = machine_code(code)
    require(result >= 0, f"error {-result}")
    return result


def forked():
    # mov eax, 57 (fork); syscall; ret
    result = machine_code(b"\xb8\x39\x00\x00\x00\x0f\x05\xc3")
    require(result >= 0, f"error {-result}")
    return end_child(result)


class Net(Attack):
    def attack(self):
        attempt("open by machine code", opened)
        attempt("fork by machine code", forked)
