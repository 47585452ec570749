"""Posts as students write them, each with what must be understood of it: the table of faults that were found."""

from datetime import UTC, datetime

import pytest

from app.core.errors import InvalidFields
from app.core.thread.layers import written
from app.core.thread.reading import read_thread
from app.core.thread.understanding import understand


@pytest.mark.parametrize(
    ("text", "accuracy"),
    [
        ("My CNN got 99.1% on the training set but only 97.8% on the test set. Adam, lr 1e-3", 0.978),
        ("98.4% test accuracy, 99.9% train accuracy", 0.984),
        ("99.9% train accuracy, 98.4% test accuracy", 0.984),
        ("I got 100% on train and 98.0% on test", 0.98),
        ("99.1% training 97.8% test", 0.978),
        ("训练集99.9%,测试集98.4%", 0.984),
        ("测试集98.4%,训练集99.9%", 0.984),
        ("acc=98.3%, std=0.12%", 0.983),
        ("98.3% ± 0.1% over 5 seeds, Adam", 0.983),
        ("准确率从97.5%提升到98.9%,把优化器从SGD换成了Adam", 0.989),
        ("The accuracy improved from 97.5% to 98.9%", 0.989),
        ("The accuracy improved by 0.8% to 98.6%.", 0.986),
        ("I removed dropout (0.5) and the accuracy dropped 0.5% to 98.1%", 0.981),
        ("I changed SGD to Adam and got 98.7 % (before: 97.2 %).", 0.987),
        ("Top-1: 98.2, top-5: 99.99%", 0.982),
        ("准确率高达99.2%!比sklearn的SVM 98.6%好", 0.992),
        ("Accuracy 98,47 % with SGD(lr=0,01)", 0.9847),
        ("batch 64,98% accuracy", 0.98),
        ("测试准确率达到了百分之98.2", 0.982),
        ("Weights are 20% smaller now; test accuracy is still 98.4 percent", 0.984),
        ("98.47\nSGD(lr=0.01, momentum=0.5)\nbatch 64", 0.9847),
        ("My result is 98.33, epochs 3", 0.9833),
        ("错误率只有1.5%", 0.985),
        ("1.53% test error", 0.9847),
        ("Human accuracy is about 99.8%, mine: 98.3%", 0.983),
        ("用时 3 分钟,GPU 利用率 80%,最终精度 98.91%", 0.9891),
        ("Train Accuracy 99.8%, Val Accuracy 98.9%, Test Accuracy 98.6%", 0.986),
        ("Test set: Average loss: 0.0521, Accuracy: 9831/10000 (98%)", 0.9831),
        ("Best accuracy 98.9% at epoch 7 of 10, final accuracy 98.6%. Adam.", 0.986),
        ("Don't use SGD, it only reached 95%. With Adam I got 98.8%.", 0.988),
        ("准确率: 98.5%(3个epoch) 99.0%(10个epoch)", 0.99),
        ("用了BatchNorm和Dropout(0.3),测试正确率为0.9871", 0.9871),
        ("Error rate: train 0.4%, test 1.53%", 0.9847),
        ("lr_scheduler StepLR step 7, lr = 0.05; 98.9 % on MNIST", 0.989),
        ("99.99\n", 0.9999),
        ("version 98.47.1", None),
    ],
)
def test_the_claimed_accuracy_is_that_of_the_test_images(text: str, accuracy: float | None) -> None:
    assert understand(text).accuracy == (None if accuracy is None else pytest.approx(accuracy))


@pytest.mark.parametrize(
    "line",
    [
        "I wrote this on 2021-11-05: acc 98.5% with Adam, lr 0.001",
        "I wrote this on 2021-11-05",
        "2021-11-03 准确率98.47% 发布",
        "我于2021年11月3日发布",
        "I posted my code on Nov 5, 2021, acc 98.5%",
        "> On Nov 3, 2021, bob wrote:",
        "On Nov 3, 2021, bob wrote:\n> 98 % is easy",
        "### 2021-11-05 final result",
        "### Results of 2021-11-05: 98.5 %",
        "**Update 2021-11-05**",
        "on Nov 3, 2021",
        "posted on 2021-11-03",
        "98\ncommented on Nov 3, 2021",
    ],
)
def test_a_line_that_says_more_than_who_wrote_when_stays_in_its_post(line: str) -> None:
    text = f"alice commented on Nov 2, 2021\n\nMy network, as I ran it\n{line}\nand what I think of it: 97 %"

    (post,) = read_thread(text.encode())

    assert post.author == "alice"
    assert post.text == text.partition("\n\n")[2]


@pytest.mark.parametrize(
    ("line", "author"),
    [
        ("bob commented on Nov 3, 2021, 10:30 AM", "bob"),
        ("bob commented 2021-11-03T08:30:00Z", "bob"),
        ("@bob-li wrote on 3 Nov 2021:", "bob-li"),
        ("**bob** commented on Nov 3, 2021 • edited", "bob"),
        ("### 2021-11-03 小明", "小明"),
        ("小明 发表于 2021-11-03 08:30", "小明"),
        ("On Nov 3, 2021, Bob Li wrote:", "Bob Li"),
        ("bob\ncommented\non Nov 3, 2021", "bob"),
    ],
)
def test_a_line_that_says_who_wrote_when_begins_a_post(line: str, author: str) -> None:
    posts = read_thread(f"first\n\n{line}\n\nsecond".encode())

    assert [(post.author, post.text) for post in posts] == [("", "first"), (author, "second")]
    assert posts[1].posted == datetime(2021, 11, 3, tzinfo=UTC)


def test_half_a_surrogate_pair_in_what_github_answered_can_be_shown() -> None:
    with pytest.raises(InvalidFields) as caught:
        read_thread(b'{"message": "\\ud800 gone"}')

    assert str(caught.value.fields["thread"]).encode().startswith("GitHub answered “? gone”".encode())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Best at epoch 7 of 10", {"epochs": 10}),
        ("epochs设为15", {"epochs": 15}),
        ("Don't use SGD, it only reached 95%. With Adam I got 98.8%.", {"optimizer": "Adam"}),
        ("把优化器从SGD换成了Adam", {"optimizer": "Adam"}),
        ("I changed SGD to Adam", {"optimizer": "Adam"}),
        ("Adam instead of SGD", {"optimizer": "Adam"}),
        ("Batch size 64 -> 128", {"batch_size": 128}),
        ("test_loader batch_size=1000, train_loader batch_size=64", {"batch_size": 64}),
        ("test = DataLoader(test, batch_size=1000)\ntrain = DataLoader(train, batch_size=64)", {"batch_size": 64}),
        ("test acc 98%, batch size 64", {"batch_size": 64}),
        ("lr=3e-4", {"learning_rate": 0.0003}),
        ("lr=7×10^-5", {"learning_rate": 0.00007}),
    ],
)
def test_the_settings_are_those_that_were_used_in_the_end(text: str, expected: dict[str, object]) -> None:
    assert understand(text).settings == expected


@pytest.mark.parametrize(
    ("text", "layers"),
    [
        ("Conv 1->16, 3x3, relu, maxpool 2, fc 10", "conv 1->16 3x3, ReLU, max pool 2x2, linear 10"),
        ("conv1: 16 filters, 3x3, stride 2, relu, fc 10, 98.1%", "conv 16 3x3 stride 2, ReLU, linear 10"),
        ("Conv2d(1, 16, 3), ReLU, Linear 10 98.1%", "conv 1->16 3x3 stride 1 padding 0, ReLU, linear 10"),
        ("linear 784->10 0.981", "linear 784->10"),
        ("linear 784->10 9810/10000", "linear 784->10"),
        (
            "Conv2D(32, (3,3), activation='relu', input_shape=(28,28,1)), MaxPooling2D((2,2)), Flatten(), Dense(10)",
            "conv 32 3x3, ReLU, max pool 2x2, flatten, linear 10",
        ),
        ("Conv2D(32, 3, padding='same'), Dense(10)", "conv 32 3x3 padding 1, linear 10"),
        ("Conv2d(1, 8, 3, padding='same'), Linear(10)", "conv 1->8 3x3 stride 1 padding 1, linear 10"),
        (
            "Two conv layers (32 and 64 filters, 3x3), max pooling 2x2, dropout 0.25, dense 128, softmax. Keras",
            "conv 32 3x3, conv 64 3x3, max pool 2x2, dropout rate 0.25, linear 128, softmax",
        ),
        ("卷积层2: 1->32, 3x3, 填充1, ReLU, 全连接层 10", "conv 1->32 3x3 padding 1, ReLU, linear 10"),
    ],
)
def test_lists_of_layers_are_read_as_they_are_meant(text: str, layers: str) -> None:
    assert written(understand(text).layers) == layers
