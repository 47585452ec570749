import socket

from prelude import *

PLACES = {"path": "@DECOYS@/datagram.sock", "name": "\0@VICTIM_ABSTRACT@-datagram"}


def pair(kind=socket.SOCK_DGRAM):
    return socket.socketpair(socket.AF_UNIX, kind)[0]


def dissolved(kind, address):
    """A pair's end can be told to have no partner, and then a new one."""
    end = pair(kind)
    libc.connect(end.fileno(), struct.pack("=H", 0), 2)
    end.connect(address)
    return end.send(b"hello") if kind == socket.SOCK_DGRAM else end.fileno()


def sendmmsg():
    end = pair()
    address = ctypes.create_string_buffer(struct.pack("=H", 1) + PLACES["path"].encode() + b"\0")
    content = ctypes.create_string_buffer(b"hello")
    vector = ctypes.create_string_buffer(struct.pack("=QQ", ctypes.addressof(content), 5))
    header = struct.pack(
        "=QIIQQQQiiIi", ctypes.addressof(address), len(address) - 1, 0, ctypes.addressof(vector), 1, 0, 0, 0, 0, 0, 0
    )
    return checked(libc.sendmmsg(end.fileno(), header, 1, 0))


class Net(Attack):
    def attack(self):
        for name, address in PLACES.items():
            attempt(f"sendto by {name}", lambda: pair().sendto(b"hello", address))
            attempt(f"sendmsg by {name}", lambda: pair().sendmsg([b"hello"], [], 0, address))
            attempt(f"connect by {name}", lambda: dissolved(socket.SOCK_DGRAM, address))
        attempt("sendmmsg", sendmmsg)
        attempt("bind a pair", lambda: pair().bind("\0corpus-escape-71"))
        attempt("listen", lambda: pair(socket.SOCK_STREAM).listen())
        attempt("a file through a pair", lambda: socket.send_fds(pair(), [b"x"], [0]))
