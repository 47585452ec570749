from prelude import *


class Net(Attack):
    def attack(self):
        attempt("PTRACE_TRACEME", lambda: checked(libc.ptrace(0, 0, 0, 0)))
        attempt("personality", lambda: checked(libc.personality(0x0040000)))
        for name, option, value in (
            ("PR_SET_DUMPABLE", 4, 1),
            ("PR_SET_KEEPCAPS", 8, 1),
            ("PR_SET_TIMING", 14, 1),
            ("PR_CAPBSET_DROP", 24, 0),
            ("PR_SET_SECUREBITS", 28, 0),
            ("PR_SET_MM", 35, 1),
            ("PR_SET_NO_NEW_PRIVS off", 38, 0),
            ("PR_SET_THP_DISABLE", 41, 1),
            ("PR_CAP_AMBIENT", 47, 2),
            ("PR_SET_PTRACER", 0x59616D61, -1),
            ("PR_SET_SYSCALL_USER_DISPATCH", 59, 1),
            ("PR_SET_MDWE", 65, 1),
        ):
            attempt(name, lambda: checked(libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0)))
