import torch
from collections import OrderedDict
from torch.nn import *
from my_plots import show

features = Sequential(OrderedDict([('conv', Conv2d(1, 4, 5)), ('act', ReLU()), ('pool', MaxPool2d(4))]))
model = Sequential()
model.add_module('features', features)
model.add_module('flat', Flatten())
model.add_module('fc', Linear(4 * 6 * 6, 10))
for layer in model.modules():
    if isinstance(layer, Linear):
        init.constant_(layer.bias, 0.5)
show(model)
opt = torch.optim.SGD(model.parameters(), 0.1)
