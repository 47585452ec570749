from prelude import *

PID = int("@VICTIM_PID@")
ATTACH, DETACH, SEIZE = 16, 17, 0x4206


def ptrace(request):
    libc.ptrace.argtypes = [ctypes.c_long] * 4
    checked(libc.ptrace(request, PID, 0, 0))
    os.waitpid(PID, 0x40000000 | 2) if request == ATTACH else None
    libc.ptrace(DETACH, PID, 0, 0)
    return "attached"


def moved(function):
    place = ctypes.create_string_buffer(8)
    own = struct.pack("=QQ", ctypes.addressof(place), 8)
    other = struct.pack("=QQ", 0x400000, 8)
    try:
        return checked(function(PID, own, 1, other, 1, 0))
    except OSError as error:
        # A wrong address is an answer, too: the call was let through.
        require(error.errno == 14, str(error))
        return "answered"


def madvise():
    handle = os.pidfd_open(PID)
    return syscall(440, handle, struct.pack("=QQ", 0x400000, 4096), 1, 20, 0)


def taken_file():
    return syscall(438, os.pidfd_open(PID), 0, 0)


class Net(Attack):
    def attack(self):
        attempt("ptrace attach", lambda: ptrace(ATTACH))
        attempt("ptrace seize", lambda: ptrace(SEIZE))
        attempt("process_vm_readv", lambda: moved(libc.process_vm_readv))
        attempt("process_vm_writev", lambda: moved(libc.process_vm_writev))
        attempt("write to mem", lambda: open(f"/proc/{PID}/mem", "r+b"))
        attempt("kcmp", lambda: syscall("kcmp", os.getpid(), PID, 2, 0, 0))
        attempt("process_madvise", madvise)
        attempt("pidfd_getfd", taken_file)
        attempt("process_mrelease", lambda: syscall(448, os.pidfd_open(PID), 0))
