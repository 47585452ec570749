from prelude import *


def through(link, target):
    os.symlink(target, link)
    return open(link, "rb").read()


def folder_link():
    os.symlink("@DECOYS@", "b")
    return open("b/shared.db", "rb").read()


class Net(Attack):
    def attack(self):
        attempt("link to the database", lambda: through("a.safetensors", "@DECOYS@/shared.db"))
        attempt("link to the folder", lambda: folder_link())
        attempt("link to a link", lambda: through("c", "@DECOYS@/link-to-shared.db"))
        attempt("a link that was there", lambda: open("@DECOYS@/link-to-shared.db", "rb").read())
