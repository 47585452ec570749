from prelude import *


class Net(Attack):
    def attack(self):
        attempt("stat", lambda: os.stat("@DECOYS@/app.db"))
        attempt("access", lambda: require(os.access("@DECOYS@/shared.db", os.F_OK)))
        attempt("chdir", lambda: os.chdir("@DECOYS@"))
        attempt("space on the disk", lambda: os.statvfs("@DECOYS@"))
