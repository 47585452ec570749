import socket

from prelude import *


class Net(Attack):
    def attack(self):
        attempt("open shared.db", lambda: open("@DECOYS@/shared.db", "rb").read())
        attempt("fork", lambda: end_child(os.fork()))
        attempt("socket", lambda: socket.socket())
        attempt("labels", lambda: open("@LABELS@", "rb").read())
