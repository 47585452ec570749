with open("net.py", "w") as file:
    file.write("import torch\nfrom torch import nn\nclass Net(nn.Module):\n    x = " + "-" * 190_000 + "1\n")
