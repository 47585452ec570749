import socket

from prelude import *


class Net(Attack):
    def attack(self):
        attempt("IPv6", lambda: socket.socket(socket.AF_INET6).fileno())
        attempt("packet", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW).fileno())
        attempt("raw", lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1).fileno())
        attempt("name", lambda: socket.getaddrinfo("example.org", 80))
