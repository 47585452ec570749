import threading

from prelude import *

MANY = 1024


def bomb():
    threading.stack_size(64 << 10)
    gate = threading.Event()
    threads = []
    try:
        for _ in range(2000):
            thread = threading.Thread(target=gate.wait, daemon=True)
            thread.start()
            threads.append(thread)
    except RuntimeError as error:
        say(f"{error} after {len(threads)}")
    finally:
        gate.set()
        for thread in threads:
            thread.join()
        threading.stack_size(0)
    return require(len(threads) >= MANY and len(threads), f"only {len(threads)} threads")


class Net(Attack):
    def attack(self):
        attempt("thread bomb", bomb)
