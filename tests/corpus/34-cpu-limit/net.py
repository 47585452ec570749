from prelude import *


class Net(Attack):
    def attack(self):
        def spin():
            while True:
                pass

        attempt("spin", spin)
