import fcntl
import signal
import socket

from prelude import *

PID = int("@VICTIM_PID@")


def signalled(owner, argument):
    ends = socket.socketpair()
    fcntl.fcntl(ends[0], owner, argument)
    fcntl.fcntl(ends[0], fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
    return ends[1].send(b"now")


def by_ioctl(request):
    ends = socket.socketpair()
    fcntl.ioctl(ends[0], request, struct.pack("=i", PID))
    fcntl.fcntl(ends[0], fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
    return ends[1].send(b"now")


def chosen_signal():
    ends = socket.socketpair()
    return fcntl.fcntl(ends[0], 10, int(signal.SIGUSR1))


class Net(Attack):
    def attack(self):
        attempt("F_SETOWN", lambda: signalled(fcntl.F_SETOWN, PID))
        attempt("F_SETOWN_EX", lambda: signalled(15, struct.pack("=ii", 1, PID)))
        attempt("F_SETSIG", chosen_signal)
        attempt("the owner by ioctl", lambda: by_ioctl(0x8901))
        attempt("the group by ioctl", lambda: by_ioctl(0x8902))
        attempt(
            "a lease on the data", lambda: fcntl.fcntl(open("@DATA@/test-images.npy"), fcntl.F_SETLEASE, fcntl.F_RDLCK)
        )
        attempt("a watch on the decoys", lambda: fcntl.fcntl(os.open("@DECOYS@", os.O_RDONLY), fcntl.F_NOTIFY, 1))
