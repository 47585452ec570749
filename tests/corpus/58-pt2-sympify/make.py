import json

from tests.corpus_pt2 import code, export_honestly, save_changed

EXPRESSION = "__import__('builtins').exec(" + repr(code("@DECOYS@")) + ")"


def spoilt(value):
    if isinstance(value, dict):
        return {key: EXPRESSION if key == "expr_str" else spoilt(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [spoilt(inner) for inner in value]
    return value


def change(name, content):
    if name.endswith(".json") and b"expr_str" in content:
        return json.dumps(spoilt(json.loads(content))).encode()
    return content


save_changed(export_honestly(), change)
