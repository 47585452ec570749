from prelude import *

FLAGS = {
    "user": 0x10000000, "mount": 0x20000, "pid": 0x20000000, "network": 0x40000000, "ipc": 0x08000000,
    "uts": 0x04000000, "cgroup": 0x02000000, "time": 0x80,
}  # fmt: skip


class Net(Attack):
    def attack(self):
        for name, flag in FLAGS.items():
            attempt(f"unshare {name}", lambda: checked(libc.unshare(flag)))
        attempt("user and mount", lambda: checked(libc.unshare(0x10020000)))
        attempt("setns", lambda: checked(libc.setns(os.open("/proc/self/ns/mnt", os.O_RDONLY), 0)))
        attempt("setns of 1", lambda: checked(libc.setns(os.open("/proc/1/ns/mnt", os.O_RDONLY), 0)))
        attempt("clone user", lambda: end_child(syscall("clone", 0x10000000 | 17, 0, 0, 0, 0)))
        attempt("mount", lambda: checked(libc.mount(b"none", b"/tmp", b"tmpfs", 0, 0)))
        attempt("remount", lambda: checked(libc.mount(b"none", b"/", 0, 0x1020, 0)))
        attempt("umount", lambda: checked(libc.umount2(b"@DATA@", 2)))
        attempt("pivot_root", lambda: syscall("pivot_root", b".", b"."))
        attempt("chroot", lambda: os.chroot("."))
        attempt("open_tree", lambda: syscall(428, -100, b"/", 1))
        attempt("open_tree_attr", lambda: syscall(467, -100, b"/", 1, 0, 0))
        attempt("fsopen", lambda: syscall(430, b"tmpfs", 0))
        attempt("fspick", lambda: syscall(433, -100, b"/", 0))
        attempt("move_mount", lambda: syscall(429, -100, b"/tmp", -100, b"/mnt", 0))
        attempt("mount_setattr", lambda: syscall(442, -100, b"/", 0, bytes(32), 32))
        attempt("write uid_map", lambda: open("/proc/self/uid_map", "w").write("0 0 1"))
