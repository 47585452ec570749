from prelude import *


class Net(Attack):
    def attack(self):
        import socket
        import time

        attempt("clock", lambda: time.clock_settime(time.CLOCK_REALTIME, time.time()))
        attempt("adjtime", lambda: checked(libc.adjtime(struct.pack("=qq", 0, 0), None)))
        attempt("host name", lambda: socket.sethostname("corpus"))
        attempt("domain name", lambda: checked(libc.setdomainname(b"corpus", 6)))
        attempt("init_module", lambda: syscall("init_module", b"", 0, b""))
        attempt("finit_module", lambda: syscall("finit_module", 0, b"", 0))
        attempt("delete_module", lambda: syscall("delete_module", b"corpus", 0))
        attempt("kexec_load", lambda: syscall("kexec_load", 0, 0, 0, 0))
        attempt("kernel log", lambda: syscall("syslog", 3, ctypes.create_string_buffer(100), 100))
        attempt("accounting", lambda: checked(libc.acct(None)))
        attempt("swapoff", lambda: checked(libc.swapoff(b"/nowhere")))
        attempt("reboot with wrong words", lambda: checked(libc.reboot(1)))
        attempt("vhangup", lambda: checked(libc.vhangup()))
        attempt("iopl", lambda: syscall("iopl", 3))
        attempt("ioperm", lambda: syscall("ioperm", 0x80, 1, 1))
        attempt("modify_ldt", lambda: syscall("modify_ldt", 1, bytes(16), 16))
        attempt("fanotify", lambda: checked(libc.fanotify_init(0, 0)))
