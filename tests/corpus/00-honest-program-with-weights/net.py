from prelude import *


class Net(Attack):
    pass
