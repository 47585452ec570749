import fcntl
import socket

from prelude import *

LIMIT = 192 << 20


def pipe_bytes():
    """Fill as many pipes as can be opened, as large as they can be."""
    opened, total = [], 0
    try:
        for _ in range(1000):
            pair = os.pipe()
            opened += pair
            try:
                fcntl.fcntl(pair[1], 1031, 1 << 20)
            except OSError:
                pass
            os.set_blocking(pair[1], False)
            total += fill(lambda block: os.write(pair[1], block))
    except OSError as error:
        say(f"{error} after {total} bytes in pipes")
    for fd in opened:
        os.close(fd)
    return require(total > LIMIT and total, f"{total} bytes in pipes")


def fill(write):
    total = 0
    try:
        while True:
            total += write(bytes(65536))
    except BlockingIOError:
        return total


def socket_bytes():
    kept, total = [], 0
    try:
        for _ in range(1000):
            pair = socket.socketpair()
            kept += pair
            for end in pair:
                end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 24)
                end.setblocking(False)
                total += fill(end.send)
    except OSError as error:
        say(f"{error} after {total} bytes in socket pairs")
    for end in kept:
        end.close()
    return require(total > LIMIT and total, f"{total} bytes in socket pairs")


class Net(Attack):
    def attack(self):
        attempt("pipes", pipe_bytes)
        attempt("socket pairs", socket_bytes)
