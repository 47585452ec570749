"""The pages in a real Chromium, against a real web process. No worker runs; the tests tell what one would."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from app.core.database import session_scope
from app.core.heartbeats import leave
from app.core.outcomes import Outcome
from app.core.runs import add_event, latest_run
from app.core.sentences import Sentence
from app.core.submissions import find
from tests.browser import Window, browser, submitted_number, window, windows
from tests.conftest import data_folder
from tests.examiner import GOOD_REPORT, TRACEBACK, examiner, say_that_a_worker_lives
from tests.factories import PASSWORD, drawn_result, make_member, make_run_live
from tests.service import free_port, service
from tests.test_pages_submit import weights_file

__all__ = ["browser", "window", "windows"]
pytestmark = pytest.mark.browser

NARROW = {"width": 320, "height": 640}


@pytest.fixture(scope="module")
def address(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A web of its own for this file."""
    place = tmp_path_factory.mktemp("browser") / "data"
    with (
        pytest.MonkeyPatch.context() as patch,
        data_folder(place, migrated_sqlite, patch) as folder,
        service(folder) as running,
    ):
        port = free_port()
        running.web(port)
        with session_scope() as session:
            make_member(session)
        yield f"http://127.0.0.1:{port}"


def submit(window: Window, title: str) -> int:
    """Submit a model of the zoo as the form suggests it."""
    window.open("/submit?model=yannet")
    window.page.fill("#f-title", title)
    window.page.click("#submit-button")
    return submitted_number(window.page)


def test_a_stranger_joins_and_submits_a_model_of_the_zoo(window: Window) -> None:
    page = window.page
    window.open("/")
    page.click("main a.btn.p")
    page.wait_for_url(re.compile("/sign-in"))
    page.click("main a[href^='/join']")
    page.fill("#f-name", "马丽")
    page.fill("#f-handle", "ma-li")
    page.fill("#f-password", PASSWORD)
    page.click("main form button.p")
    page.wait_for_url(re.compile("/submit$"))
    page.check("[name=kind][value=train]")
    page.select_option("#f-model", "lenet5")
    expect(page.locator("[name='option.hidden_units']")).to_have_value("120")
    expect(page.locator("#curl-fields")).to_contain_text("-F model=lenet5")
    page.fill("#f-title", "my first LeNet")
    page.click("#submit-button")
    submitted_number(page)
    expect(page.locator("h1")).to_have_text("my first LeNet")
    expect(page.locator("#live-title")).to_contain_text("Waiting in the queue")
    page.click("a[hreflang=zh]")
    expect(page.locator("#live-title")).to_contain_text("排队等待中")
    window.open("/")
    expect(page.locator("#now")).to_contain_text("my first LeNet")


def test_a_wrong_value_is_named_beside_its_field_without_a_reload(windows: Any) -> None:
    window = windows().sign_in()
    page = window.page
    window.open("/submit?model=yannet")
    page.evaluate("window.isSamePage = true")
    page.fill("#f-learning_rate", "fast")
    page.click("#submit-button")
    expect(page.locator("#f-learning_rate-error")).to_contain_text("“fast” was given")
    expect(page.locator("#f-learning_rate")).to_have_attribute("aria-invalid", "true")
    expect(page.locator(".errs")).to_be_focused()
    assert page.evaluate("window.isSamePage")
    page.fill("#f-learning_rate", "0.05")
    page.click("#submit-button")
    submitted_number(page)


def test_enter_in_a_field_submits_nothing(windows: Any) -> None:
    window = windows().sign_in()
    window.open("/submit")
    window.page.focus("#f-title")
    window.page.keyboard.press("Enter")
    window.page.wait_for_timeout(300)
    assert window.page.url.endswith("/submit")


def test_weights_are_uploaded(windows: Any, tmp_path: Path) -> None:
    file = tmp_path / "mine.safetensors"
    file.write_bytes(weights_file())
    window = windows().sign_in()
    page = window.page
    window.open("/submit")
    expect(page.locator("#f-weights")).to_be_hidden()
    page.check("[value=evaluate]")
    page.fill("#f-epochs", "99")
    page.set_input_files("#f-weights", file)
    expect(page.locator("#check")).to_contain_text("No worker is running now")
    expect(page.locator("#drop-weights .file")).to_contain_text("mine.safetensors")
    page.click("#submit-button")
    expect(page.locator("#f-epochs-error")).to_be_visible()
    page.fill("#f-epochs", "3")
    page.click("#submit-button")
    submitted_number(page)
    expect(page.locator(".shead")).to_contain_text("Author's weights")


def test_a_file_over_the_limit_is_not_even_sent(windows: Any, tmp_path: Path) -> None:
    file = tmp_path / "large.safetensors"
    with file.open("wb") as sparse:
        sparse.truncate(51_000_000)
    window = windows().sign_in()
    window.open("/submit")
    window.page.check("[value=evaluate]")
    window.page.set_input_files("#f-weights", file)
    expect(window.page.locator("#upload-problem")).to_have_text("The file is larger than 50 MB.")


@pytest.fixture
def living_worker(address: str) -> Iterator[None]:
    """A heartbeat, for as long as the test lasts."""
    say_that_a_worker_lives(executor_id="of this test")
    yield
    with session_scope() as session:
        leave(session, "of this test")


@pytest.fixture
def script(tmp_path: Path) -> Path:
    file = tmp_path / "net.py"
    file.write_text("import torch\n")
    return file


@pytest.mark.usefixtures("living_worker")
def test_a_script_is_looked_at_as_soon_as_it_is_chosen_and_submitted_without_a_second_upload(
    windows: Any, script: Path
) -> None:
    window = windows().sign_in()
    page = window.page
    window.open("/submit")
    page.evaluate("window.isSamePage = true")
    page.fill("#f-title", "my script")
    with examiner(report=GOOD_REPORT):
        page.set_input_files("#f-model_file", script)
        expect(page.locator("#check")).to_contain_text("20,586 parameters")
        expect(page.locator("#check-said")).to_contain_text("20,586 parameters")
    expect(page.locator("#drop-model_file .file")).to_contain_text("net.py")
    expect(page.locator("#f-title")).to_have_value("my script")
    page.click("#use-suggestions")
    expect(page.locator("#f-batch_size")).to_have_value("128")
    expect(page.locator("#check")).to_contain_text("These settings are in the form.")
    expect(page.locator("#curl-fields")).to_contain_text("-F model_file=@net.py")
    assert page.evaluate("window.isSamePage")
    page.click("#submit-button")
    number = submitted_number(page)
    with session_scope() as session:
        submission = find(session, number)
        assert (submission.model_file_name, submission.recipe["batch_size"]) == ("net.py", 128)


@pytest.mark.usefixtures("living_worker")
def test_a_broken_script_is_shown_with_its_own_traceback_and_can_be_replaced(windows: Any, script: Path) -> None:
    window = windows().sign_in()
    page = window.page
    window.open("/submit")
    with examiner(Outcome.BAD_MODEL, Sentence("The class Net cannot be built."), TRACEBACK):
        page.set_input_files("#f-model_file", script)
        expect(page.locator("#check .verdict")).to_contain_text("The class Net cannot be built.")
    expect(page.locator("#check pre")).to_contain_text("line 7, in __init__")
    with examiner(report=GOOD_REPORT):
        page.set_input_files("#f-model_file", script)
        expect(page.locator("#check")).to_contain_text("takes the class Net")
    with examiner(report=GOOD_REPORT | {"class_name": "Block"}):
        page.focus("[name=class_name]:checked")
        page.keyboard.press("ArrowDown")
        expect(page.locator("#check")).to_contain_text("takes the class Block")
    expect(page.locator("[name=class_name][value=Block]")).to_be_focused()


def test_a_file_of_another_kind_is_explained_without_being_sent(windows: Any, tmp_path: Path) -> None:
    file = tmp_path / "model.h5"
    file.write_bytes(b"\x89HDF" + bytes(1_000_000))
    window = windows().sign_in()
    sizes: list[int] = []
    window.page.on("request", lambda request: sizes.append(len(request.post_data_buffer or b"")))
    window.open("/submit")
    window.page.set_input_files("#f-model_file", file)
    expect(window.page.locator("#f-model_file-error")).to_contain_text("is a Keras file")
    assert max(sizes) < 100_000


def test_a_wrong_option_beside_weights_is_named_where_it_stands(windows: Any, tmp_path: Path) -> None:
    file = tmp_path / "mine.safetensors"
    file.write_bytes(weights_file())
    window = windows().sign_in()
    page = window.page
    window.open("/submit?model=yannet")
    page.check("[value=evaluate]")
    page.fill("[name='option.dropout']", "7")
    page.set_input_files("#f-weights", file)
    expect(page.locator(".errs")).to_contain_text("dropout must be a number from 0 to 0.9")
    page.fill("[name='option.dropout']", "0.1")
    page.keyboard.press("Tab")
    expect(page.locator("#check")).to_contain_text("No worker is running now")
    expect(page.locator("#drop-weights .file")).to_contain_text("mine.safetensors")


def test_a_look_that_is_refused_loses_nothing_of_what_was_typed(windows: Any, script: Path) -> None:
    window = windows().sign_in()
    page = window.page
    window.open("/submit")
    page.fill("#f-notes", "much that was learned")
    page.eval_on_selector("#submit-form [name=csrf_token]", "field => field.value = 'expired'")
    page.set_input_files("#f-model_file", script)
    expect(page.locator("#upload-problem")).to_contain_text("This form has expired")
    expect(page.locator("#f-notes")).to_have_value("much that was learned")


DROP = """([name, text]) => {
  const files = new DataTransfer();
  files.items.add(new File([text], name));
  const zone = document.getElementById("drop-model_file");
  zone.dispatchEvent(new DragEvent("drop", { dataTransfer: files, bubbles: true, cancelable: true }));
}"""
PASTE = """([name, text]) => {
  const files = new DataTransfer();
  files.items.add(new File([text], name));
  document.dispatchEvent(new ClipboardEvent("paste", { clipboardData: files, bubbles: true, cancelable: true }));
}"""


@pytest.mark.usefixtures("living_worker")
@pytest.mark.parametrize("gesture", [DROP, PASTE], ids=["dropped", "pasted"])
def test_a_file_can_be_dropped_or_pasted(windows: Any, gesture: str) -> None:
    window = windows().sign_in()
    window.open("/submit")
    with examiner(report=GOOD_REPORT):
        window.page.evaluate(gesture, ["dropped.py", "import torch"])
        expect(window.page.locator("#drop-model_file .file")).to_contain_text("dropped.py")


@pytest.mark.usefixtures("living_worker")
def test_a_script_is_checked_and_submitted_without_scripts_of_ours(windows: Any, script: Path) -> None:
    window = windows(java_script_enabled=False).sign_in()
    page = window.page
    window.open("/submit")
    page.set_input_files("#f-model_file", script)
    with examiner(report=GOOD_REPORT):
        page.click("#check-button")
        expect(page.locator("#check")).to_contain_text("takes the class Net")
    page.click("#use-suggestions")
    expect(page.locator("#f-epochs")).to_have_value("5")
    page.click("#submit-button")
    submitted_number(page)


def test_the_fields_of_one_way_are_shown_and_the_others_are_not(windows: Any) -> None:
    window = windows().sign_in()
    page = window.page
    window.open("/submit")
    parts = ("#drop-model_file", "#drop-weights", "#f-model", "#f-network", "#check-button")

    def shown() -> list[bool]:
        return [page.locator(part).is_visible() for part in parts]

    assert shown() == [True, False, False, False, True]
    page.check("[value=evaluate]")
    assert shown() == [False, True, True, True, True]
    page.check("[name=network][value=file]")
    assert shown() == [True, True, False, True, True]
    page.check("[name=kind][value=train]")
    assert shown() == [False, False, True, False, False]


def test_a_live_page_follows_its_run_to_the_result(windows: Any) -> None:
    window = windows().sign_in()
    page = window.page
    number = submit(window, "followed")
    page.evaluate("window.isSamePage = true")
    with session_scope() as session:
        run = latest_run(session, find(session, number))
        start = make_run_live(session, run)
    tell(run.id, start, "model", {"parameters": 7850, "layers": [layer()]})
    expect(page.locator("#live-title")).to_contain_text("Checking the model")
    expect(page.locator("#live-structure")).to_contain_text("7,850")
    tell(run.id, start, "loss", {"epoch": 2, "step": 600, "steps": 1200, "losses": [2.0, 1.0, 0.5]})
    expect(page.locator("#live-title")).to_contain_text("Training · epoch 2 of 3")
    expect(page).to_have_title("50% followed · MNIST Benchmark")
    expect(page.locator("#live-chart svg")).to_be_visible()
    expect(page.locator("#announcement")).to_have_text("Training, 50 percent done.")
    tell(run.id, start, "log", {"text": "a line <b>as it is</b>"})
    expect(page.locator("#log")).to_contain_text("a line <b>as it is</b>")
    with session_scope() as session:
        drawn_result(session, latest_run(session, find(session, number)), total=1000, share=0.986)
    expect(page.locator(".big")).to_contain_text("98.60")
    assert page.evaluate("window.isSamePage")


def tell(run_id: str, start: int, kind: str, data: dict[str, Any]) -> None:
    with session_scope() as session:
        add_event(session, run_id, start, kind, data)


def layer() -> dict[str, Any]:
    return {"name": "0", "type": "Linear", "output": [10], "parameters": 7850}


def test_the_theme_changes_without_a_reload_and_stays(window: Window) -> None:
    page = window.page
    window.open("/about")
    page.evaluate("window.isSamePage = true")
    button = page.locator("[data-theme-form] button")
    button.click()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    button.click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.evaluate("window.isSamePage")
    window.open("/")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_everything_works_without_scripts(windows: Any) -> None:
    window = windows(java_script_enabled=False).sign_in()
    page = window.page
    window.open("/submit?model=yannet")
    page.select_option("#f-model", "mlp")
    page.click("#show-model")
    expect(page.locator("[name='option.hidden_layers']")).to_be_visible()
    page.fill("#f-epochs", "99")
    page.click("#submit-button")
    expect(page.locator("#f-epochs-error")).to_be_visible()
    page.fill("#f-epochs", "2")
    page.click("#submit-button")
    submitted_number(page)
    expect(page.locator("#live-title")).to_contain_text("Waiting in the queue")
    page.click("text=Cancel the run")
    expect(page.locator("#failed-title")).to_have_text("Cancelled")


def test_the_board_fits_beside_long_titles(windows: Any) -> None:
    window = windows().sign_in()
    number = submit(window, "unbreakable" * 7)
    with session_scope() as session:
        drawn_result(session, latest_run(session, find(session, number)), total=1000, share=0.999)
    assert width_of(window, "/?best=0") == 1280
    table, card = (window.page.locator(f"{part}").bounding_box() for part in (".lbt", ".card.tb"))
    assert table["width"] <= card["width"]


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_no_page_scrolls_sideways_on_a_narrow_phone(windows: Any, locale: str) -> None:
    window = windows(viewport=NARROW, locale=locale).sign_in()
    done = submit(window, "a rather long title for a narrow phone, without any sense")
    with session_scope() as session:
        drawn_result(session, latest_run(session, find(session, done)), total=1000)
    waiting = submit(window, "unbreakable" * 7)
    paths = [
        "/",
        "/submit",
        "/status",
        "/me",
        "/me/tokens",
        "/me/password",
        "/me/delete",
        "/u/zhou-yi",
        "/about",
        "/api",
        "/no-page",
        f"/s/{done}",
        f"/s/{waiting}",
    ]
    too_wide = {path: width for path in paths if (width := width_of(window, path)) > NARROW["width"]}
    assert too_wide == {}


def width_of(window: Window, path: str) -> int:
    window.open(path)
    width: int = window.page.evaluate("document.documentElement.scrollWidth")
    return width
