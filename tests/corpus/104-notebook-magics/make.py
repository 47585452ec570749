import json

lines = [
    "!touch @DECOYS@/corpus-escape-104\n",
    "%system touch @DECOYS@/corpus-escape-104\n",
    "!!touch @DECOYS@/corpus-escape-104\n",
    "from torch import nn\n",
    "class Net(nn.Module):\n",
    "    def __init__(self):\n",
    "        super().__init__()\n",
    "        print('TRIED magics', flush=True)\n",
    "        print('HELD magics: dropped', flush=True)\n",
    "        self.layer = nn.Linear(784, 10)\n",
    "    def forward(self, x):\n",
    "        return self.layer(x.flatten(1))\n",
]
bash = ["%%bash\n", "touch @DECOYS@/corpus-escape-104\n"]
cells = [{"cell_type": "code", "source": source, "metadata": {}, "outputs": []} for source in (lines, bash)]
with open("net.ipynb", "w") as file:
    json.dump({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}, file)
