import socket

from prelude import *


def udp():
    return socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"hello", ("127.0.0.1", int("@VICTIM_UDP@")))


def listen():
    ear = socket.create_server(("127.0.0.1", 0))
    return ear.getsockname()


class Net(Attack):
    def attack(self):
        attempt("socket", lambda: socket.socket().fileno())
        attempt("TCP", lambda: socket.create_connection(("127.0.0.1", int("@VICTIM_TCP@")), 2))
        attempt("UDP", udp)
        attempt("listen", listen)
        attempt("bind UDP", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).bind(("127.0.0.1", 0)))
        attempt("MPTCP", lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262).fileno())
