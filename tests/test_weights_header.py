"""How many numbers a network has is counted in what it sends, not believed."""

import json
import struct

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save
from torch import nn

from models_zoo import cnn_10k, tiny_vit, yannet
from worker.child.weights import dump_weights
from worker.weights_header import BadWeights, count_parameters


def file_of(header: object, content: bytes = b"") -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + content


def entry(shape: list[object], begin: object, end: object, kind: object = "F32") -> dict[str, object]:
    return {"dtype": kind, "shape": shape, "data_offsets": [begin, end]}


@pytest.mark.parametrize("module", [cnn_10k, tiny_vit, yannet], ids=lambda module: module.__name__)
def test_the_weights_of_a_model_of_the_zoo_hold_as_many_numbers_as_its_card_says(module: object) -> None:
    network = module.Net()  # type: ignore[attr-defined]
    for parameter in network.parameters():
        nn.init.normal_(parameter)  # fresh ones have many that are the same

    assert count_parameters(dump_weights(network)) == module.CARD["parameters"]  # type: ignore[attr-defined]


def test_weights_that_two_layers_share_are_counted_once() -> None:
    first, second = nn.Linear(20, 20, bias=False), nn.Linear(20, 20, bias=False)
    second.weight = first.weight

    assert count_parameters(dump_weights(nn.Sequential(first, second))) == 400


def test_a_table_in_a_buffer_is_counted_and_what_batch_norm_saw_is_not() -> None:
    network = nn.Sequential(nn.BatchNorm1d(7))
    network.register_buffer("table", torch.arange(30.0))

    assert count_parameters(dump_weights(network)) == 7 + 7 + 30


def test_a_matrix_cannot_pass_for_what_batch_norm_saw() -> None:
    assert count_parameters(save({"layer.running_mean": np.zeros((30, 10), np.float32)})) == 300


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"no weights at all",
        struct.pack("<Q", 1 << 60) + b"{}",
        struct.pack("<Q", 3) + b"{}",
        file_of([]),
        file_of({"a": 5}),
        file_of({"a": {}}),
        file_of({"a": entry([2], 0, 8)}),
        file_of({"a": entry([2], 0, 4)}, bytes(8)),
        file_of({"a": entry([-2], 0, 8)}, bytes(8)),
        file_of({"a": entry([True, 2], 0, 8)}, bytes(8)),
        file_of({"a": entry([2.0], 0, 8)}, bytes(8)),
        file_of({"a": entry([2], 8, 0)}, bytes(8)),
        file_of({"a": entry([2], -8, 0)}, bytes(8)),
        file_of({"a": entry([1] * 1000 + [2], 0, 8)}, bytes(8)),
        file_of({"a": entry([2**40, 2**40, 0], 0, 8)}, bytes(8)),
        file_of({"a": entry([[2]], 0, 8)}, bytes(8)),
        struct.pack("<Q", 200_000) + b"[" * 200_000,
    ],
)
def test_what_is_no_safetensors_file_is_refused(sent: bytes) -> None:
    with pytest.raises(BadWeights):
        count_parameters(sent)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["F32", "I64", "x"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
)


@given(
    st.dictionaries(
        st.text(max_size=5),
        st.fixed_dictionaries(
            {
                "dtype": st.sampled_from(["F32", "F64", "I64"]) | VALUES,
                "shape": st.lists(st.integers(-1, 4), max_size=3) | VALUES,
                "data_offsets": st.lists(st.integers(-1, 40), min_size=2, max_size=2) | VALUES,
            }
        ),
        max_size=3,
    ),
    st.binary(max_size=40),
)
def test_any_header_is_counted_within_the_bytes_that_are_there_or_refused(header: object, content: bytes) -> None:
    sent = file_of(header, content)
    try:
        counted = count_parameters(sent)
    except BadWeights:
        return
    assert 0 <= counted <= 3 * len(content) / 4
