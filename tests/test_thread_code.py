"""Posted code: what is understood becomes that network, and what is not is refused by its name."""

import pytest

from app.core.rebuilding.plan import plan
from app.core.rebuilding.shapes import Unfit
from app.core.recipes import parse_recipe
from app.core.thread.layer_lists import read_layers
from app.core.thread.layers import written
from app.core.thread.understanding import Understood, understand

END = "self.gap = nn.AdaptiveAvgPool2d(1); self.fc = nn.Linear(8, 10)"
LAST = "return self.fc(self.gap(x).flatten(1))"


def code(made: str, forward: str, more: str = "") -> str:
    """A post with a class; statements are parted by semicolons."""
    lines = ["class Net(nn.Module):", "    def __init__(self):", "        super().__init__()"]
    lines += [f"        {line.strip()}" for line in made.split(";")]
    lines += ["    def forward(self, x):", *(f"        {line.strip()}" for line in forward.split(";")), more]
    return "\n".join(["acc 98%", "```python", *lines, "```"])


@pytest.mark.parametrize(
    ("made", "forward", "words"),
    [
        (f"self.c = nn.Conv2d(1, 8, 3); {END}", f"x = self.c(x); x = self.block(x); {LAST}", "self.block"),
        (f"layers = [nn.Conv2d(1, 8, 3)]; self.c = nn.Sequential(*layers); {END}", f"x = self.c(x); {LAST}", "*layers"),
        ("setattr(self, 'c', nn.Linear(784, 784)); self.fc = nn.Linear(784, 10)",
         "x = self.c(x.view(-1, 784)); return self.fc(x)", "self.c"),
        (f"self.c = nn.Conv2d(1, 8, 3); {END}", f"x = F.interpolate(x, 14); x = self.c(x); {LAST}", "F.interpolate"),
        (f"self.c = nn.Conv2d(1, 8, 3); {END}", f"x = torch.square(self.c(x)); {LAST}", "torch.square"),
        (f"self.c = nn.Conv2d(1, 8, 3); {END}", f"x = self.c(x).clamp(0, 1); {LAST}", "clamp"),
        (f"self.c = nn.Conv2d(1, 8, 3); {END}", f"x = self.c(x) * 2; {LAST}", "* 2"),
        (f"self.c = nn.Conv2d(1, 8, 3); {END}", f"x = self.c(x)[:, :, 1:]; {LAST}", "[:, :, 1:]"),
        (f"self.c = nn.Conv2d(1, 8, 3); {END}", f"x = self.c(x).mT; {LAST}", "mT"),
        ("self.c = nn.Conv2d(1, 8, 3); self.gap = nn.AdaptiveAvgPool2d(4); self.fc = nn.Linear(128, 10)",
         f"x = self.c(x); {LAST}", "AdaptiveAvgPool2d(4)"),
        (f"self.c = nn.Conv2d(1, 8, 4, padding='same'); {END}", f"x = self.c(x); {LAST}", "padding='same'"),
        (f"self.c = nn.Conv2d(1, 8, 3, dilation=2); {END}", f"x = self.c(x); {LAST}", "dilation=2"),
        (f"self.c = nn.Conv2d(1, 8, 3, 1, 0, 2); {END}", f"x = self.c(x); {LAST}", "1, 0, 2)"),
        (f"self.c = nn.Conv2d(1, 8, (3, 5)); {END}", f"x = self.c(x); {LAST}", "(3, 5)"),
        (f"self.c = nn.Conv2d(1, 8, k); {END}", f"x = self.c(x); {LAST}", "Conv2d(1, 8, k)"),
        (f"self.c = nn.Conv2d(1, 8, 3, bias=False); {END}", f"x = self.c(x); {LAST}", "bias=False"),
        (f"self.c = nn.Conv2d(1, 8, 3); {END}", f"x = F.leaky_relu(self.c(x), 0.3); {LAST}", "0.3"),
        ("self.a = nn.Linear(784, 64); self.b = nn.Linear(64, 64); self.c = nn.Linear(64, 10)",
         "x = self.b(self.a(x.view(-1, 784))); return self.c(self.b(x))", "2 × self.b"),
        ("self.a = nn.Linear(784, 64); self.b = nn.Linear(784, 64); self.c = nn.Linear(64, 10)",
         "y = self.a(x.flatten(1)); z = self.b(x); return self.c(z)", "branch"),
        (f"self.c = nn.Conv2d(1, 8, 3); self.c.append(nn.ReLU()); {END}", f"x = self.c(x); {LAST}", "self.c"),
    ],
)  # fmt: skip
def test_code_that_is_not_understood_is_refused_by_its_name(made: str, forward: str, words: str) -> None:
    with pytest.raises(Unfit) as caught:
        plan(understand(code(made, forward)), 1)

    assert words in str(caught.value.sentence)


@pytest.mark.parametrize(
    ("made", "forward", "layers"),
    [
        (f"self.c = nn.Conv2d(1, 8, 3, padding='same'); {END}", f"x = F.relu_(self.c(x)); {LAST}",
         "conv 1->8 3x3 stride 1 padding 1, ReLU, global average pool, flatten, linear 8->10"),
        ("self.c = nn.Conv2d(1, 8, 3, dilation=1, bias=True); self.fc = nn.Linear(8, 10)",
         "x = self.c(x).mean(dim=(2, 3)); return self.fc(x)",
         "conv 1->8 3x3 stride 1 padding 0, global average pool, flatten, linear 8->10"),
        ("self.a = nn.Linear(784, 64); self.fc = nn.Linear(64, classes); self.act = F.relu",
         "n = x.shape[0]; x = x.view(n, -1).to(device); return self.fc(self.act(self.a(x)))",
         "flatten, linear 784->64, ReLU, linear inputs 64"),
        (f"self.c = nn.Conv2d(1, 8, 3); self.r = nn.ReLU(inplace=True); {END}",
         f"x = x.view(-1, 1, 28, 28); x = self.r(self.c(x)); x = self.r(x); {LAST}",
         "conv 1->8 3x3 stride 1 padding 0, ReLU, ReLU, global average pool, flatten, linear 8->10"),
    ],
)  # fmt: skip
def test_code_that_is_understood_becomes_its_layers(made: str, forward: str, layers: str) -> None:
    found = understand(code(made, forward))

    assert written(found.layers) == layers
    assert plan(found, 1).parameters > 0


def test_of_several_classes_the_last_one_is_the_network() -> None:
    part = "class Block(nn.Module):\n  def __init__(self):\n    self.a = nn.Linear(784, 10)\n  def forward(self, x):\n"
    text = code("self.b = Block()", "return self.b(x)").replace("class Net", part + "    return self.a(x)\nclass Net")

    with pytest.raises(Unfit, match="Block"):
        plan(understand(text), 1)


@pytest.mark.parametrize(
    ("given", "name", "value", "words"),
    [
        (
            {"learning_rate": 20.0},
            "learning_rate",
            10,
            "10, the nearest that is trained here, instead of 20",
        ),
        ({"learning_rate": 1e-7}, "learning_rate", 1e-6, "instead of 1e-7"),
        ({"batch_size": 60_000}, "batch_size", 4096, "batch size: 4096, the nearest that is trained here"),
        ({"epochs": 100}, "epochs", 20, "epochs: 20, the most that is trained here, instead of 100"),
    ],
)
def test_numbers_beyond_our_limits_are_brought_into_them_and_named(
    given: dict[str, float], name: str, value: float, words: str
) -> None:
    found = plan(Understood(layers=read_layers("linear 784->10"), **given), 1)  # type: ignore[arg-type]

    assert getattr(parse_recipe(found.recipe), name) == value
    assert words in "; ".join(str(sentence) for sentence in found.taken)


def test_code_that_calls_whatever_it_likes_is_read() -> None:
    text = code("append(1); list().append(2); self.a = nn.Linear(784, 10)", "return self.a(x.flatten(1))")

    assert written(understand(text).layers) == "flatten, linear 784->10"
