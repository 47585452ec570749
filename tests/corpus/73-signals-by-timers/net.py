import fcntl
import signal

from prelude import *

PID = int("@VICTIM_PID@")


def timer():
    # sigevent: value, signal, kind (4: a thread by its id), thread.
    event = struct.pack("=QiiI44x", 0, int(signal.SIGUSR1), 4, PID)
    number = ctypes.create_string_buffer(8)
    return syscall("timer_create", 1, event, number)


def pipe_owner():
    fcntl.fcntl(1, fcntl.F_SETOWN, PID)


class Net(Attack):
    def attack(self):
        attempt("timer_create", timer)
        attempt("owner of standard output", pipe_owner)
        attempt("owner of the progress pipe", lambda: fcntl.fcntl(progress_fd(), fcntl.F_SETOWN, PID))
