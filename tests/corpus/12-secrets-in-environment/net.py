import re

from prelude import *


def secret_in_memory():
    """A forked child has all that its parent had. The pattern does not fit itself."""
    pattern = re.compile(rb"corpus-secret-[0-9a-f]{16}")
    with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
        for line in maps:
            fields = line.split()
            if not fields[1].startswith("rw") or fields[-1].startswith("[v"):
                continue
            start, end = (int(value, 16) for value in fields[0].split("-"))
            if end - start > 200 << 20:
                continue
            memory.seek(start)
            try:
                found = pattern.search(memory.read(end - start))
            except OSError:
                continue
            if found:
                return found.group()
    raise LookupError("no secret in memory")


class Net(Attack):
    def attack(self):
        words = ("SECRET", "PASSWORD", "TOKEN", "DATABASE", "DATA_DIR", "KEY", "PYTEST", "SSH", "SUDO")
        attempt("secret in os.environ", lambda: require([key for key in os.environ if any(w in key for w in words)]))
        attempt(
            "secret in /proc/self/environ", lambda: require(b"corpus-secret" in open("/proc/self/environ", "rb").read())
        )
        attempt("secret in the arguments", lambda: require("corpus-secret" in open("/proc/self/cmdline").read()))
        attempt("secret in memory", secret_in_memory)
