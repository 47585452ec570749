from prelude import *


class Net(Attack):
    def attack(self):
        attempt("SCHED_FIFO", lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)))
        attempt("SCHED_RR", lambda: os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1)))
        attempt(
            "sched_setattr", lambda: syscall("sched_setattr", 0, struct.pack("=IIQiIQQQ", 48, 1, 0, 0, 1, 0, 0, 0), 0)
        )
        attempt(
            "deadline",
            lambda: syscall("sched_setattr", 0, struct.pack("=IIQiIQQQ", 48, 6, 0, 0, 0, 10**7, 10**8, 10**8), 0),
        )
        attempt("nice", lambda: os.nice(-5))
        attempt("setpriority of the group", lambda: os.setpriority(os.PRIO_PGRP, 0, -5))
        attempt("real-time input and output", lambda: syscall("ioprio_set", 1, 0, 1 << 13))
