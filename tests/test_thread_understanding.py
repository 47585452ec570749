"""What is understood of posts in English and Chinese, with their typing errors; and that no post takes long to read."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.thread.layer_lists import read_layers
from app.core.thread.layers import written
from app.core.thread.understanding import Understood, understand
from tests.threads import (
    IMPOSSIBLE,
    IMPOSSIBLE_LAYERS,
    IN_OTHER_WORDS,
    NO_LAYERS,
    TWO_CONVOLUTIONS,
    TWO_CONVOLUTIONS_LAYERS,
    YANNET,
    YANNET_LAYERS,
    YANNET_OF_THE_DESIGN,
)


@pytest.mark.parametrize(
    ("post", "accuracy", "given", "layers"),
    [
        (NO_LAYERS, 0.9847, {"optimizer": "SGD", "learning_rate": 0.01, "momentum": 0.5, "batch_size": 64}, ""),
        (TWO_CONVOLUTIONS, 0.9427, {"optimizer": "Adam", "batch_size": 64}, TWO_CONVOLUTIONS_LAYERS),
        (IMPOSSIBLE, 0.9918, {"optimizer": "Adam", "batch_size": 64}, IMPOSSIBLE_LAYERS),
        (YANNET, 0.9833, {"optimizer": "SGD", "learning_rate": 0.02, "batch_size": 64}, YANNET_LAYERS),
    ],
)
def test_the_four_posts_of_the_old_thread_are_understood(
    post: str, accuracy: float, given: dict[str, object], layers: str
) -> None:
    found = understand(post)

    assert found.accuracy == pytest.approx(accuracy)
    assert found.settings == given
    assert written(found.layers) == layers


def shapes(layers: object) -> list[tuple[object, ...]]:
    """What makes a network, without what one post says and another leaves out."""
    weighty = [layer for layer in layers if layer.kind in ("conv", "linear", "relu", "max_pool")]  # type: ignore[attr-defined]
    return [
        (layer.kind, layer.inputs, layer.outputs, layer.kernel if layer.kind == "conv" else None) for layer in weighty
    ]


@pytest.mark.parametrize("name", IN_OTHER_WORDS)
def test_the_same_network_in_other_words_is_the_same(name: str) -> None:
    found, same = understand(IN_OTHER_WORDS[name]), understand(TWO_CONVOLUTIONS)

    assert shapes(found.layers) == shapes(same.layers)
    assert found.accuracy == pytest.approx(0.9427)
    assert found.settings == same.settings


def test_the_reference_network_in_the_words_of_the_design_is_understood() -> None:
    found = understand(YANNET_OF_THE_DESIGN)

    assert found.settings == {"optimizer": "SGD", "learning_rate": 0.02, "batch_size": 64, "epochs": 3}
    assert written(found.layers) == (
        "conv 1->32 5x5 padding 2, ReLU, conv 32->64 3x3, batch norm, ReLU, max pool 2x2, depthwise 3x3, "
        "conv 64->8 1x1 padding 0, ReLU, flatten, dropout rate 0.2, linear 968->10, log-softmax"
    )


@pytest.mark.parametrize(
    ("text", "accuracy"),
    [
        ("test_acc: 98.47%", 0.9847),
        ("98.47 ％", 0.9847),
        ("accuracy = 0.9847", 0.9847),
        ("最终测试集准确率达到了98.47%，训练集准确率99.9%", 0.9847),
        ("train acc 99.95%, test acc 98.47%", 0.9847),
        ("Accuracy: 9847/10000 (98%)", 0.9847),
        ("epoch 1: 97.29%, epoch 2: 98.08%, epoch 3: 98.47%", 0.9847),
        ("dropout 20%, acc 98.47", 0.9847),
        ("error rate 1.53%", 0.9847),
        ("测试错误率：1.53%", 0.9847),
        ("98.47% accuracy with dropout 50%", 0.9847),
        ("loss 0.05, lr 0.01", None),
        ("I am 20% faster now", None),
        ("2021-11-03 10:30", None),
        ("", None),
    ],
)
def test_the_accuracy_is_found_among_other_numbers(text: str, accuracy: float | None) -> None:
    assert understand(text).accuracy == (None if accuracy is None else pytest.approx(accuracy))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("learning_rate=1e-3", {"learning_rate": 0.001}),
        ("学习率为 0.01", {"learning_rate": 0.01}),
        ("lr: 10^-3", {"learning_rate": 0.001}),
        ("lr=5×10^-4", {"learning_rate": 0.0005}),
        ("| lr | .01 |", {"learning_rate": 0.01}),
        ("`lr=0.1`", {"learning_rate": 0.1}),
        ("lr_scheduler 7", {}),
        ("batch of 128", {"batch_size": 128}),
        ("批量大小设为32", {"batch_size": 32}),
        ("batchsize：256", {"batch_size": 256}),
        ("batch norm 64", {}),
        ("动量0.9", {"momentum": 0.9}),
        ("训练了 10 轮", {"epochs": 10}),
        ("epochs=5", {"epochs": 5}),
        ("3个epoch", {"epochs": 3}),
        ("Epoch 7/20", {"epochs": 20}),
        ("优化器：SDG", {"optimizer": "SGD"}),
        ("torch.optim.AdamW(", {"optimizer": "AdamW"}),
        ("I tried SGD first; optimizer: RMSprop", {"optimizer": "RMSprop"}),
        ("Madam Adamson", {}),
    ],
)
def test_settings_are_found_in_both_languages(text: str, expected: dict[str, object]) -> None:
    assert understand(text).settings == expected


@pytest.mark.parametrize(
    "text",
    [
        "I used dropout and relu, and max pooling helped",
        "linear regression is not enough, 20 people tried",
        "the convolution of 3 ideas",
        "",
    ],
)
def test_words_about_layers_without_sizes_are_no_list(text: str) -> None:
    assert understand(text).layers == ()


def test_code_whose_values_branch_is_no_chain() -> None:
    found = understand(
        "acc 99 %\n```python\nclass Net(nn.Module):\n  def __init__(self):\n    self.a = nn.Linear(784, 784)\n"
        "    self.b = nn.Linear(784, 10)\n  def forward(self, x):\n    x = x + self.a(x)\n    return self.b(x)\n```"
    )

    assert found.branches
    assert found.layers == ()


def test_what_was_understood_survives_the_database() -> None:
    found = understand(YANNET)

    assert Understood.from_json(found.as_json(), found.accuracy) == found


WORDS = """
conv Conv2d( 1->10 5*5 relu maxpooling linear depthwise pointwise fully connected batch norm size lr = 0.01 98.47% acc
((( ``` class A(nn.Module): 卷积 池化 准确率 dropout =0.2 activation 'relu' 10 * e 10^-3 epoch 轮 - _ --> ﷺ １２ ％
self.conv1 = nn.Conv2d( F.relu( 10*10*10 kernel_size= padding 3, [ ] { } 99/100 error
"""
PIECES = [*WORDS.split(), "\n", " ", ",", "```python\n", "    "]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=200))
def test_no_post_breaks_the_reader_and_its_layers_can_be_written_and_read_again(pieces: list[str]) -> None:
    found = understand(" ".join(pieces))

    known = not any(layer.kind == "other" for layer in found.layers)
    assert read_layers(written(found.layers)) == found.layers or not known
    assert found.accuracy is None or 0 <= found.accuracy <= 1


@pytest.mark.parametrize("piece", [*PIECES, "(" * 50, "a." * 30, "-" * 50, "1 " * 30, "conv1->1 ", "9/9/"])
@pytest.mark.timeout(60)  # a tenth of a second each; what grows with the square of the length takes many minutes
def test_no_piece_repeated_to_the_limit_of_a_post_keeps_the_reader_busy(piece: str) -> None:
    found = understand(piece * (65_536 // len(piece)))

    assert found.accuracy is None or 0 <= found.accuracy <= 1
