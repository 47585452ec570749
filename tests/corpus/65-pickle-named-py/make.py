import builtins
import pickle
import zipfile

import torch


class Evil:
    def __reduce__(self):
        return builtins.print, ("ESCAPED code of a pickle", )


with open("net.py", "wb") as file:
    pickle.dump(Evil(), file)
