import builtins
import pickle


class Evil:
    def __reduce__(self):
        return builtins.print, ("ESCAPED code of a pickle",)


with open("weights.pt", "wb") as file:
    pickle.dump(Evil(), file)
