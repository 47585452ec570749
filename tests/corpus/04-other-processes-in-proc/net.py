import pathlib

from prelude import *

VICTIM = "/proc/@VICTIM_PID@"
PARENT = f"/proc/{os.getppid() or 'none'}"


def listed_processes():
    """In a pid namespace only the run's own processes are seen."""
    return require([name for name in os.listdir("/proc") if name.isdigit() and int(name) > 20])


def secret_in_environments():
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/environ"):
        try:
            found += [str(path)] * (b"CORPUS_SECRET" in path.read_bytes())
        except OSError:
            pass
    return require(found)


class Net(Attack):
    def attack(self):
        for name in ("environ", "cmdline", "maps", "mem", "status", "syscall", "auxv"):
            attempt(f"{name} of the victim", lambda: open(f"{VICTIM}/{name}", "rb").fileno())
        for name in ("fd", "task", "root/", "cwd/"):
            attempt(f"{name} of the victim", lambda: os.listdir(f"{VICTIM}/{name}"))
        attempt("environ of the parent", lambda: require(b"CORPUS_SECRET" in open(f"{PARENT}/environ", "rb").read()))
        attempt("mem of the parent", lambda: open(f"{PARENT}/mem", "r+b").fileno())
        attempt("fd of the parent", lambda: os.listdir(f"{PARENT}/fd"))
        attempt("root of the parent", lambda: os.listdir(f"{PARENT}/root/root"))
        attempt("list of processes", listed_processes)
        attempt("a secret in any environment", secret_in_environments)
