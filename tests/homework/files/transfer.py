import torch, torch.nn as nn
from torchvision import models
from torchvision.models import resnet18

model = resnet18(pretrained=True)
for p in model.parameters():
    p.requires_grad = False
model.conv1 = nn.Conv2d(1, 64, 7, 2, 3, bias=False)
model.fc = nn.Sequential(nn.Dropout(0.1), nn.Linear(model.fc.in_features, 10))
model = model.cuda()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.RMSprop(model.parameters(), lr=0.0005, momentum=0.8)
