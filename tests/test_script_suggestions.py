"""A script's own hyperparameters, offered where they stand plainly and fit the recipe."""

from pathlib import Path
from typing import Any

import pytest

from app.core.recipes import Recipe, parse_recipe
from tests.homework import FILES, IMPORTS, NET, read
from worker.child.script import read_script


def suggested(folder: Path, code: str) -> dict[str, Any]:
    return read(folder, f"{IMPORTS}{NET}{code}\n").suggestions


BATCH = [
    "DataLoader(d, batch_size=48)",
    "torch.utils.data.DataLoader(d, 48, True)",
    "test = DataLoader(d, batch_size=1000)\ntrain = DataLoader(d, batch_size=48)",
    "a = DataLoader(d, batch_size=1000)\nb = DataLoader(d, batch_size=48, shuffle=True)",
    "bs = 48\nDataLoader(d, batch_size=bs)",
    "class C:\n    bs = 48\nDataLoader(d, batch_size=C.bs)",
    "cfg = {'bs': 16 * 3}\nDataLoader(d, batch_size=cfg['bs'])",
    "def load(n=48):\n    return DataLoader(d, n)",
    "def load(n):\n    return DataLoader(d, n)\nload(48)",
    "p.add_argument('-b', '--batch-size', type=int, default='48')\nDataLoader(d, args.batch_size)",
    "p.add_argument('--bs', dest='size', default=48)\nDataLoader(d, batch_size=args.size)",
    "batch_size = 48\nfor i in range(0, n, batch_size): pass",
    "kw = dict(batch_size=48)\nBATCH_SIZE = 48\nDataLoader(d, **kw)",
]


@pytest.mark.parametrize("code", BATCH)
def test_the_batch_size_is_found(tmp_path: Path, code: str) -> None:
    assert suggested(tmp_path, code)["batch_size"] == 48


EPOCHS = [
    "for epoch in range(7):\n    pass",
    "for epoch in range(1, 8):\n    pass",
    "N = 7\nfor e in tqdm(range(N), desc='epoch'):\n    pass",
    "epochs = 7\nfor i in range(epochs):\n    pass",
    "num_epochs = int('7')",
    "def train(net, epochs=3):\n    for _ in range(epochs):\n        pass\ntrain(1, epochs=7)",
    "trainer = Trainer(max_epochs=7)",
    "class Net2(Net):\n    def fit(self, n_epochs=7):\n        for epoch in range(n_epochs):\n            pass",
]


@pytest.mark.parametrize("code", EPOCHS)
def test_the_epochs_are_found(tmp_path: Path, code: str) -> None:
    assert suggested(tmp_path, code)["epochs"] == 7


OPTIMIZERS = [
    ("torch.optim.SGD(net.parameters(), lr=0.1)", {"optimizer": "SGD", "learning_rate": 0.1, "weight_decay": 0.0}),
    (
        "from torch import optim\noptim.SGD(net.parameters(), 0.1, 0.9, nesterov=True)",
        {"optimizer": "SGD", "learning_rate": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.0},
    ),
    (
        "from torch.optim import Adam\nAdam(net.parameters())",
        {"optimizer": "Adam", "learning_rate": 0.001, "weight_decay": 0.0},
    ),
    (
        "lr, wd = 3e-4, 1e-2\ntorch.optim.AdamW(net.parameters(), lr=lr * 2, weight_decay=wd)",
        {"optimizer": "AdamW", "learning_rate": 6e-4, "weight_decay": 0.01},
    ),
    ("torch.optim.Adam(net.parameters(), lr=find_lr())", {"optimizer": "Adam", "weight_decay": 0.0}),
    (
        "torch.optim.Adam(net.parameters(), lr=1, momentum=0.9)",
        {"optimizer": "Adam", "learning_rate": 1, "weight_decay": 0.0},
    ),
    (
        "torch.optim.SGD(net.parameters(), lr=1, nesterov=True)",
        {"optimizer": "SGD", "learning_rate": 1, "weight_decay": 0.0},
    ),
    ("torch.optim.SGD(net.parameters(), lr=50)", {"optimizer": "SGD", "weight_decay": 0.0}),
    ("torch.optim.LBFGS(net.parameters(), lr=1)", {}),
    ("torch.optim.SGD(net.parameters(), lr=1)\ntorch.optim.Adam(net.parameters(), lr=2)", {}),
]


@pytest.mark.parametrize(("code", "expected"), OPTIMIZERS)
def test_the_optimizer_is_found_with_its_settings(tmp_path: Path, code: str, expected: dict[str, Any]) -> None:
    assert suggested(tmp_path, code) == expected


def test_of_two_optimizers_that_of_the_chosen_network_is_found(tmp_path: Path) -> None:
    code = (
        "a, b = Net(), nn.Linear(1, 1)\nopt = torch.optim.SGD(b.parameters(), lr=1)\ntorch.optim.Adam(a.parameters())"
    )
    script = read(tmp_path, f"{IMPORTS}{NET}{code}\n", class_name="Net")
    assert script.suggestions["optimizer"] == "Adam"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("transforms.Normalize((0.1307,), (0.3081,))", "mnist"),
        ("transforms.Normalize([0.1307], [0.3081])", "mnist"),
        ("transforms.Normalize(mean=0.13066, std=0.3081)", "mnist"),
        ("transforms.Normalize((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))", "half"),
        ("MEAN, STD = 0.5, 0.5\ntransforms.Normalize((MEAN,), (STD,))", "half"),
        ("transforms.ToTensor()", "none"),
        ("transforms.Normalize((0.3,), (0.2,))", None),
        ("transforms.Normalize((0.5,), (0.5,))\ntransforms.Normalize((0.1307,), (0.3081,))", None),
        ("x = 1", None),
    ],
)
def test_the_normalization_is_found(tmp_path: Path, code: str, expected: str | None) -> None:
    assert suggested(tmp_path, code).get("normalize") == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("nn.CrossEntropyLoss()", "cross_entropy"),
        ("F.cross_entropy(a, b)", "cross_entropy"),
        ("torch.nn.NLLLoss()", "nll"),
        ("F.nll_loss(a, b)", "nll"),
        ("nn.NLLLoss()\nnn.CrossEntropyLoss()", None),
        ("nn.MSELoss()", None),
    ],
)
def test_the_loss_is_found_where_it_is_plain(tmp_path: Path, code: str, expected: str | None) -> None:
    assert suggested(tmp_path, code).get("loss") == expected


def test_the_seed_is_found(tmp_path: Path) -> None:
    assert suggested(tmp_path, "SEED = 17\ntorch.manual_seed(SEED)")["seed"] == 17


BEYOND = [
    "DataLoader(d, batch_size=0)",
    "DataLoader(d, batch_size=10**6)",
    "DataLoader(d, batch_size=True)",
    "DataLoader(d, batch_size='64')",
    "for epoch in range(100):\n    pass",
    "for epoch in range(n):\n    pass",
    "torch.manual_seed(-1)",
    "torch.manual_seed(1.5)",
    "a = b\nb = a\nDataLoader(d, batch_size=a)",
    "def f(n):\n    DataLoader(d, n)\n    f(n)",
    "x = 10 ** 10 ** 10\ntorch.manual_seed(x)",
    "a.b.c = 3\nDataLoader(d, batch_size=a.b.c)\nDataLoader(*a, **b)",
]


@pytest.mark.parametrize("code", BEYOND)
def test_what_the_recipe_cannot_take_is_not_suggested(tmp_path: Path, code: str) -> None:
    assert suggested(tmp_path, code) == {}


def test_the_tables_agree_with_the_recipe() -> None:
    from worker.child.script import suggestions

    for name, (low, high) in (suggestions._WHOLE | suggestions._NUMBERS).items():
        assert getattr(parse_recipe({name: low, "optimizer": "SGD"}), name) == low
        assert getattr(parse_recipe({name: high, "optimizer": "SGD"}), name) == high
    assert set(suggestions._OPTIMIZERS) == set(Recipe.model_fields["optimizer"].annotation.__args__)


@pytest.mark.parametrize("name", sorted(path.name for path in FILES.iterdir()))
def test_every_suggestion_makes_a_recipe(name: str) -> None:
    parse_recipe(read_script(FILES / name, name).suggestions)
