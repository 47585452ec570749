#!/usr/bin/env python
# -*- coding: utf-8 -*-
'''第三次作业：MNIST'''
from __future__ import print_function
import argparse
import os, sys
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.utils.data import DataLoader
from torchvision import datasets, transforms
import matplotlib.pyplot as plt
from tqdm import tqdm

os.environ['CUDA_VISIBLE_DEVICES'] = '0'

def swish(x): return x * torch.sigmoid(x)

class ConvBlock(nn.Module):
    def __init__(self, cin, cout):
        super(ConvBlock, self).__init__()
        self.conv = nn.Conv2d(cin, cout, 3, padding=1)
        self.bn = nn.BatchNorm2d(cout)
    def forward(self, x):
        return F.max_pool2d(swish(self.bn(self.conv(x))), 2)

class DigitNet(nn.Module):
    def __init__(self, width, dropout):
        super(DigitNet, self).__init__()
        self.a = ConvBlock(1, width)
        self.b = ConvBlock(width, 2*width)
        self.drop = nn.Dropout(dropout)
        self.fc = nn.Linear(2*width*7*7, 10)
    def forward(self, x):
        x = self.b(self.a(x))
        return F.log_softmax(self.fc(self.drop(torch.flatten(x, 1))), dim=1)

def evaluate(model, device, loader):
    model.eval()
    correct = 0
    with torch.no_grad():
        for x, y in loader:
            correct += (model(x.to(device)).argmax(1) == y.to(device)).sum().item()
    return correct / len(loader.dataset)

def run(args, model, device, loader, optimizer):
    model.train()
    for x, y in tqdm(loader):
        optimizer.zero_grad()
        loss = F.nll_loss(model(x.to(device)), y.to(device))
        loss.backward()
        optimizer.step()

def main():
    parser = argparse.ArgumentParser()
    group = parser.add_argument_group('model')
    group.add_argument('--width', type=int, default=6)
    group.add_argument('--dropout', type=float, default=.25)
    parser.add_argument('--data', required=True)
    parser.add_argument('--batch-size', type=int, default=32)
    parser.add_argument('--epochs', '-e', type=int, default=4)
    parser.add_argument('--lr', type=float, default=1e-3)
    parser.add_argument('--no-cuda', action='store_true')
    args = parser.parse_args()
    torch.manual_seed(42)
    device = torch.device('cuda' if torch.cuda.is_available() and not args.no_cuda else 'cpu')
    tf = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))])
    train = DataLoader(datasets.MNIST(args.data, train=True, download=True, transform=tf), batch_size=args.batch_size, shuffle=True)
    test = DataLoader(datasets.MNIST(args.data, train=False, transform=tf), batch_size=1000)
    model = DigitNet(args.width, dropout=args.dropout).to(device)
    if torch.cuda.device_count() > 1:
        model = nn.DataParallel(model)
    optimizer = torch.optim.AdamW(model.parameters(), lr=args.lr, weight_decay=5e-4)
    accuracies = []
    for epoch in range(1, args.epochs + 1):
        run(args, model, device, train, optimizer)
        accuracies.append(evaluate(model, device, test))
        print('epoch', epoch, accuracies[-1])
    plt.plot(accuracies); plt.savefig('acc.png')
    torch.save(model.state_dict(), 'best.pt')

if __name__ == '__main__':
    main()
