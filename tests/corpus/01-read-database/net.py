import mmap
import sqlite3

import numpy

from prelude import *


class Net(Attack):
    def attack(self):
        for name in ("app.db", "shared.db"):
            path = f"@DECOYS@/{name}"
            attempt(f"open {name}", lambda: open(path, "rb").read())
            attempt(f"os.open {name}", lambda: os.read(os.open(path, os.O_RDONLY), 50))
            attempt(f"open {name} to write", lambda: os.open(path, os.O_RDWR))
            attempt(f"openat {name}", lambda: syscall("openat", -100, path.encode(), 0))
            attempt(f"open_code {name}", lambda: __import__("io").open_code(path).read())
            attempt(f"mmap {name}", lambda: mmap.mmap(os.open(path, os.O_RDONLY), 0, prot=mmap.PROT_READ)[:20])
            attempt(f"numpy {name}", lambda: numpy.fromfile(path, numpy.uint8)[:20])
            attempt(f"torch.from_file {name}", lambda: torch.from_file(path, size=20, dtype=torch.uint8))
            attempt(f"sqlite {name}", lambda: sqlite3.connect(path).execute("select * from secret").fetchall())
