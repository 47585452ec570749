import io
import json

import torch
from tests.corpus_pt2 import Evil, export_honestly, save_changed

weight_files = []


def change(name, content):
    if "weights_config" in name:
        config = json.loads(content)
        entry = next(iter(config["config"].values()))
        entry["use_pickle"] = True
        weight_files.append(entry["path_name"])
        return json.dumps(config).encode()
    return content


def change_weight(name, content):
    if weight_files and name.endswith("/" + weight_files[0]):
        buffer = io.BytesIO()
        torch.save(Evil("@DECOYS@"), buffer)
        return buffer.getvalue()
    return change(name, content)


entries = export_honestly()
for name, content in entries.items():
    change(name, content)
save_changed(entries, change_weight)
