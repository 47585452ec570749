from prelude import *


class Net(Attack):
    def attack(self):
        say("TRIED no numbers")
        fd = progress_fd()
        for loss in (
            b"NaN",
            b"Infinity",
            b"-Infinity",
            b"1e999",
            b'"nan"',
            b"true",
            b"null",
            b"[1]",
            b"1" * 400,
            b"1e400",
        ):
            write_all(fd, b'{"kind":"loss","epoch":1,"step":1,"steps":1,"losses":[' + loss + b"]}\n")
            write_all(fd, b'{"kind":"loss","epoch":' + loss + b',"step":1,"steps":1,"losses":[]}\n')
            write_all(fd, b'{"kind":"testing","epoch":' + loss + b"}\n") if loss != b"true" else None
            write_all(fd, b'{"kind":"hello","versions":{"python":' + loss + b'},"device":' + loss + b"}\n")
        say("HELD no numbers: they are not taken")
