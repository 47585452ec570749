from prelude import *

PATH = b"@DECOYS@/shared.db"


def name_to_handle():
    handle = ctypes.create_string_buffer(struct.pack("=Ii", 128, 0) + bytes(128))
    syscall("name_to_handle_at", -100, PATH, handle, ctypes.create_string_buffer(8), 0)
    return handle


def open_handle(handle):
    return syscall("open_by_handle_at", os.open("/", os.O_PATH), handle, 0)


def root_handle():
    # The root of ext4 is inode 2 everywhere: no call is needed to know its handle.
    return open_handle(ctypes.create_string_buffer(struct.pack("=IiII", 8, 1, 2, 0)))


def listmount():
    request = struct.pack("=IIQQ", 24, 0, 2**64 - 1, 0)
    return require(syscall(458, request, ctypes.create_string_buffer(800), 100, 0))


def statmount():
    request = struct.pack("=IIQQ", 24, 0, 2**31, 2)
    return syscall(457, request, ctypes.create_string_buffer(1000), 1000, 0)


class Net(Attack):
    def attack(self):
        attempt("name_to_handle_at", name_to_handle)
        attempt("open_by_handle_at", lambda: open_handle(name_to_handle()))
        attempt("handle of the root", root_handle)
        attempt("listmount", listmount)
        attempt("statmount", statmount)
        attempt("quotactl", lambda: syscall("quotactl", 0x80000700 - (1 << 32), 0, 0, ctypes.create_string_buffer(100)))
