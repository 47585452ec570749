"""What a receipt is, for whoever writes one and whoever checks one: the checker needs nothing of the service."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

FORMAT = "mnist-benchmark receipt 1"


def digest(receipt: Mapping[str, Any]) -> str:
    """The sha256 of a receipt without its own `sha256`: as JSON with sorted keys, no spaces, in UTF-8."""
    body = {name: value for name, value in receipt.items() if name != "sha256"}
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
