from prelude import *


class Net(Attack):
    def attack(self):
        for name in (
            "cmdline", "kallsyms", "config.gz", "interrupts", "diskstats", "locks", "keys", "iomem",
            "sys/kernel/random/boot_id", "partitions",
        ):  # fmt: skip
            attempt(name, lambda: os.open(f"/proc/{name}", os.O_RDONLY))
