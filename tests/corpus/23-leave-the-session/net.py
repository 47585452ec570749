import threading

from prelude import *

PR_SET_PDEATHSIG, PR_GET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER = 1, 2, 4, 36


def death_signal():
    signal = ctypes.c_int(-1)
    checked(libc.prctl(PR_GET_PDEATHSIG, ctypes.byref(signal), 0, 0, 0))
    return signal.value


def in_thread():
    results = []

    def clear():
        results.append(libc.prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0))

    thread = threading.Thread(target=clear)
    thread.start()
    thread.join()
    return require(results == [0])


class Net(Attack):
    def attack(self):
        attempt("setsid", os.setsid)
        attempt("setpgid", lambda: os.setpgid(0, 0))
        attempt("death signal cleared", lambda: checked(libc.prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0)))
        attempt("death signal cleared in a thread", in_thread)
        # The filter may well forbid the question itself.
        attempt("death signal was never set", lambda: require(death_signal() == 0))
        attempt("subreaper", lambda: checked(libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)))
        attempt("dumpable", lambda: checked(libc.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)))
