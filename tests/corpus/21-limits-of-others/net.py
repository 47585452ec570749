import resource

from prelude import *

PID = int("@VICTIM_PID@")


class Net(Attack):
    def attack(self):
        attempt("prlimit of the victim", lambda: resource.prlimit(PID, resource.RLIMIT_NOFILE, (50, 50)))
        attempt("prlimit of the victim, to read", lambda: resource.prlimit(PID, resource.RLIMIT_NOFILE))
        attempt("prlimit of the worker, to read", lambda: resource.prlimit(int("@WORKER_PID@"), resource.RLIMIT_NOFILE))
        attempt("affinity of the victim", lambda: os.sched_setaffinity(PID, {0}))
        attempt("affinity of the worker", lambda: os.sched_setaffinity(int("@WORKER_PID@"), range(os.cpu_count())))
        attempt("nice of the victim", lambda: os.setpriority(os.PRIO_PROCESS, PID, 5))
        attempt("SCHED_FIFO of the victim", lambda: os.sched_setscheduler(PID, os.SCHED_FIFO, os.sched_param(1)))
        attempt("SCHED_BATCH of the victim", lambda: os.sched_setscheduler(PID, os.SCHED_BATCH, os.sched_param(0)))
        attempt("input and output of the victim", lambda: syscall("ioprio_set", 1, PID, (3 << 13)))
