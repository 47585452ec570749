from prelude import *


class Net(Attack):
    def __init__(self, hidden=5):
        super().__init__(hidden)
