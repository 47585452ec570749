"""Posts as the class wrote them: the four of the old thread (facts of issue 4), and the same in other words."""

from typing import Any

from app.core.thread.posts import Post, make_post

NO_LAYERS = """\
优化器: SGD(lr=0.01, momentum=0.5)
batch_size = 64
test_acc: 98.47%"""

TWO_CONVOLUTIONS = """\
1.Conv1 1->10 5*5
2.Relu
3.Maxpooling
4.Conv2 10->20 3*3
5.Linear1  2000->500
6.Relu
7.Linear2  500->10

优化器: Adam
batch_size = 64
test_acc: 94.27%"""

IMPOSSIBLE = """\
1.Conv2D(1-->6)
2.relu
3.maxpooling
4.Conv2D(6-->16)
5.relu
6.maxpooling
7.liner(320-->84)
8.liner(84-->10)

优化器: Adam
batch_size = 64
test_acc: 99.18%"""

YANNET = """\
模型结构:
1. Conv2d(1–>32,kernel_size=(5, 5), padding=(2, 2),activation=‘relu’)
2. Conv2d(32—>64, kernel_size=(3, 3))
3. bn(64)
4. Relu
5. maxpooling
6. DeepWise_PointWise_Conv(64–>8,activation=‘relu’)
7. linear(8*11*11–>10,dropout=0.2,activation='softmax')

优化器:SDG(lr=0.02)
batch_size = 64
test_acc: 98.33%"""

YANNET_OF_THE_DESIGN = (
    "conv 1→32 5×5 pad 2, ReLU; conv 32→64 3×3, batch norm, ReLU, max-pool 2; depthwise 3×3 + pointwise 64→8, ReLU; "
    "flatten, dropout 0.2, linear 968→10, log-softmax. SGD, learning rate 0.02, batch size 64, 3 epochs: 98.33 %"
)

TWO_CONVOLUTIONS_LAYERS = "conv 1->10 5x5, ReLU, max pool, conv 10->20 3x3, linear 2000->500, ReLU, linear 500->10"
IMPOSSIBLE_LAYERS = "conv 1->6, ReLU, max pool, conv 6->16, ReLU, max pool, linear 320->84, linear 84->10"
YANNET_LAYERS = (
    "conv 1->32 5x5 padding 2, ReLU, conv 32->64 3x3, batch norm 64, ReLU, max pool, depthwise, "
    "conv 64->8 1x1 padding 0, ReLU, dropout rate 0.2, linear 968->10, softmax"
)

# The same network in other words.
IN_OTHER_WORDS = {
    "English sentences": (
        "My network: convolution layer 1 -> 10 with kernel size 5, then ReLU, then max pooling, convolution 10 -> 20, "
        "kernel 3, then fully connected 2000 -> 500, ReLU, fully connected 500 -> 10. Optimizer was Adam with a batch "
        "size of 64. I got an accuracy of 94.27% on the test set."
    ),
    "Chinese, full-width": (
        "网络结构：卷积层（1→10，５×５），激活函数ReLU，最大池化，卷积层（10→20，3×3），全连接层（2000→500），ReLU，"
        "全连接层（500→10）。优化器：Adam，批大小：64，测试集准确率：94.27％"
    ),
    "a printed module": """\
Net(
  (conv1): Conv2d(1, 10, kernel_size=(5, 5), stride=(1, 1))
  (relu1): ReLU()
  (pool): MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)
  (conv2): Conv2d(10, 20, kernel_size=(3, 3), stride=(1, 1))
  (fc1): Linear(in_features=2000, out_features=500, bias=True)
  (relu2): ReLU()
  (fc2): Linear(in_features=500, out_features=10, bias=True)
)
optim.Adam, batch_size=64
Test set: Average loss: 0.2, Accuracy: 9427/10000 (94%)""",
    "code with functions": """\
batch_size 64, Adam; 准确率 0.9427
```python
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 10, 5)
        self.conv2 = nn.Conv2d(in_channels=10, out_channels=20, kernel_size=3)
        self.fc1 = nn.Linear(20 * 10 * 10, 500)
        self.fc2 = nn.Linear(500, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = self.conv2(x)
        x = x.view(-1, 2000)
        return self.fc2(F.relu(self.fc1(x)))
```""",
    "a sequential": """\
优化器用的是 Adam，batch size 取 64，正确率达到 94.27 %
```
model = nn.Sequential(
    nn.Conv2d(1, 10, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(10, 20, 3),
    nn.Flatten(), nn.Linear(2000, 500), nn.ReLU(), nn.Linear(500, 10),
)
```""",
}


def comment(number: int, body: str, day: str = "2021-11-05", login: str = "") -> dict[str, Any]:
    """A comment as GitHub's API gives it, without what nobody reads."""
    return {
        "id": number,
        "html_url": f"https://github.com/class/homework/issues/2#issuecomment-{number}",
        "user": {"login": login or f"student-{number}", "id": number},
        "created_at": f"{day}T08:30:00Z",
        "author_association": "NONE",
        "body": body,
        "reactions": {"total_count": 0, "+1": 0},
    }


def old_thread() -> list[dict[str, Any]]:
    """The four posts, as `gh api …/comments` gives them."""
    posts = (NO_LAYERS, TWO_CONVOLUTIONS, IMPOSSIBLE, YANNET)
    days = ("2021-11-03", "2021-11-05", "2021-11-08", "2022-10-22")
    return [comment(number, *post) for number, post in enumerate(zip(posts, days, strict=True), 1)]


def make_posts(*texts: str) -> list[Post]:
    """Posts of nobody in particular."""
    return [make_post(text, f"student-{number}") for number, text in enumerate(texts, 1)]
