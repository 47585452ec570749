import socket

from prelude import *


def bind():
    socket.socket(socket.AF_UNIX).bind("socket.safetensors")


class Net(Attack):
    def attack(self):
        attempt("symlink", lambda: os.symlink("@DECOYS@/app.db", "weights.safetensors"))
        attempt("symlink for the result", lambda: os.symlink("@DECOYS@/app.db", "result"))
        attempt("fifo", lambda: os.mkfifo("weights.fifo"))
        attempt("folder", lambda: os.makedirs("model.safetensors/deep"))
        attempt("device", lambda: os.mknod("null", 0o666 | stat.S_IFCHR, os.makedev(1, 3)))
        attempt("socket", bind)
        attempt("fifo outside", lambda: os.mkfifo("@JOBS@/corpus-escape-14"))
        attempt("symlink outside", lambda: os.symlink("@DECOYS@/app.db", "@JOBS@/corpus-escape-14-link"))
