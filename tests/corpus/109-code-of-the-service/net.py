from prelude import *


class Net(Attack):
    def attack(self):
        for name in (
            ".git/HEAD",
            ".git/config",
            "pyproject.toml",
            "app/core/settings.py",
            "worker/scoring.py",
            "tests/conftest.py",
        ):
            attempt(name, lambda: open(f"@CHECKOUT@/{name}").read(20))
        attempt("data", lambda: os.listdir("@CHECKOUT@/data"))
        attempt("checkout", lambda: require("tests" in os.listdir("@CHECKOUT@")))
