"""Labels of MNIST that people doubt, as facts in the code."""

import json

import numpy as np
import pytest

from app.core.disputed_labels import disputes, undisputed
from app.core.settings import CHECKOUT, Settings
from worker.dataset import find_mnist, read_mnist

PUBLISHED = CHECKOUT.parent / "shared" / "mnist" / "disputed.json"


@pytest.mark.skipif(not PUBLISHED.exists(), reason="the published list is not beside this checkout")
def test_the_facts_are_those_that_were_published() -> None:
    published = json.loads(PUBLISHED.read_text())
    ours = [
        {
            "index": each.index,
            "given": each.given,
            "guessed": each.guessed,
            "votes": {"given": each.for_given, "guessed": each.for_guessed, "neither": each.for_neither},
        }
        for each in disputes("mnist", 10_000).values()
    ]
    assert ours == published


@pytest.mark.mnist
def test_the_labels_are_those_of_mnist() -> None:
    folder = find_mnist(Settings())
    assert folder is not None
    labels = read_mnist(folder)["test-labels"]
    assert [each for each in disputes("mnist", 10_000).values() if labels[each.index] != each.given] == []


@pytest.mark.parametrize(("dataset", "total"), [("practice", 10_000), ("mnist", 1000)])
def test_other_test_sets_have_none(dataset: str, total: int) -> None:
    assert disputes(dataset, total) == {}
    assert undisputed(dataset, np.ones(total, dtype=bool)) is None


def test_the_score_without_them_counts_only_the_others() -> None:
    hits = np.random.default_rng(1).random(10_000) < 0.98
    hits[[947, 1621]] = False
    found = undisputed("mnist", hits)
    assert found is not None
    kept = np.delete(hits, list(disputes("mnist", 10_000)))
    assert (found.correct, found.total, found.left_out) == (kept.sum(), 9985, 15)
    assert found.accuracy == pytest.approx(kept.mean())
