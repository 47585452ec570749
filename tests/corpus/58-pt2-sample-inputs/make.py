import io

import torch
from tests.corpus_pt2 import Evil, export_honestly, save_changed


def change(name, content):
    if "sample_inputs" in name:
        buffer = io.BytesIO()
        torch.save(((Evil("@DECOYS@"),), {}), buffer)
        return buffer.getvalue()
    return content


save_changed(export_honestly(), change)
