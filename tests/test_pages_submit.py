import json
import re
import struct
from typing import Any

import pytest
from sqlmodel import Session, select

from app.core.recipes import parse_recipe
from app.core.settings import get_settings
from app.core.tables import Submission
from app.core.zoo import zoo
from tests.visitors import Visitor, error_beside, member, text_of, visit, visitor

__all__ = ["member", "visit", "visitor"]
MULTIPART = {"weights": ("", b"", "application/octet-stream")}


def weights_file() -> bytes:
    """A safetensors file with one number."""
    header = json.dumps({"x": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    return struct.pack("<Q", len(header)) + header + struct.pack("<f", 1.0)


def form_values(page: Any) -> dict[str, str]:
    """What a browser would send for a form as it is shown."""
    values = {}
    for tag in re.findall(r"<input\b[^>]*>", page.text):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        is_off = attributes.get("type") in ("radio", "checkbox") and " checked" not in tag
        if "name" in attributes and attributes.get("type") != "file" and not is_off:
            values[attributes["name"]] = attributes.get("value", "")
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', page.text, re.DOTALL):
        values[name] = re.findall(r'<option value="([^"]*)" selected', options)[0]
    values.pop("theme", None)
    values.pop("next", None)
    return values


@pytest.fixture
def stored(session: Session) -> Any:
    def all_submissions() -> list[Submission]:
        session.expire_all()
        found = list(session.exec(select(Submission)))
        session.rollback()
        return found

    return all_submissions


def test_the_form_as_it_is_shown_can_be_sent(member: Visitor, stored: Any) -> None:
    values = form_values(member.get("/submit?model=yannet"))
    response = member.post("/submit", values, files=MULTIPART)
    assert response.status_code == 303
    assert response.headers["location"] == "/s/1"
    assert stored()[0].model == "yannet"
    assert stored()[0].recipe["learning_rate"] == 0.02


@pytest.mark.parametrize("model", sorted(zoo()))
def test_every_model_of_the_zoo_can_be_submitted_as_suggested(member: Visitor, stored: Any, model: str) -> None:
    values = form_values(member.get(f"/submit?model={model}"))
    assert member.post("/submit", values, files=MULTIPART).status_code == 303
    assert stored()[0].model == model
    assert parse_recipe(zoo()[model].recipe).model_dump() == stored()[0].recipe


def test_every_wrong_value_has_its_sentence_and_is_kept(member: Visitor, stored: Any) -> None:
    values = form_values(member.get("/submit?model=yannet"))
    wrong = {"epochs": "21", "learning_rate": "fast", "option.dropout": "2", "title": "t" * 81, "seed": "-1"}
    response = member.post("/submit", values | wrong, files=MULTIPART)
    assert response.status_code == 422
    assert error_beside(response, "epochs") == "epochs must be a whole number from 1 to 20; “21” was given."
    assert "“fast” was given" in error_beside(response, "learning_rate")
    assert "from 0 to 0.9" in error_beside(response, "option.dropout")
    assert "81 characters" in error_beside(response, "title")
    assert 'aria-invalid="true" aria-describedby="f-epochs-error f-epochs-hint"' in response.text
    assert 'value="fast"' in response.text
    assert '<a href="#f-learning_rate">' in response.text
    assert "5 things need a change:" in text_of(response)
    assert '<details class="more" open>' in response.text
    assert stored() == []


def test_errors_come_in_the_readers_language(member: Visitor) -> None:
    member.language = "zh"
    response = member.post(
        "/submit", form_values(member.get("/submit?model=yannet")) | {"epochs": "21"}, files=MULTIPART
    )
    assert error_beside(response, "epochs") == "epochs 必须是 1 到 20 的整数，而你填的是“21”。"


def test_settings_that_do_not_fit_together_are_named(member: Visitor) -> None:
    values = form_values(member.get("/submit?model=yannet")) | {"optimizer": "Adam", "momentum": "0.9"}
    response = member.post("/submit", values, files=MULTIPART)
    assert error_beside(response, "momentum") == "Adam has no momentum setting. Set momentum to 0 or choose SGD."


def test_a_second_click_makes_no_second_submission(member: Visitor, stored: Any) -> None:
    values = form_values(member.get("/submit?model=yannet"))
    first = member.post("/submit", values, files=MULTIPART)
    second = member.post("/submit", values, files=MULTIPART)
    assert first.headers["location"] == second.headers["location"]
    assert len(stored()) == 1


def test_a_form_sent_before_can_be_sent_with_other_values_after_a_warning(member: Visitor, stored: Any) -> None:
    values = form_values(member.get("/submit?model=yannet"))
    member.post("/submit", values, files=MULTIPART)
    warned = member.post("/submit", values | {"epochs": "5"}, files=MULTIPART)
    assert warned.status_code == 409
    assert "made submission #1" in text_of(warned)
    assert member.post("/submit", form_values(warned), files=MULTIPART).headers["location"] == "/s/2"
    assert stored()[1].recipe["epochs"] == 5


def test_weights_are_stored_and_queued_for_a_test(member: Visitor, stored: Any) -> None:
    values = form_values(member.get("/submit?model=lenet5")) | {"kind": "evaluate"}
    files = {"weights": ("mine.safetensors", weights_file(), "application/octet-stream")}
    assert member.post("/submit", values, files=files).status_code == 303
    assert (stored()[0].kind, stored()[0].weights_name) == ("evaluate", "mine.safetensors")


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("mine.pkl", b"\x80\x04", "is a Python pickle"),
        ("mine.safetensors", b"", "is empty"),
        ("model.py", b"class Net: pass", "holds a network, not only weights"),
    ],
)
def test_an_unusable_file_is_named_beside_its_field(member: Visitor, name: str, content: bytes, sentence: str) -> None:
    values = form_values(member.get("/submit?model=yannet")) | {"kind": "evaluate"}
    response = member.post("/submit", values, files={"weights": (name, content, "application/octet-stream")})
    assert response.status_code == 422
    assert sentence in error_beside(response, "weights")
    assert "Browsers forget files" in text_of(response)


def test_weights_without_a_file_are_refused(member: Visitor) -> None:
    values = form_values(member.get("/submit?model=yannet")) | {"kind": "evaluate"}
    response = member.post("/submit", values, files=MULTIPART)
    assert "To test weights, upload them" in error_beside(response, "weights")


def test_weights_left_in_the_field_of_another_way_are_no_part_of_the_submission(member: Visitor, stored: Any) -> None:
    values = form_values(member.get("/submit?model=yannet"))
    files = {"weights": ("mine.safetensors", weights_file(), "application/octet-stream")}
    assert member.post("/submit", values, files=files).status_code == 303
    assert (stored()[0].kind, stored()[0].weights_name) == ("train", None)


def test_a_file_over_the_limit_is_refused_beside_its_field(
    member: Visitor, monkeypatch: pytest.MonkeyPatch, stored: Any
) -> None:
    monkeypatch.setenv("UPLOAD_LIMIT_BYTES", "1000")
    get_settings.cache_clear()
    values = form_values(member.get("/submit?model=yannet")) | {"kind": "evaluate"}
    files = {"weights": ("mine.safetensors", b"x" * 1_100, "application/octet-stream")}
    response = member.post("/submit", values, files=files)
    assert response.status_code == 413
    assert "larger than 0.001 MB" in error_beside(response, "weights")
    assert stored() == []


def test_a_body_over_the_limit_is_refused_on_the_form(
    member: Visitor, monkeypatch: pytest.MonkeyPatch, stored: Any
) -> None:
    monkeypatch.setenv("UPLOAD_LIMIT_BYTES", "1000")
    get_settings.cache_clear()
    values = form_values(member.get("/submit?model=yannet")) | {"kind": "evaluate"}
    files = {"weights": ("mine.safetensors", b"x" * 3_000_000, "application/octet-stream")}
    response = member.post("/submit", values, files=files)
    assert response.status_code == 413
    assert "larger than 0.001 MB" in text_of(response)
    assert stored() == []


def test_another_model_brings_its_options_and_keeps_what_was_typed(member: Visitor) -> None:
    values = form_values(member.get("/submit?model=yannet")) | {"model": "lenet5", "title": "my lenet", "seed": "7"}
    response = member.post("/submit/model", values)
    shown = form_values(response)
    assert "option.hidden_units" in shown
    assert "option.last_channels" not in shown
    assert (shown["title"], shown["seed"]) == ("my lenet", "7")
    assert shown["optimizer"] == "AdamW"  # the suggestion of the new model, as SGD was only that of the old one


def test_a_model_changed_without_scripts_takes_its_own_defaults(member: Visitor, stored: Any) -> None:
    values = form_values(member.get("/submit?model=yannet")) | {"model": "softmax_regression"}
    assert member.post("/submit", values, files=MULTIPART).status_code == 303
    assert stored()[0].options == {}


def test_the_form_says_what_curl_would_send(member: Visitor) -> None:
    said = text_of(member.get("/submit?model=lenet5"))
    assert "-F model=lenet5 \\ -F epochs=10 \\ -F batch_size=128" in said


def test_the_form_says_how_many_runs_go_first(member: Visitor) -> None:
    member.post("/submit", form_values(member.get("/submit?model=yannet")), files=MULTIPART)
    assert "Queue 1 run ahead" in text_of(member.get("/submit?model=yannet"))


def test_strangers_cannot_submit(visitor: Visitor, stored: Any) -> None:
    response = visitor.post("/submit", {"model": "yannet"}, files=MULTIPART)
    assert response.status_code == 303
    assert response.headers["location"].startswith("/sign-in")
    assert stored() == []


def test_a_form_of_another_site_cannot_submit(member: Visitor, stored: Any) -> None:
    response = member.post("/submit", {"csrf_token": "forged.token", "model": "yannet"}, files=MULTIPART)
    assert response.status_code == 403
    assert stored() == []


def test_a_body_that_is_no_form_is_refused(member: Visitor) -> None:
    response = member.client.post(
        "/submit", content=b"--x\r\nbroken", headers={"Content-Type": "multipart/form-data; boundary=x"}
    )
    assert response.status_code in (400, 403)
