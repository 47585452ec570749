import json

import torch
from safetensors.torch import save

plain = save({"classifier.1.weight": torch.zeros(10, 784), "classifier.1.bias": torch.zeros(10)})
length = int.from_bytes(plain[:8], "little")
header = json.loads(plain[8 : 8 + length])
header["__metadata__"] = {"notes": "x" * 90_000_000}
changed = json.dumps(header).encode()
with open("weights.safetensors", "wb") as file:
    file.write(len(changed).to_bytes(8, "little") + changed + plain[8 + length :])
