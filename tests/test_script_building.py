"""What of a script is run to build its network, and what is left out."""

from pathlib import Path

import pytest
import torch
from torch import nn

from tests.homework import IMPORTS, NET, build, refused


def width(network: nn.Module) -> int:
    return int(network.get_submodule("hidden").weight.shape[0])


NEEDED = [
    "size = 24",
    "SIZE = 12\nsize = 2 * SIZE",
    "size = 8\nsize += 16",
    "size, other = 24, 3",
    "for size in []: pass\nsize = 24",
    "cfg = {'h': 1}\ncfg['h'] = 24\ncfg.update(w=1)\nsize = cfg['h']",
    "sizes = []\nfor i in range(3):\n    sizes.append(8)\nsize = sum(sizes)",
    "def double(x):\n    return 2 * x\nsize = double(12)",
    "import functools\n@functools.lru_cache\ndef get():\n    return 24\nsize = get()",
    "from enum import Enum\nclass Size(Enum):\n    BIG = 24\nsize = Size.BIG.value",
    "from dataclasses import dataclass\n@dataclass\nclass C:\n    h: 'int' = 4\nc = C()\nc.h = 24\nsize = c.h",
    "from __future__ import annotations\nfrom dataclasses import *\n@dataclass\nclass C:\n    h: X = 24\nsize = C().h",
    "class Args:\n    pass\nargs = Args()\nargs.h = 24\nsize = args.h",
    "from types import SimpleNamespace as S\nsize = S(h=24).h",
    "from argparse import *\np = ArgumentParser()\np.add_argument('--h', default=24)\nsize = p.parse_args().h",
    "import argparse\np = argparse.ArgumentParser()\np.add_argument('data')\np.add_argument('--h', default=24)\n"
    "p.add_argument('--x', required=True)\nargs, _ = p.parse_known_args()\nsize = args.h",
    "import sys\nsize = 24 if len(sys.argv) == 1 else int(sys.argv[1])",
    "import math, numpy as np\nsize = int(math.sqrt(np.square(24)))",
    "try:\n    import no_such_package\n    size = 3\nexcept ImportError:\n    size = 24",
    "if torch.cuda.is_available():\n    size = 24\nelse:\n    size = 24",
    "with torch.no_grad():\n    size = 24",
    "if __name__ == '__main__':\n    size = 24",
    "size = 0\nwhile size < 24:\n    size += 1",
    "size = 0\nwhile True:\n    size += 1\n    print(size)\n    if size == 24:\n        break",
    "size = 0\nfor i in range(9):\n    if i % 3:\n        continue\n    size += 8",
    "try:\n    size = int(open('size').read())\nexcept OSError:\n    size = 24",
    "from typing import NamedTuple\nclass C(NamedTuple):\n    h: int = 24\nsize = C().h",
    "size = (lambda n: n)(24)\nprint(size)\ninput('go?')\nexit()",
    "data = torch.load('x.pt')\nsize = 24",
    "size = 24\nimport sys; sys.exit(0)",
    "import torchvision\nsize = 14 + len(torchvision.datasets.MNIST('.').classes)",
]


@pytest.mark.parametrize("code", NEEDED)
def test_what_the_network_needs_is_run(tmp_path: Path, code: str) -> None:
    lines = code.split("\n") if "__future__" in code else []
    text = f"{lines[0]}\n" if lines else ""
    text += f"{IMPORTS}{code.removeprefix(text)}\n{NET}net = Net(size)\n"
    assert width(build(tmp_path, text)) == 24


@pytest.mark.parametrize("code", ["size = 24", "cfg = dict(h=24)\nsize = cfg['h']", "size = min(24, 48)"])
def test_what_main_has_for_the_network_is_run(tmp_path: Path, code: str) -> None:
    inner = "".join(f"    {line}\n" for line in code.splitlines())
    main = f"def main():\n    print('never')\n{inner}    net = Net(size).to('cuda:0')\n    return net\n"
    assert width(build(tmp_path, f"{IMPORTS}{NET}{main}if __name__ == '__main__':\n    main()\n")) == 24


THROUGH_CALLS = [
    "def main(h, w=24):\n    net = Net(w)\nmain(1)",
    "def main(h=1, *a, **k):\n    net = Net(h)\nmain(h=24)",
    "def main(args):\n    net = Net(args.h)\nif __name__ == '__main__':\n    from argparse import *\n"
    "    p = ArgumentParser()\n    p.add_argument('--h', default=24)\n    main(p.parse_args())",
    "def inner(n):\n    net = Net(n)\ndef outer(m):\n    k = m + 1\n    inner(k)\nouter(23)",
    "class T:\n  def __init__(self, h):\n    self.h = h\n    self.net = Net(self.h)\nT(24)",
    "class T:\n  def __init__(self, h):\n    self.h = h\n  def go(self):\n    self.net = Net(self.h)\nT(24).go()",
    "class T:\n  def __init__(self, loader, h):\n    self.n = len(loader)\n    self.net = Net(h)\nT(open('x'), 24)",
    "def make(**kw):\n    return Net(**kw)\nnet = make(hidden=24)",
    "kw = {'hidden': 24}\nnet = Net(**kw)",
    "args = [24]\nnet = Net(*args)",
    "sizes = [4]\nfor h in sizes:\n    pass\nfor seed in range(3):\n    net = Net(24)",
    "def setup():\n    global net\n    h = 24\n    net = Net(h)\nsetup()",
    "net = Net(24)\nnet = nn.DataParallel(net)\nnet = torch.compile(net)\nnet.load_state_dict(torch.load('x'))",
    "net = Net(24)\nnet = torch.load('best.pt')",
    "net = Net(24)\nnet = net.to(no_such_device)\ndel net",
    "net = Net(24).to(no_such_device).double()\nnet = None",
    "net = Net(24)\nnet = net(torch.zeros(1, 784))",
    "Net = Net(24)",
    "kind = Net\nnet = kind(24)",
    "kinds = {'net': Net, 'other': nn.Linear}\nname = 'net'\nnet = kinds[name](24)\nnet.train()",
    "kinds = dict(a=3)\nkinds = {'net': Net}\nnet = kinds.get('net')(hidden=24).to('cuda')",
    "class Wrapped(nn.Module):\n  def __init__(self, n):\n    super().__init__()\n    self.hidden = n.hidden\n"
    "  def forward(self, x):\n    return x\nnet = Net(24)\nnet = Wrapped(net)",
    "import argparse\np = argparse.ArgumentParser()\np.add_argument('--n', required=True, choices=[24, 3])\n"
    "net = Net(p.parse_args().n)",
]


@pytest.mark.parametrize("code", THROUGH_CALLS)
def test_the_arguments_of_the_network_are_followed_to_where_they_come_from(tmp_path: Path, code: str) -> None:
    assert width(build(tmp_path, f"{IMPORTS}{NET}{code}\n")) == 24


@pytest.mark.parametrize(
    "code",
    [
        "raise ValueError",
        "assert False",
        "import os; os._exit(1)",
        "while True: pass",
        "data = open('/etc/passwd').read()",
        "x = next(iter(train_loader))",
        "import matplotlib.pyplot as plt; plt.plot([1])",
        "for epoch in range(10**9):\n    loss.backward()",
        "name = input()",
        "import urllib.request as u; u.urlretrieve('http://x', 'y')",
    ],
)
def test_what_the_network_does_not_need_is_left_out(tmp_path: Path, code: str) -> None:
    assert width(build(tmp_path, f"{code}\n{IMPORTS}{NET}net = Net(24)\n{code}\n")) == 24


def test_what_a_method_needs_that_is_never_called_is_left_out(tmp_path: Path) -> None:
    fit = "    def fit(self):\n        for x in loader: stop(x)\n"
    text = f"{IMPORTS}def stop(x): pass\nloader = [exit()]\n{NET}{fit}net = Net(24)\nnet.fit()\n"
    assert width(build(tmp_path, text)) == 24


CHANGES = [
    ("net.extra = nn.Linear(3, 3)", 12),
    ("net.add_module('extra', nn.Linear(3, 3))", 12),
    ("net.hidden = nn.Linear(784, 20)\nnet.out = nn.Linear(20, 10)", 20 * 785 + 210 - 16 * 785 - 170),
    ("for i in range(2):\n    net.add_module(f'extra{i}', nn.Linear(3, 3))", 24),
    ("del net.out", -170),
    ("net = nn.Sequential(net, nn.Linear(10, 10))", 110),
    ("net.eval()\nprint(net)\nnet.fit(3)", 0),
]


@pytest.mark.parametrize(("code", "more"), CHANGES)
def test_changes_of_the_finished_network_are_part_of_it(tmp_path: Path, code: str, more: int) -> None:
    network = build(tmp_path, f"{IMPORTS}{NET}net = Net()\n{code}\n")
    assert sum(p.numel() for p in network.parameters()) == 16 * 785 + 170 + more


INITIALISED = [
    "net.apply(lambda m: nn.init.zeros_(m.bias) if isinstance(m, nn.Linear) else None)",
    "nn.init.zeros_(net.out.bias)",
    "nn.init.constant_(net.out.bias, val=0)",
    "def init_weights(m):\n    nn.init.zeros_(m.out.bias)\ninit_weights(net)",
    "for m in net.modules():\n    if isinstance(m, nn.Linear):\n        m.bias.data.zero_()",
    "for name, p in net.named_parameters():\n    if 'bias' in name:\n        nn.init.zeros_(p)",
    "for p in net.parameters():\n    p.requires_grad = False\nnn.init.zeros_(net.out.bias)",
]


@pytest.mark.parametrize("code", INITIALISED)
def test_initialisation_is_repeated_and_freezing_is_not(tmp_path: Path, code: str) -> None:
    network = build(tmp_path, f"{IMPORTS}{NET}net = Net()\n{code}\n")
    assert network.get_submodule("out").bias.abs().sum() == 0
    assert all(p.requires_grad for p in network.parameters())


def test_a_network_of_torch_hub_is_taken_from_torchvision(tmp_path: Path) -> None:
    code = "net = torch.hub.load('pytorch/vision', 'squeezenet1_1', pretrained=True, num_classes=10)\n"
    assert build(tmp_path, f"{IMPORTS}{code}")(torch.zeros(1, 3, 32, 32)).shape == (1, 10)


def test_weights_are_drawn_anew_with_every_seed(tmp_path: Path) -> None:
    text = f"torch_seed = 0\n{IMPORTS}torch.manual_seed(3)\n{NET}net = Net()\n"
    first = build(tmp_path, text).get_submodule("out").weight
    torch.manual_seed(0)
    assert torch.equal(first, nn.Sequential(nn.Linear(784, 16), nn.Linear(16, 10))[1].weight)


INSIDE = [
    "@torch.jit.script\ndef double(x: torch.Tensor) -> torch.Tensor:\n    return x * 2\n",
    "import inspect\ndef double(x):\n    return x * inspect.getsource(double).count('def')\n",
    "@torch.compile\ndef double(x):\n    return x * 2\n",
    "import pickle as p\nclass Two:\n    value = 2\ndef double(x):\n    return x * p.loads(p.dumps(Two())).value\n",
    "import typing as t\nclass H:\n    a: 'H'\ndef double(x):\n    return x * (1 + len(t.get_type_hints(H)))\n",
    "def double(x):\n    assert __name__ != '__main__'\n    return x * 2\n",
    "def double(x):\n    return x.cuda() * torch.ones(1, device='cuda:0').cuda() * 2\n",
    "from tqdm import tqdm\ndef double(x):\n    for _ in tqdm(range(1)):\n        x = x * 2\n    return x\n",
    "from math import *\ndef double(x):\n    return x * ceil(1.5)\n",
]


@pytest.mark.parametrize("code", INSIDE)
def test_what_the_forward_pass_calls_finds_its_surroundings(tmp_path: Path, code: str) -> None:
    text = f"{IMPORTS}{code}class Twice(nn.Module):\n    def forward(self, x):\n        return double(x)\n"
    assert build(tmp_path, text)(torch.ones(1)).item() == 2


def test_super_without_arguments_and_a_class_inside_a_function_work(tmp_path: Path) -> None:
    inner = "".join(f"    {line}\n" for line in NET.splitlines())
    assert (
        width(build(tmp_path, f"{IMPORTS}def make(n):\n{inner}    net = Net(n)\n    return net\nmodel = make(24)\n"))
        == 24
    )


def test_the_usual_imports_are_there_without_being_written(tmp_path: Path) -> None:
    assert width(build(tmp_path, NET + "net = Net(24)\n")) == 24


ENDINGS = ["exit()", "quit(1)", "import sys; sys.exit()", "raise SystemExit", "raise KeyboardInterrupt"]


@pytest.mark.parametrize("code", ENDINGS)
def test_code_that_ends_the_program_is_a_fault_of_the_model(tmp_path: Path, code: str) -> None:
    text = IMPORTS + NET.replace("super().__init__()", f"super().__init__(); {code}")
    outcome, sentence = refused(tmp_path, text)
    assert outcome == "bad_model"
    assert "tried to end the program" in sentence


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("net = Net(sizes)", "uses the name sizes, which net.py does not define"),
        (
            "x, y = next(iter(loader))\nnet = Net(x.shape[1])",
            "The network uses x, but the line that makes it (line 13: “x, y",
        ),
        ("n = len(open('f').read())\nnet = Net(n)", "(line 13: “n = len(open('f').read())”) was left out"),
        ("n = 1 / 0\nnet = Net(n)", "(line 13: “n = 1 / 0”) failed: ZeroDivisionError"),
        ("def main(cfg):\n    net = Net(cfg.h)\nmain()", "uses cfg, which the function main (line 13) is given from"),
        ("net = Net('a')", "raised an error while the network was built: TypeError"),
        ("net = Net(hiden=3)", "unexpected keyword argument 'hiden'"),
        ("def make(n=0):\n    if n:\n        return Net()\nnet = make()", "gave a NoneType instead"),
    ],
)
def test_a_network_that_cannot_be_built_is_refused_with_why(tmp_path: Path, code: str, says: str) -> None:
    outcome, sentence = refused(tmp_path, f"{IMPORTS}{NET}{code}\n")
    assert outcome == "bad_model"
    assert says in sentence


def test_memory_running_out_is_passed_on(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="can't allocate memory"):
        build(tmp_path, f"{IMPORTS}{NET}net = Net(10**13)\n")


def test_a_method_that_only_torch_calls_has_its_imports(tmp_path: Path) -> None:
    source = """
import copy, math
from torch import nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.classifier = nn.Linear(784, 10)
    def forward(self, images):
        return self.classifier(images.flatten(1))
    def train(self, mode=True):
        self.root = math.sqrt(4)
        return super().train(mode)
    def state_dict(self, *args, **kwargs):
        return copy.copy(super().state_dict(*args, **kwargs))
model = Net()
"""

    network = build(tmp_path, source)

    assert network.train().root == 2
    assert "classifier.weight" in network.state_dict()
