import re

from prelude import *


def secret_in_memory():
    """A forked child has all that its parent had. The pattern does not fit itself."""
    pattern = re.compile(rb"corpus-secret-[0-9a-f]{16}")
    with open("/proc/self/maps") as maps:
        fields = [line.split() for line in maps]
    looked_at = 0
    for place, rights, *_ in [entry for entry in fields if len(entry) == 5 or entry[5] in ("[heap]", "[stack]")]:
        start, end = (int(value, 16) for value in place.split("-"))
        if not rights.startswith("rw") or end - start > 200 << 20:
            continue
        looked_at += end - start
        found = pattern.search(ctypes.string_at(start, end - start))
        if found:
            return found.group()
    say(f"{looked_at >> 20} MB of memory were looked at")
    if looked_at < 50 << 20:
        return "hardly any memory was found, so this proves nothing"
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
