from prelude import *


class Net(Attack):
    def attack(self):
        say("TRIED deep JSON")
        fd = progress_fd()
        for line in (
            b"[" * 60_000,
            b'{"a":' * 12_000 + b"1" + b"}" * 12_000,
            b'{"kind":"log","text":' + b"[" * 29_000 + b"]" * 29_000 + b"}",
            b'{"kind":"loss","losses":' + b"9" * 50_000 + b"}",
            b'{"kind":"model","parameters":' + b"9" * 5_000 + b',"layers":[]}',
            b'{"kind":["loss"]}',
            b'{"kind":{"a":1}}',
            b'{"kind":null}',
            b'"kind"',
            b"5",
            b"null",
            b"\xff\xfe\x00",
            b"\xed\xa0\x80",
            b'{"kind":"log","text":"\\ud800\\u0000"}',
            b'{"kind":"__class__"}',
            b'{"kind":"line"}',
            b"",
        ):
            write_all(fd, line + b"\n")
        say("HELD deep JSON: it is not understood")
