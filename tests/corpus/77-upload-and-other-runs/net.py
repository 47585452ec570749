from prelude import *


class Net(Attack):
    def attack(self):
        attempt("write the upload", lambda: os.open("@FILE@", os.O_RDWR))
        attempt("delete the upload", lambda: os.unlink("@FILE@"))
        attempt("replace the upload", lambda: os.rename("@FILE@", "@FILE@.old"))
        attempt("list the runs", lambda: require([name for name in os.listdir("@JOBS@") if name == "another-run"]))
        attempt("read another run", lambda: open("@JOBS@/another-run/net.py").read())
        attempt("write another run", lambda: open("@JOBS@/another-run/net.py", "a").write("x"))
        attempt("write into another run", lambda: open("@JOBS@/another-run/corpus-escape", "w").write("x"))
