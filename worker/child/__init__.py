"""What runs inside the sandbox: load a model, train it, predict. Imports nothing of the rest of the project."""

import os

# Before torch is imported: its OpenMP (GNU's) reads this once. By default a thread that waits for the others spins
# for milliseconds; where anything else wants the processors, it then burns the time that the others need. Measured on
# YanNet in bfloat16, 2 cores, ms a step by default -> so: alone 13.3 -> 14.2, two such runs at a time 350 -> 31.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")
