from prelude import *


class Net(Attack):
    def attack(self):
        say("TRIED last words")
        say("HELD last words: they are text")
        os.write(1, b"\x1b[2J\x1b]0;t\x07<script>alert(1)</script>\xff\xfe\x00\xe2\x80\xae backwards\r\n\x9b31m" * 20)
        os._exit(3)
