# 深度学习 作业2   姓名：小明
import torch, torchvision
from torch import nn, optim
import numpy as np, pandas as pd
import seaborn as sns
from sklearn.metrics import confusion_matrix
import matplotlib.pyplot as plt
plt.rcParams['font.sans-serif'] = ['SimHei']

EPOCHS, BATCH = 5, 128
lr = 0.05
hidden = [64, 32]
hidden.append(16)
name = input('your name? ')

train_set = torchvision.datasets.MNIST('./data', train=True, download=True, transform=torchvision.transforms.ToTensor())
test_set = torchvision.datasets.MNIST('./data', train=False, transform=torchvision.transforms.ToTensor())
train_loader = torch.utils.data.DataLoader(train_set, batch_size=BATCH, shuffle=True)
images, labels = next(iter(train_loader))
print(images.shape)
plt.imshow(images[0][0]); plt.show()
num_classes = len(train_set.classes)

class 网络(nn.Module):
    def __init__(self, sizes, classes):
        super().__init__()
        layers, last = [nn.Flatten()], 28*28
        for s in sizes:
            layers += [nn.Linear(last, s), nn.ReLU()]
            last = s
        self.layers = nn.Sequential(*layers, nn.Linear(last, classes))

    def forward(self, x):
        return self.layers(x)

    def fit(self, loader):
        for x, y in train_loader:
            opt.zero_grad(); criterion(self(x), y).backward(); opt.step()

net = 网络(hidden, num_classes)
criterion = nn.CrossEntropyLoss()
opt = optim.SGD(net.parameters(), lr=lr, momentum=0.9, nesterov=True)
def init_weights(m):
    if isinstance(m, nn.Linear):
        nn.init.zeros_(m.bias)
net.apply(init_weights)
for e in range(EPOCHS):
    net.fit(train_loader)
    with torch.no_grad():
        pred = net(torch.stack([x for x, _ in test_set])).argmax(1)
    print(e, (pred == test_set.targets).float().mean())
cm = confusion_matrix(test_set.targets, pred)
sns.heatmap(cm); plt.show()
pd.DataFrame(cm).to_csv('cm.csv')
exit(0)
