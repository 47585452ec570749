with open("net.py", "w") as file:
    file.write("from torch import nn\nSIZE = " + "+".join(["1"] * 90_000) + "\n")
    file.write("class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n")
    file.write("        self.layer = nn.Linear(784, SIZE // 9_000)\n")
    file.write("    def forward(self, x):\n        return self.layer(x.flatten(1))\n")
