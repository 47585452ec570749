from prelude import *


class Net(Three):
    def attack(self):
        say("TRIED a flood of tests")
        send_frame(1, 1, always_three())
        send_frame(2, 1, NO_WEIGHTS)
        os.close(frames_fd())
        block = b'{"kind":"testing","epoch":1}\n' * 2_000
        fd = progress_fd()
        for _ in range(10):
            write_all(fd, block)
        os._exit(0)
