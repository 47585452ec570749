from prelude import *


class Net(Attack):
    def attack(self):
        attempt("to be root", lambda: require(0 in os.getresuid()))
