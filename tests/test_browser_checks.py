"""Homework files in a real Chromium, against a real web and a real worker with its sandbox."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from app.core.database import session_scope
from tests.browser import Window, browser, submitted_number, window, windows
from tests.factories import make_member
from tests.service import free_port, service_of_many

__all__ = ["browser", "window", "windows"]
pytestmark = [pytest.mark.browser, pytest.mark.slow]
# A worker imports torch before it can look at anything; on a busy machine that takes a while.
PATIENCE_MS = 60_000

HOMEWORK = """# 作业：手写数字识别
import torch
import torch.nn as nn
import torch.optim as optim
import matplotlib.pyplot as plt
from torchvision import datasets

batch_size = 128
train_data = datasets.MNIST("data", train=True, download=True)

class Net(nn.Module):
    def __init__(self, hidden=32):
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(784, hidden), nn.ReLU(), nn.Linear(hidden, 10))

    def forward(self, x):
        return self.layers(x)

net = Net(hidden=16)
optimizer = optim.Adam(net.parameters(), lr=0.002)
for images, labels in torch.utils.data.DataLoader(train_data, batch_size=batch_size):
    nn.functional.cross_entropy(net(images), labels).backward()
    optimizer.step()
plt.show()
"""


@pytest.fixture(scope="module")
def address(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A web and a worker of their own for this file, with a few drawn digits."""
    with service_of_many(tmp_path_factory, migrated_sqlite) as (running, _):
        port = free_port()
        running.web(port)
        with session_scope() as session:
            make_member(session)
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def form(windows: Any) -> Window:
    """The form, once a worker is there to look at files."""
    window: Window = windows().sign_in()
    window.open("/status")
    while window.page.locator(".bd.ok").count() == 0:
        window.page.wait_for_timeout(300)
        window.page.reload()
    window.open("/submit")
    return window


def choose(window: Window, folder: Path, source: str) -> None:
    file = folder / "homework.py"
    file.write_text(source, "utf-8")
    window.page.set_input_files("#f-model_file", file)


def test_homework_is_looked_at_submitted_with_its_own_settings_and_trained(form: Window, tmp_path: Path) -> None:
    page = form.page
    choose(form, tmp_path, HOMEWORK)
    expect(page.locator("#check")).to_contain_text("takes the class Net(hidden=16)", timeout=PATIENCE_MS)
    expect(page.locator("#check")).to_contain_text("12,730 parameters")
    page.click("#use-suggestions")
    expect(page.locator("#f-learning_rate")).to_have_value("0.002")
    expect(page.locator("#f-optimizer")).to_have_value("Adam")
    page.fill("#f-epochs", "1")
    page.click("#submit-button")
    submitted_number(page)
    expect(page.locator(".big")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.locator("#live-structure")).to_contain_text("Net · homework.py")
    page.click("text=Show the code")
    expect(page.locator(".src")).to_contain_text("class Net(nn.Module)")


def test_broken_homework_is_shown_with_the_line_of_its_own_file(form: Window, tmp_path: Path) -> None:
    page = form.page
    choose(form, tmp_path, HOMEWORK.replace("nn.Linear(784, hidden)", "nn.Linear(784, hiden)"))
    expect(page.locator("#check .verdict.bad")).to_contain_text("hiden", timeout=PATIENCE_MS)
    page.click("#check .verdict summary")
    expect(page.locator("#check pre")).to_be_visible()
    expect(page.locator("#check pre")).to_contain_text('File "homework.py", line 14')
    choose(form, tmp_path, HOMEWORK)
    expect(page.locator("#check")).to_contain_text("takes the class Net", timeout=PATIENCE_MS)
