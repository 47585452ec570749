"""How many numbers a network has is counted in what it sends, not believed."""

import json
import struct
import time
from collections.abc import Sequence

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors import deserialize
from safetensors.numpy import save
from torch import nn

from models_zoo import cnn_10k, tiny_vit, yannet
from worker.child.weights import dump_weights
from worker.weights_header import TENSORS_LIMIT, BadWeights, Counted, count_numbers


def file_of(header: object, content: bytes = b"") -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + content


def entry(shape: Sequence[object], begin: object, end: object, kind: object = "F32") -> dict[str, object]:
    return {"dtype": kind, "shape": shape, "data_offsets": [begin, end]}


@pytest.mark.parametrize("module", [cnn_10k, tiny_vit, yannet], ids=lambda module: module.__name__)
def test_the_weights_of_a_model_of_the_zoo_hold_as_many_numbers_as_its_card_says(module: object) -> None:
    network = module.Net()  # type: ignore[attr-defined]
    for parameter in network.parameters():
        nn.init.normal_(parameter)  # fresh ones have many that are the same

    assert count_numbers(dump_weights(network)).parameters == module.CARD["parameters"]  # type: ignore[attr-defined]


def test_weights_that_two_layers_share_are_counted_once() -> None:
    first, second = nn.Linear(20, 20, bias=False), nn.Linear(20, 20, bias=False)
    second.weight = first.weight

    assert count_numbers(dump_weights(nn.Sequential(first, second))).parameters == 400


def test_a_table_in_a_buffer_is_counted_and_what_batch_norm_saw_is_not() -> None:
    network = nn.Sequential(nn.BatchNorm1d(7))
    network.register_buffer("table", torch.arange(30.0))

    assert count_numbers(dump_weights(network)).parameters == 7 + 7 + 30


def test_a_matrix_cannot_pass_for_what_batch_norm_saw() -> None:
    assert count_numbers(save({"layer.running_mean": np.zeros((30, 10), np.float32)})).parameters == 300


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
        file_of({"a": entry([2], 0, 8)}, bytes(9)),
        file_of({"a": entry([1], 4, 8)}, bytes(8)),
        file_of({"a": entry([1], 0, 4), "b": entry([1], 8, 12)}, bytes(12)),
        file_of({"a": entry([2], 0, 8), "b": entry([1], 4, 8)}, bytes(8)),
        file_of({"a": entry([2], 0, 8), "b": entry([1, 2], 0, 8)}, bytes(8)),
        file_of({"a": entry([2], 0, 8, "F99")}, bytes(8)),
        file_of({"a": entry([2], 0, 8, "I32"), "b": entry([2], 0, 8, "I32")}, bytes(8)),
        file_of({str(place): entry([0], 0, 0) for place in range(TENSORS_LIMIT + 1)}),
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
        count_numbers(sent)


def test_tensors_of_different_shapes_over_the_same_bytes_are_refused_before_they_are_read() -> None:
    size = 60 << 20
    shapes = [[2**power, size // 2 // 2**power] for power in range(20)]
    shapes += [[3 * rows, columns // 3] for rows, columns in shapes if columns % 3 == 0]
    header = {f"{place}": entry(shape, 0, size, "F16") for place, shape in enumerate([*shapes, *shapes])}
    sent = file_of(header, bytes(size))
    began = time.process_time()

    with pytest.raises(BadWeights):
        count_numbers(sent)

    assert time.process_time() - began < 0.5


def test_all_numbers_of_a_file_are_counted_whatever_they_are() -> None:
    same = np.ones(5, np.float32)
    sent = save({"a": same, "b": same.copy(), "c": np.zeros(3, np.int64), "running_mean": np.zeros(2, np.float32)})

    assert count_numbers(sent) == Counted(5, 15)


def test_the_order_of_the_header_and_empty_tensors_do_not_matter() -> None:
    header = {"b": entry([1], 4, 8), "empty": entry([0, 3], 4, 4), "a": entry([1], 0, 4), "__metadata__": {"x": "y"}}
    assert count_numbers(file_of(header, struct.pack("<ff", 1, 2))).parameters == 2


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
        counted = count_numbers(sent)
    except BadWeights:
        return
    assert 0 <= counted.parameters <= counted.total <= len(content)
    deserialize(sent)  # type: ignore[no-untyped-call]  # the library takes what we take
