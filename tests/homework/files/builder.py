import torch
import torch.nn as nn

def block(i, o, act=True):
    layers = [nn.Linear(i, o)]
    if act:
        layers.append(nn.ReLU())
    return layers

def build_model(hidden, depth=2):
    print('building', depth)
    layers = [nn.Flatten()]
    size = 784
    for _ in range(depth):
        layers += block(size, hidden)
        size = hidden
    model = nn.Sequential(*layers, *block(size, 10, act=False))
    return model

def train(model, epochs=7, lr=0.3, batch_size=50):
    opt = torch.optim.Adagrad(model.parameters(), lr=lr)
    for epoch in range(epochs):
        pass

train(build_model(20, depth=3), epochs=9)
