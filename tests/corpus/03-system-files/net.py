from prelude import *


class Net(Attack):
    def attack(self):
        # Opened only: what is in them is nobody's business, not even a test's.
        attempt("/etc/shadow", lambda: os.open("/etc/shadow", os.O_RDONLY))
        attempt("/etc/passwd", lambda: os.open("/etc/passwd", os.O_RDONLY))
        attempt("/etc/hosts", lambda: os.open("/etc/hosts", os.O_RDONLY))
        attempt(
            "the home of root", lambda: require(set(os.listdir("/root")) & {".bashrc", ".profile", ".ssh", ".cache"})
        )
        attempt("/etc/ssh", lambda: os.listdir("/etc/ssh"))
