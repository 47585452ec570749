"""What the attacks share. `corpus_cases` puts this text where a case imports it: an upload is one file."""

import ctypes
import gc
import json
import os
import platform
import stat
import struct
import sys  # noqa: F401 - for the cases

import torch
from torch import nn

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
# Calls without a function in the C library; those from 424 on have the same number on every machine.
NUMBERS = {
    "x86_64": {
        "clone": 56, "fork": 57, "vfork": 58, "shmget": 29, "semget": 64, "msgget": 68, "tkill": 200,
        "timer_create": 222, "add_key": 248, "request_key": 249, "keyctl": 250, "ioprio_set": 251, "migrate_pages": 256,
        "rt_sigqueueinfo": 129, "rt_tgsigqueueinfo": 297, "perf_event_open": 298, "kcmp": 312, "finit_module": 313,
        "sched_setattr": 314, "memfd_create": 319, "bpf": 321, "userfaultfd": 323, "mq_open": 240, "kexec_load": 246,
        "openat": 257, "getpid": 39, "prlimit64": 302, "move_pages": 279, "lookup_dcookie": 212, "syslog": 103,
        "name_to_handle_at": 303, "open_by_handle_at": 304, "pivot_root": 155, "capset": 126, "quotactl": 179,
        "seccomp": 317, "execveat": 322, "renameat2": 316, "get_mempolicy": 239, "fallocate": 285, "mlock2": 325,
        "init_module": 175, "delete_module": 176, "iopl": 172, "ioperm": 173, "modify_ldt": 154,
    },
    "aarch64": {
        "clone": 220, "shmget": 194, "semget": 190, "msgget": 186, "tkill": 130, "timer_create": 107, "add_key": 217,
        "request_key": 218, "keyctl": 219, "ioprio_set": 30, "migrate_pages": 238, "rt_sigqueueinfo": 138,
        "rt_tgsigqueueinfo": 240, "perf_event_open": 241, "kcmp": 272, "finit_module": 273, "sched_setattr": 274,
        "memfd_create": 279, "bpf": 280, "userfaultfd": 282, "mq_open": 180, "kexec_load": 104, "openat": 56,
        "getpid": 172, "prlimit64": 261, "move_pages": 239, "lookup_dcookie": 18, "syslog": 116,
        "name_to_handle_at": 264, "open_by_handle_at": 265, "pivot_root": 41, "capset": 91, "quotactl": 60,
        "seccomp": 277, "execveat": 281, "renameat2": 276, "get_mempolicy": 236, "fallocate": 47, "mlock2": 284,
        "init_module": 105, "delete_module": 106,
    },
}[platform.machine()]  # fmt: skip


def say(text):
    """Print one line, at once: the process may not live to the next."""
    print(text, flush=True)


def attempt(what, attack):
    """Try an attack and say how it went: an attack that has no success raises."""
    say(f"TRIED {what}")
    try:
        gained = attack()
    except BaseException as error:
        say(f"HELD {what}: {type(error).__name__}: {str(error)[:200]}")
    else:
        say(f"ESCAPED {what}: {str(gained)[:200]!r}")


def require(condition, text="no success"):
    """Raise if an attack has not reached its aim."""
    if not condition:
        raise RuntimeError(text)
    return condition


def checked(result):
    """The result of a C function, or the error that it set."""
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def syscall(call, *arguments):
    """A system call by its name or number."""
    number = NUMBERS[call] if isinstance(call, str) else call
    given = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    ctypes.set_errno(0)
    return checked(libc.syscall(ctypes.c_long(number), *given))


def end_child(pid):
    """In the new process: leave at once. In the old one: its id, once it is gone."""
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    return pid


def pipes():
    """Numbers of all open pipes beyond standard input, output and error."""
    found = []
    for fd in range(3, 128):
        try:
            if stat.S_ISFIFO(os.fstat(fd).st_mode):
                found.append(fd)
        except OSError:
            pass
    return found


def channel():
    """The child's own channel to the worker, wherever it is."""
    return next(value for value in gc.get_objects() if type(value).__name__ == "Channel")


def progress_fd():
    return channel()._progress.fileno()


def frames_fd():
    return channel()._frames.fileno()


def write_all(fd, content):
    view = memoryview(content)
    while view:
        view = view[os.write(fd, view) :]


def send_line(**message):
    """A line of our own on the progress pipe."""
    write_all(progress_fd(), json.dumps(message).encode() + b"\n")


def send_frame(kind, epoch, content):
    """A frame of our own on the frames pipe."""
    write_all(frames_fd(), struct.pack(">4sIIQ", b"MBF1", kind, epoch, len(content)) + content)


def safetensors_file(header, content=b""):
    """A safetensors file with this header."""
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + content


NO_WEIGHTS = safetensors_file({})
ONE_WEIGHT = safetensors_file({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}, bytes(4))


def send_description(parameters=1):
    """What an honest child says of its network, of a network that is not there."""
    layers = [{"name": "layer", "type": "Linear", "output": [10], "parameters": parameters}]
    send_line(kind="model", parameters=parameters, layers=layers, output="logits")
    send_line(
        kind="detected", format="python", class_name="Net", arguments="", input=None, output=None, normalize=None,
        padding=0, batch_size=None, missing=[],
    )  # fmt: skip


def always_three(images=int("@TEST_IMAGES@")):
    """Predictions that read every image as a three: right for one in ten."""
    scores = torch.full((images, 10), -9.0)
    scores[:, 3] = 9.0
    return torch.log_softmax(scores, 1).numpy().astype("<f4").tobytes()


def when_all_is_sent(act):
    """Do something when the child has sent all that decides over its result."""
    kind = type(channel())
    send = kind.send

    def watching(self, what, **values):
        send(self, what, **values)
        if what == "done":
            act()

    kind.send = watching


class Attack(nn.Module):
    """An honest softmax regression that attacks while it is built."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(784, 10)
        self.attack()

    def attack(self):
        """To be written by the case."""

    def forward(self, images):
        return self.layer(images.flatten(1))


class Three(Attack):
    """The same, but it always answers three: any accuracy other than a tenth is a forgery that worked."""

    def forward(self, images):
        scores = 0 * self.layer(images.flatten(1))
        return scores + 9 * torch.eye(10)[3]
