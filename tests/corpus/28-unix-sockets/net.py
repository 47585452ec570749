import socket

from prelude import *


def unix(kind, address, send=False):
    own = socket.socket(socket.AF_UNIX, kind)
    own.connect(address)
    return own.send(b"hello") if send else own.fileno()


class Net(Attack):
    def attack(self):
        attempt("stream by path", lambda: unix(socket.SOCK_STREAM, "@DECOYS@/stream.sock"))
        attempt("datagram by path", lambda: unix(socket.SOCK_DGRAM, "@DECOYS@/datagram.sock", send=True))
        attempt("packet by path", lambda: unix(socket.SOCK_SEQPACKET, "@DECOYS@/packet.sock"))
        attempt("stream by name", lambda: unix(socket.SOCK_STREAM, "\0@VICTIM_ABSTRACT@"))
        attempt("datagram by name", lambda: unix(socket.SOCK_DGRAM, "\0@VICTIM_ABSTRACT@-datagram", send=True))
