import socket

from prelude import *


class Net(Attack):
    def attack(self):
        for family in range(46):
            kind = socket.SOCK_RAW if family == socket.AF_NETLINK else socket.SOCK_DGRAM
            attempt(f"family {family}", lambda: checked(libc.socket(family, kind, 0)))
