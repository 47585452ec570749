"""Which network of a script is meant."""

from pathlib import Path

import pytest

from tests.homework import IMPORTS, NET, read, refused

FORWARD = "    def forward(self, x):\n        return x\n"


def network(name: str, base: str = "nn.Module") -> str:
    return f"class {name}({base}):\n{FORWARD}"


def candidates(folder: Path, text: str) -> list[str]:
    return [candidate.name for candidate in read(folder, text).candidates]


@pytest.mark.parametrize(
    ("imports", "base"),
    [
        ("import torch.nn as nn", "nn.Module"),
        ("from torch import nn", "nn.Module"),
        ("import torch", "torch.nn.Module"),
        ("import torch.nn", "torch.nn.Module"),
        ("import torch as t", "t.nn.Module"),
        ("import torch.nn as nn", "nn.Sequential"),
        ("from torch.nn import Module", "Module"),
        ("from torch.nn import Module as Basis", "Basis"),
        ("from torch.nn import *", "Module"),
        ("from torch import *", "nn.Module"),
        ("from torch.nn.modules.module import Module", "Module"),
        ("import torch.nn as nn\nBase = nn.Module", "Base"),
        ("import torch.nn as nn\nclass Mixin: pass\nclass Base(Mixin, nn.Module): pass", "Base"),
        ("import torch\ntry:\n    from torch import nn\nexcept ImportError:\n    nn = None", "nn.Module"),
        ("import pytorch_lightning as pl", "pl.LightningModule"),
        ("import lightning as L", "L.LightningModule"),
        ("from lightning.pytorch import LightningModule", "LightningModule"),
        ("from torchvision.models import ResNet", "ResNet"),
        ("import torchvision", "torchvision.models.resnet.ResNet"),
    ],
)
def test_a_network_is_known_by_whatever_name_its_base_is_imported(tmp_path: Path, imports: str, base: str) -> None:
    assert read(tmp_path, f"{imports}\n{network('Digits', base)}").class_name == "Digits"


@pytest.mark.parametrize(
    "around", ["if True:\n{}", "try:\n{}\nexcept ImportError:\n    pass", "def make():\n{}    return Net()"]
)
def test_a_network_inside_another_statement_is_found(tmp_path: Path, around: str) -> None:
    inner = "".join(f"    {line}\n" for line in network("Net").splitlines())
    assert "Net" in candidates(tmp_path, IMPORTS + around.format(inner))


def test_layers_that_another_network_uses_are_no_candidates(tmp_path: Path) -> None:
    text = IMPORTS + network("Block") + network("Flatten") + NET.replace("torch.relu(", "Block()(Flatten()(x") + "\n"
    assert candidates(tmp_path, text.replace("x.flatten(1))))", "))))")) == ["Net"]


def test_a_network_of_its_own_with_parts_handed_to_it_is_the_whole(tmp_path: Path) -> None:
    text = IMPORTS + network("Encoder") + network("Head") + network("Whole")
    assert candidates(tmp_path, f"{text}e = Encoder()\nnet = Whole(e, Head())\n") == ["Whole"]


@pytest.mark.parametrize("loss", [network("FocalLoss"), network("Smooth", "nn.CrossEntropyLoss")])
def test_a_loss_is_no_network(tmp_path: Path, loss: str) -> None:
    assert candidates(tmp_path, IMPORTS + loss + NET) == ["Net"]


def test_a_data_set_is_no_network(tmp_path: Path) -> None:
    text = f"from torch.utils.data import Dataset\n{IMPORTS}class Digits(Dataset):\n    pass\n{NET}"
    assert candidates(tmp_path, text) == ["Net"]


def test_a_base_class_without_forward_is_no_candidate(tmp_path: Path) -> None:
    text = f"{IMPORTS}class Base(nn.Module):\n    pass\n{network('Net', 'Base')}"
    assert candidates(tmp_path, text) == ["Net"]


TRAINED = [
    "model = B()\nopt = torch.optim.SGD(model.parameters(), lr=1)",
    "model = A()\nmodel = B()\nopt = torch.optim.SGD(model.parameters(), lr=1)",
    "a = A()\nprint(a)\nb = B()\nparams = b.parameters()\nopt = torch.optim.SGD(params, lr=1)",
    "from torch.optim import Adam\nb = B().to('cpu')\nAdam([{'params': b.parameters()}])",
    "a = A(); a(1)\nb = nn.DataParallel(B().cuda()).train()\ntorch.optim.SGD(b.parameters(), 1)",
    "a = A()\nb = torch.compile(B())\ntorch.optim.SGD(filter(lambda p: p.requires_grad, b.parameters()), 1)",
    "def train(net):\n    torch.optim.SGD(net.parameters(), 1)\ndef main():\n    a = A()\n    train(B())\nmain()",
    "def train(x, net=None):\n    opt = torch.optim.SGD(net.parameters(), 1)\na, b = A(), B()\ntrain(1, net=b)",
    "class T:\n  def __init__(self, n):\n    self.n = n\n    torch.optim.SGD(self.n.parameters(), 1)\nT(B())\nA()",
    "class T:\n  def set(self):\n    self.n = B()\n  def go(self):\n    torch.optim.SGD(self.n.parameters(), 1)\nA()",
    "def setup():\n    global net\n    net = B()\ndef go():\n    torch.optim.SGD(net.parameters(), 1)\nA()",
    "if __name__ == '__main__':\n    a = A()\n    net = B()\n    net.train()\n    net(1)",
    "net = B()\nfor epoch in range(3):\n    train(net, 1)",
    "def make():\n    return B()",
    "net = A()\nother = net\nb = B()\nbest = b\ntorch.optim.SGD(best.parameters(), 1)",
    "net: nn.Module = B()",
]


@pytest.mark.parametrize("code", TRAINED)
def test_of_several_networks_the_one_that_is_trained_is_taken(tmp_path: Path, code: str) -> None:
    script = read(tmp_path, f"{IMPORTS}{network('A')}{network('B')}{code}\n")
    assert script.class_name in {"B", "make"}
    assert "A" in [candidate.name for candidate in script.candidates]


UNCLEAR = [
    "",
    "a, b = A(), B()",
    "for net in (A(), B()):\n    torch.optim.SGD(net.parameters(), 1)",
    "if input():\n    net = A()\nelse:\n    net = B()\ntorch.optim.SGD(net.parameters(), 1)",
    "net = A() if flag else B()\ntorch.optim.SGD(net.parameters(), 1)",
    "g, d = A(), B()\ntorch.optim.SGD(g.parameters(), 1)\ntorch.optim.SGD(d.parameters(), 1)",
    "net = A()\ntorch.optim.SGD(net.parameters(), 1)\nnet = B()\ntorch.optim.SGD(net.parameters(), 1)",
]


@pytest.mark.parametrize("code", UNCLEAR)
def test_where_it_cannot_be_told_the_student_is_asked(tmp_path: Path, code: str) -> None:
    text = f"{IMPORTS}{network('A')}{network('B')}{code}\n"
    script = read(tmp_path, text)
    outcome, sentence = refused(tmp_path, text)

    assert script.class_name == ""
    assert [(c.name, c.line) for c in script.candidates] == [("A", 4), ("B", 7)]
    assert outcome == "bad_model"
    assert "A (line 4), B (line 7)" in sentence


def test_the_student_s_choice_is_taken(tmp_path: Path) -> None:
    assert read(tmp_path, IMPORTS + network("A") + network("B"), class_name=" A ").class_name == "A"


def test_a_part_can_be_chosen_too(tmp_path: Path) -> None:
    text = f"{IMPORTS}{network('Part')}{network('Whole')}net = Whole(Part())\n"
    assert read(tmp_path, text, class_name="Part").class_name == "Part"


def test_a_choice_that_is_not_there_is_refused_with_what_is(tmp_path: Path) -> None:
    outcome, sentence = refused(tmp_path, IMPORTS + network("A") + network("B"), class_name="C")
    assert (outcome, sentence) == ("bad_file", "net.py has no network called C. It has: A, B.")


READY = [
    ("net = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))", "net"),
    ("net = nn.Linear(784, 10)\ntorch.optim.SGD(net.parameters(), 1)", "net"),
    ("crit = nn.CrossEntropyLoss()\nnet = nn.Sequential(nn.Linear(784, 10))", "net"),
    ("body = nn.Sequential(nn.Linear(784, 9))\nnet = nn.Sequential(body, nn.Linear(9, 10))", "net"),
    ("def main():\n    net = nn.Sequential(nn.Linear(784, 10))\n    print(net)\nmain()", "net"),
    ("def make():\n    net = nn.Sequential(nn.Linear(784, 10))\n    return net", "make"),
    ("def make(h):\n    return nn.Sequential(nn.Linear(784, h))\nnet = make(10)", "make"),
    ("import torchvision.models as m\nnet = m.resnet18(num_classes=10)", "net"),
    ("net = torch.hub.load('pytorch/vision:v0.10.0', 'resnet18', pretrained=True)", "net"),
]


@pytest.mark.parametrize(("code", "name"), READY)
def test_a_network_that_is_no_class_is_called_by_its_variable_or_its_function(
    tmp_path: Path, code: str, name: str
) -> None:
    assert candidates(tmp_path, f"{IMPORTS}{code}\n") == [name]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("import torch\nx = torch.zeros(3)", "There is no network in net.py"),
        ("import tensorflow as tf\nm = tf.keras.Sequential()", "uses TensorFlow. Only PyTorch"),
        ("from keras.models import Sequential\nm = Sequential()", "uses Keras"),
        ("from sklearn.svm import SVC\nSVC().fit(x, y)", "skl2onnx"),
        ("import paddle.nn as nn\nclass Net(nn.Layer): pass", "uses PaddlePaddle"),
        ("from mxnet.gluon import nn\nnet = nn.Sequential()", "uses MXNet"),
        ("import jax.numpy as jnp", "uses JAX"),
        (
            "import torch\nfrom model import Net\nnet = Net(5).to('cpu')\nnet.train()",
            "Net from the module model (line 3)",
        ),
        ("from .nets import Net\nnet = Net()\nnet.train()", "in which Net is defined"),
        ("import nets\nimport torch\nm = nets.Lenet()\nm.eval()", "Lenet from the module nets"),
    ],
)
def test_a_script_without_a_network_is_told_what_to_upload(tmp_path: Path, text: str, says: str) -> None:
    outcome, sentence = refused(tmp_path, text)
    assert outcome == "bad_file"
    assert says in sentence


def test_reading_runs_nothing(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    opens = f"open({str(mark)!r}, 'w')"
    text = f"{opens}\n{IMPORTS}{NET}class Meta(Net, metaclass={opens}): pass\ndef f(x={opens}): pass\n"
    read(tmp_path, text)
    assert not mark.exists()
