"""What is measured of a network beyond its score, and why it is not. Nothing of it decides over a result."""

from typing import Any

from app.core.sentences import N_, Sentence
from worker.changed_images import ChangedImages, robust_accuracy

# From the child's word that all results are sent. The zoo's networks take 1 to 15 seconds on two idle cores, so that a
# busy machine, or a larger network, has its time too.
TIME_LIMIT_S = 120.0
PARTS = ("flops", "robustness", "latency")
# The child sends a word, and the sentence is ours: whoever looks at a result reads it.
SENTENCES = {
    "uncounted": N_("PyTorch cannot count all operations of this network."),
    "onnx": N_("The operations of an ONNX model are not counted."),
    "batch": N_("The network takes only batches of a fixed size, not a single image."),
    "single": N_("The network does not take a single image."),
    "raised": N_("The network raised an error while this was measured."),
    "memory": N_("There was not enough memory to measure this."),
    "time": N_("This was not measured within %(limit)g seconds."),
    "ended": N_("The run's process ended before this was measured."),
    "rubbish": N_("What the run sent of this is not in the agreed form."),
    "unprepared": N_("There are no changed test images on the machine that ran this."),
}


def fields_of(
    told: dict[str, dict[str, Any]], answers: bytes | None, changed: ChangedImages | None, cut_short: str | None
) -> dict[str, Any]:
    """The fields of a result (`app.core.tables.Result`) that the analysis fills.

    `told`: what the child said of each part (`hostile.read_part`). `answers`: the classes read for the `changed`
    images. `cut_short`: why there is no more, in a word of SENTENCES.
    """
    flops, latency = told.get("flops", {}), told.get("latency", {})
    robustness = changed.count(answers) if changed is not None and answers is not None else None
    problems = {part: told[part]["problem"] if part in told else cut_short or "ended" for part in PARTS}
    if robustness is not None:
        problems["robustness"] = None
    elif changed is None:
        problems["robustness"] = "unprepared"
    elif problems["robustness"] is None:
        problems["robustness"] = "rubbish"  # said to be sent, and never seen
    return {
        "flops": flops.get("flops"),
        "has_convolution": flops.get("has_convolution"),
        "latency_one_ms": latency.get("one_ms"),
        "latency_thousand_ms": latency.get("thousand_ms"),
        "robustness": robustness,
        "robust_accuracy": robust_accuracy(robustness) if robustness else None,
        "unmeasured": {part: _sentence(word).as_json() for part, word in problems.items() if word} or None,
    }


def _sentence(word: str) -> Sentence:
    return Sentence(SENTENCES[word], {"limit": TIME_LIMIT_S} if word == "time" else {})
