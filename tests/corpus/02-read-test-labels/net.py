import pathlib

from prelude import *


def labels_of_mnist():
    for folder in ("@MNIST@", "@CHECKOUT@/data", "@CHECKOUT@/../shared/mnist"):
        for path in pathlib.Path(folder).rglob("t10k-labels*"):
            return open(path, "rb").read(20)
    raise FileNotFoundError("no labels of MNIST")


class Net(Attack):
    def attack(self):
        attempt("labels of the data set", lambda: open("@LABELS@", "rb").read())
        attempt("labels among the decoys", lambda: open("@DECOYS@/labels.npy", "rb").read())
        images = {"train-images.npy", "train-labels.npy", "test-images.npy", "changed-images.npy"}
        attempt("labels beside the images", lambda: require(set(os.listdir("@DATA@")) - images))
        attempt("real labels of MNIST", labels_of_mnist)
