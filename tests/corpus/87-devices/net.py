from prelude import *


class Net(Attack):
    def attack(self):
        for name in (
            "mem", "kmem", "port", "kmsg", "vda", "sda", "nvme0n1", "fuse", "kvm", "net/tun", "ptmx", "vsock", "tty",
            "console", "shm", "loop-control", "mapper/control", "userfaultfd", "vhost-vsock",
        ):  # fmt: skip
            attempt(name, lambda: os.open(f"/dev/{name}", os.O_RDONLY | os.O_NONBLOCK))
