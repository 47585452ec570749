import builtins

import torch


class Evil:
    def __reduce__(self):
        return builtins.print, ("ESCAPED code of a pickle",)


torch.save({"classifier.1.weight": Evil()}, "weights.pt")
