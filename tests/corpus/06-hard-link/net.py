from prelude import *


def link_of_handle():
    handle = os.open("@DECOYS@/shared.db", os.O_PATH)
    checked(libc.linkat(handle, b"", -100, b"handle.db", 0x1000))
    return open("handle.db", "rb").read()


class Net(Attack):
    def attack(self):
        attempt("link into the own folder", lambda: os.link("@DECOYS@/shared.db", "shared.db"))
        attempt("link beside the database", lambda: os.link("@DECOYS@/shared.db", "@DECOYS@/corpus-escape.db"))
        attempt("linkat of a handle", link_of_handle)
        attempt("link of an own file into another folder", lambda: os.link("@FILE@", "@DECOYS@/corpus-escape.py"))
