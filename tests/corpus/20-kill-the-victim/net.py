import signal

from prelude import *

PID = int("@VICTIM_PID@")


def by_pidfd():
    handle = os.pidfd_open(PID)
    return signal.pidfd_send_signal(handle, signal.SIGUSR1)


def queued(call, *pids):
    # What only the kernel may claim (si_code >= 0) would be refused without any sandbox.
    information = struct.pack("=iiiiii104x", signal.SIGUSR2, 0, -1, 0, 0, 0)
    return syscall(call, *pids, int(signal.SIGUSR2), information)


class Net(Attack):
    def attack(self):
        # The worst comes last: unprotected, the victim must live for the others.
        attempt("exists", lambda: os.kill(PID, 0) or "exists")
        attempt("SIGUSR1", lambda: os.kill(PID, signal.SIGUSR1))
        attempt("SIGIO", lambda: os.kill(PID, signal.SIGIO))
        attempt("group", lambda: os.killpg(PID, signal.SIGUSR1))
        attempt("tkill", lambda: syscall("tkill", PID, int(signal.SIGUSR1)))
        attempt("tgkill", lambda: checked(libc.tgkill(PID, PID, int(signal.SIGUSR1))))
        attempt("pidfd_open", lambda: os.pidfd_open(PID))
        attempt("pidfd_send_signal", by_pidfd)
        attempt("rt_sigqueueinfo", lambda: queued("rt_sigqueueinfo", PID))
        attempt("rt_tgsigqueueinfo", lambda: queued("rt_tgsigqueueinfo", PID, PID))
        attempt("worker exists", lambda: os.kill(int("@WORKER_PID@"), 0))
        attempt("signal to the worker", lambda: os.kill(int("@WORKER_PID@"), signal.SIGURG))
        attempt("signal to the parent", lambda: require(os.getppid()) and os.kill(os.getppid(), signal.SIGURG))
        attempt("signal to the own group", lambda: os.kill(0, signal.SIGURG))
        attempt("SIGSTOP", lambda: os.kill(PID, signal.SIGSTOP))
        attempt("SIGKILL", lambda: os.kill(PID, signal.SIGKILL))
