"""What was found out about a network by trying, in words."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from app.core.sentences import N_, Sentence

FORMATS = {
    "zoo": N_("model of the zoo"),
    "python": N_("Python file"),
    "notebook": N_("Jupyter notebook"),
    "torchscript": N_("TorchScript"),
    "exported_program": N_("exported program (.pt2)"),
    "onnx": N_("ONNX"),
}
OUTPUTS = {
    "logits": N_("scores (logits)"),
    "log_probabilities": N_("log-probabilities"),
    "probabilities": N_("probabilities"),
}
PIXELS = {
    "none": N_("0 to 1"),
    "mnist": N_("mean 0.1307, deviation 0.3081"),
    "half": N_("−1 to 1"),
    "bytes": N_("0 to 255"),
}
CHOSEN = N_("found by trying on training images")
STATED = N_("as stated in the recipe")
PADDED = N_("%(shape)s, padded with zeros")
ONE_BY_ONE = N_("%(shape)s, one image at a time as fixed in the file")
MISSING = N_("%(names)s: not installed here, and left out")
TEXT_MAXIMUM = 120
NAMES_MAXIMUM = 50


class Row(NamedTuple):
    """A label, what was found, and a remark: marked texts and sentences."""

    label: str
    value: Sentence | str
    remark: str = ""
    is_warning: bool = False


def detected_rows(detected: Mapping[str, Any], stated: str = "") -> list[Row]:
    """All that is known, in words. `stated` is what the recipe says of the pixels, if anything was to be stated."""
    rows: list[Row] = []
    if name := FORMATS.get(_text(detected, "format")):
        rows.append(Row(N_("Format"), name))
    if _text(detected, "input"):
        rows.append(Row(N_("Input"), _input(detected)))
    if name := OUTPUTS.get(_text(detected, "output")):
        rows.append(Row(N_("Output"), name))
    if name := PIXELS.get(_text(detected, "normalize")):
        rows.append(Row(N_("Pixels"), name, _origin(stated)))
    if missing := _names(detected):
        sentence = Sentence(MISSING, {"names": ", ".join(missing)})
        rows.append(Row(N_("Missing packages"), sentence, is_warning=True))
    return rows


def _input(detected: Mapping[str, Any]) -> Sentence | str:
    shape = _text(detected, "input")
    if detected.get("batch_size") == 1:
        return Sentence(ONE_BY_ONE, {"shape": shape})
    return Sentence(PADDED, {"shape": shape}) if detected.get("padding") else shape


def _origin(stated: str) -> str:
    if not stated:
        return ""
    return CHOSEN if stated == "auto" else STATED


def _text(detected: Mapping[str, Any], name: str) -> str:
    found = detected.get(name)
    return found[:TEXT_MAXIMUM] if isinstance(found, str) else ""


def _names(detected: Mapping[str, Any]) -> list[str]:
    found = detected.get("missing")
    names = [name[:TEXT_MAXIMUM] for name in found if isinstance(name, str)] if isinstance(found, list) else []
    return names[:NAMES_MAXIMUM]
