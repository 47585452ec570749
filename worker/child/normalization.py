"""How the images of trained weights were prepared: whatever reads most training images right."""

from collections.abc import Iterable
from dataclasses import replace

import torch
from torch import Tensor, nn

from worker.child.data import NORMALIZATIONS, Digits
from worker.child.forward import evaluate_batches
from worker.child.interface import Interface

IMAGES = 2_000
_FIRST_IMAGES = 250
# Candidates that fall behind by this share of the first images are out: chance alone moves 250 images by 3 % at most.
_BEHIND = 0.1
# Another size of image has to be better by this share, and by more images than this, before it is believed: the plain
# one is what most mean.
_ADVANTAGE = 0.005
_LEAST_ADVANTAGE = 2


def choose_normalization(
    model: nn.Module, interfaces: list[Interface], digits: Digits, stated: str, images: int = IMAGES
) -> tuple[Interface, int]:
    """Return the interface, with its normalization, that suits the weights, and how many training images it gets right.

    `interfaces` differ in their layout, the plainest first; `stated` is the recipe's word, auto or a normalization.
    The test images take no part in this.
    """
    words = _words(model, stated)
    candidates = [replace(interface, normalize=word) for interface in interfaces for word in words]
    first_images = min(images, _FIRST_IMAGES)
    scores = _scores(model, candidates, digits, first_images)
    if images > first_images:
        worst = max(scores.values()) - _BEHIND * first_images
        candidates = [candidate for candidate in candidates if scores[candidate] >= worst]
        scores = _scores(model, candidates, digits, images)
    best = max(candidates, key=lambda candidate: _rating(candidate, scores, interfaces[0], images))
    return best, scores[best]


def _words(model: nn.Module, stated: str) -> Iterable[str]:
    if getattr(model, "wants_bytes", False):
        return ["bytes"]
    return NORMALIZATIONS if stated == "auto" else [stated]


def _scores(model: nn.Module, candidates: list[Interface], digits: Digits, images: int) -> dict[Interface, int]:
    return {candidate: _count_correct(model, candidate, digits, images) for candidate in candidates}


def _count_correct(model: nn.Module, interface: Interface, digits: Digits, images: int) -> int:
    outputs: list[Tensor] = list(evaluate_batches(model, digits.train_images[:images], interface))
    return int((torch.cat(outputs).argmax(dim=1) == digits.train_labels[:images]).sum())


def _rating(candidate: Interface, scores: dict[Interface, int], plainest: Interface, images: int) -> float:
    handicap = 0 if candidate.layout == plainest.layout else max(_LEAST_ADVANTAGE, _ADVANTAGE * images)
    return scores[candidate] - handicap
