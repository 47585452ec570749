from prelude import *

MANY = 5000


def timers():
    number = ctypes.create_string_buffer(8)
    made = 0
    try:
        for _ in range(MANY):
            # sigevent: value, signal 0, kind 1: none is sent.
            syscall("timer_create", 1, struct.pack("=Qii48x", 0, 10, 0), number)
            made += 1
    except OSError as error:
        say(f"{error} after {made} timers")
    return require(made == MANY and made, f"only {made} timers")


class Net(Attack):
    def attack(self):
        attempt("timers", timers)
