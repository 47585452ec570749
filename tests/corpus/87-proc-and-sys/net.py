from prelude import *


def write(path, text=None):
    with open(path, "w") as file:
        # Where a word could do harm the open file alone is proof enough.
        return file.write(text) if text else file.fileno()


class Net(Attack):
    def attack(self):
        attempt("oom_score_adj", lambda: write("/proc/self/oom_score_adj", "-1000"))
        attempt("oom_score_adj up", lambda: write("/proc/self/oom_score_adj", "0"))
        attempt("coredump_filter", lambda: write("/proc/self/coredump_filter", "0"))
        attempt("clear_refs", lambda: write("/proc/self/clear_refs", "1"))
        attempt("timerslack", lambda: write("/proc/self/timerslack_ns", "1"))
        attempt("core_pattern", lambda: write("/proc/sys/kernel/core_pattern"))
        attempt("sysrq", lambda: write("/proc/sysrq-trigger"))
        attempt("drop_caches", lambda: write("/proc/sys/vm/drop_caches"))
        attempt("setgroups", lambda: write("/proc/self/setgroups", "allow"))
        attempt("cpu off", lambda: write("/sys/devices/system/cpu/cpu1/online"))
        attempt("kernel memory", lambda: os.open("/proc/kcore", os.O_RDONLY))
        attempt("other's memory by number 1", lambda: require(os.getpid() != 1) and os.open("/proc/1/mem", os.O_RDWR))
