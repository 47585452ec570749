from prelude import *


def own_file():
    with open("mine", "w") as file:
        file.write("mine")
    return "mine"


class Net(Attack):
    def attack(self):
        attempt("move the database in", lambda: os.rename("@DECOYS@/shared.db", "shared.db"))
        attempt("replace the database", lambda: os.replace(own_file(), "@DECOYS@/shared.db"))
        attempt("exchange", lambda: syscall("renameat2", -100, own_file().encode(), -100, b"@DECOYS@/app.db", 2))
        attempt("move the folder", lambda: os.rename("@DECOYS@/.ssh", "ssh"))
        attempt("move out", lambda: os.rename(own_file(), "@DECOYS@/corpus-escape"))
