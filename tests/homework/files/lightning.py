import os
import torch
from torch import nn
import torch.nn.functional as F
import pytorch_lightning as pl
from pytorch_lightning.callbacks import ModelCheckpoint
from torchmetrics import Accuracy
from torchvision.datasets import MNIST
from torch.utils.data import DataLoader

class LitDigits(pl.LightningModule):
    def __init__(self, hidden_dim=24, lr=3e-3):
        super().__init__()
        self.save_hyperparameters()
        self.l1 = nn.Linear(28 * 28, self.hparams.hidden_dim)
        self.l2 = nn.Linear(self.hparams.hidden_dim, 10)
        self.accuracy = Accuracy(task='multiclass', num_classes=10)

    def forward(self, x):
        return self.l2(torch.relu(self.l1(x.view(x.size(0), -1))))

    def training_step(self, batch, _):
        x, y = batch
        loss = F.cross_entropy(self(x), y)
        self.log('loss', loss)
        return loss

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=self.hparams.lr)

    def train_dataloader(self):
        return DataLoader(MNIST(os.getcwd()), batch_size=64, shuffle=True)

pl.seed_everything(1234)
model = LitDigits(hidden_dim=20)
trainer = pl.Trainer(max_epochs=3, callbacks=[ModelCheckpoint()])
trainer.fit(model)
