from prelude import *


class Net(Attack):
    def attack(self):
        attempt("attribute", lambda: os.getxattr("@DECOYS@/shared.db", "user.kept"))
        attempt("list of attributes", lambda: require(os.listxattr("@DECOYS@/shared.db")))
        attempt("target of a link", lambda: os.readlink("@DECOYS@/link-to-shared.db"))
