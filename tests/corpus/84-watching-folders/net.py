from prelude import *


def watch(path):
    handle = checked(libc.inotify_init1(0))
    return checked(libc.inotify_add_watch(handle, path, 0xFFF))


class Net(Attack):
    def attack(self):
        attempt("watch the decoys", lambda: watch(b"@DECOYS@"))
        attempt("watch the database", lambda: watch(b"@DECOYS@/shared.db"))
        attempt("watch /proc/self/fd", lambda: watch(f"/proc/self/fd/{os.open('@DECOYS@', os.O_PATH)}".encode()))
        attempt("fanotify", lambda: checked(libc.fanotify_init(0, 0)))
