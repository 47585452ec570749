import sysconfig

from prelude import *


class Finder:
    def find_spec(self, name, path=None, target=None):
        say(f"asked for {name}")


def write(path):
    with open(path, "w") as file:
        file.write("print('ESCAPED hook of an earlier run')")
    return path


class Net(Attack):
    def attack(self):
        sys.meta_path.insert(0, Finder())
        sys.path.insert(0, os.getcwd())
        sys.modules["worker.child.prediction"] = None
        attempt("module in the own folder", lambda: write("worker.py"))
        attempt("sitecustomize", lambda: write(sysconfig.get_path("purelib") + "/sitecustomize.py"))
        attempt("pth", lambda: write(sysconfig.get_path("purelib") + "/corpus-escape.pth"))
        attempt(
            "bytecode",
            lambda: write(os.path.dirname(sys.modules["worker.child"].__file__) + "/__pycache__/corpus-escape.pyc"),
        )
