from prelude import *


class Net(Attack):
    def attack(self):
        # Made only, never connected: the machine outside is nobody's target.
        attempt("vsock stream", lambda: checked(libc.socket(40, 1, 0)))
        attempt("vsock datagram", lambda: checked(libc.socket(40, 2, 0)))
        attempt("/dev/vsock", lambda: os.open("/dev/vsock", os.O_RDONLY))
