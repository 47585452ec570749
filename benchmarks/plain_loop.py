"""The yardstick: the homework's plain training loop, as a PyTorch tutorial would write it.

A DataLoader over torchvision's MNIST with ToTensor, batches of 64, SGD with learning rate 0.02, float32, three epochs,
and a test after each. Prints one JSON line per epoch: {"epoch": 1, "accuracy": 0.9729}.

    python -m benchmarks.plain_loop ../shared/mnist --seed 0
"""

import argparse
import json
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader
from torchvision.datasets import MNIST
from torchvision.transforms import ToTensor

from models_zoo.yannet import Net

EPOCHS = 3


def train_epoch(model: nn.Module, loader: DataLoader, optimizer: torch.optim.Optimizer) -> None:
    """Train on every image once."""
    model.train()
    for images, labels in loader:
        optimizer.zero_grad()
        loss = functional.nll_loss(model(images), labels)
        loss.backward()
        optimizer.step()


def test_accuracy(model: nn.Module, loader: DataLoader) -> float:
    """The share of the test images that the model reads right, 0..1."""
    model.eval()
    correct = 0
    with torch.no_grad():
        for images, labels in loader:
            correct += int((model(images).argmax(dim=1) == labels).sum())
    return correct / len(loader.dataset)


def run(root: Path, seed: int) -> None:
    """Train YanNet by the homework's recipe and print the accuracy after each epoch."""
    torch.manual_seed(seed)
    train_loader = DataLoader(MNIST(root, train=True, transform=ToTensor()), batch_size=64, shuffle=True)
    test_loader = DataLoader(MNIST(root, train=False, transform=ToTensor()), batch_size=1000)
    model = Net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02)
    for epoch in range(1, EPOCHS + 1):
        train_epoch(model, train_loader, optimizer)
        print(json.dumps({"epoch": epoch, "accuracy": test_accuracy(model, test_loader)}), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="The homework's plain training loop.")
    # Given, not searched for: the search imports modules of ours whose time is not the plain loop's.
    parser.add_argument("root", type=Path, help="the folder that holds MNIST/raw")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    run(arguments.root, arguments.seed)
