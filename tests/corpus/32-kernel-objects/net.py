import multiprocessing

from prelude import *

KEY = 0x436F7270


def perf():
    attributes = struct.pack("=IIQ", 1, 128, 0) + bytes(112)
    return syscall("perf_event_open", attributes, 0, -1, -1, 0)


class Net(Attack):
    def attack(self):
        attempt("memfd_create", lambda: syscall("memfd_create", b"corpus", 0))
        attempt("os.memfd_create", lambda: os.memfd_create("corpus"))
        attempt("memfd_secret", lambda: syscall(447, 0))
        attempt("userfaultfd", lambda: syscall("userfaultfd", 1))
        attempt("/dev/userfaultfd", lambda: os.open("/dev/userfaultfd", os.O_RDWR))
        attempt("add_key", lambda: syscall("add_key", b"user", b"corpus-escape", b"x", 1, -3))
        attempt("request_key", lambda: syscall("request_key", b"user", b"corpus-escape", 0, -3))
        attempt("keyctl", lambda: syscall("keyctl", 0, -3, 1))
        attempt("bpf", lambda: syscall("bpf", 0, struct.pack("=IIII", 2, 4, 4, 1) + bytes(56), 72))
        attempt("perf_event_open", perf)
        attempt("shmget", lambda: syscall("shmget", KEY, 4096, 0o1666))
        attempt("semget", lambda: syscall("semget", KEY, 1, 0o1666))
        attempt("msgget", lambda: syscall("msgget", KEY, 0o1666))
        attempt("mq_open", lambda: syscall("mq_open", b"corpus-escape", 0o102, 0o666, 0))
        attempt("named semaphore", lambda: checked(libc.sem_open(b"/corpus-escape-32", 0o100, 0o666, 1) or -1))
        attempt("semaphore of multiprocessing", lambda: multiprocessing.Semaphore(1))
        attempt("futex of another namespace", lambda: os.open("/dev/mqueue", os.O_RDONLY))
        attempt("pages of others", lambda: syscall("move_pages", 1, 0, 0, 0, 0, 0))
