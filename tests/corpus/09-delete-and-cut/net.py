from prelude import *


class Net(Attack):
    def attack(self):
        attempt("truncate the database", lambda: os.truncate("@DECOYS@/shared.db", 0))
        attempt("open and cut", lambda: os.open("@DECOYS@/app.db", os.O_WRONLY | os.O_TRUNC))
        attempt("append", lambda: os.write(os.open("@DECOYS@/.bashrc", os.O_WRONLY | os.O_APPEND), b"echo\n"))
        attempt("cut the data set", lambda: os.truncate("@DATA@/test-images.npy", 10))
        attempt("delete the key", lambda: os.unlink("@DECOYS@/.ssh/id_rsa"))
        attempt("delete the folder", lambda: os.rmdir("@DECOYS@/.ssh"))
        attempt("delete the data set", lambda: os.unlink("@DATA@/test-images.npy"))
        attempt("make a folder", lambda: os.mkdir("@DECOYS@/corpus-escape"))
