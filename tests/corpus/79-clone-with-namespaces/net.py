from prelude import *

NEW = {"user": 0x10000000, "mount": 0x20000, "pid": 0x20000000, "network": 0x40000000}
THREAD = 0x10000 | 0x800 | 0x100


def clone(flags):
    stack = ctypes.create_string_buffer(1 << 16)
    # A new thread would run on this stack from here on; only the refusal is of interest.
    function = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)(lambda _: 0)
    self_kept = (stack, function)
    top = ctypes.addressof(stack) + (1 << 16) - 64
    assert self_kept
    return checked(libc.clone(function, ctypes.c_void_p(top), flags, None))


class Net(Attack):
    def attack(self):
        for name, flag in NEW.items():
            attempt(f"process with {name}", lambda: end_child(syscall("clone", flag | 17, 0, 0, 0, 0)))
            attempt(f"thread with {name}", lambda: clone(THREAD | flag))
        attempt(
            "clone3 with user",
            lambda: end_child(syscall(435, struct.pack("=8Q", NEW["user"], 0, 0, 0, 17, 0, 0, 0), 64)),
        )
