"""The form's quick check, without scripts: what is uploaded, what is said of it, what is kept."""

import re
from typing import Any

import pytest
from sqlmodel import Session, select

from app.core.database import session_scope
from app.core.outcomes import Outcome
from app.core.sentences import Sentence
from app.core.tables import QuickCheck, Submission
from app.web import checking
from tests.examiner import GOOD_REPORT, TRACEBACK, examiner, say_that_a_worker_lives
from tests.factories import make_member
from tests.test_pages_submit import MULTIPART, form_values, weights_file
from tests.visitors import Visit, Visitor, error_beside, member, text_of, visit, visitor

__all__ = ["member", "visit", "visitor"]
CODE = b"import torch\n"


@pytest.fixture
def student(member: Visitor) -> Visitor:
    """Signed in, beside a living worker."""
    say_that_a_worker_lives()
    return member


@pytest.fixture
def stored(session: Session) -> Any:
    def all_rows(table: type[Any] = Submission) -> list[Any]:
        session.expire_all()
        found = list(session.exec(select(table)))
        session.rollback()
        return found

    return all_rows


def code(name: str = "net.py", content: bytes = CODE) -> dict[str, Any]:
    return {"model_file": (name, content, "text/x-python")} | MULTIPART


def check(visitor: Visitor, values: dict[str, str], files: dict[str, Any] | None = None) -> Any:
    return visitor.post("/submit/check", values, files=files or code())


@pytest.fixture
def checked(student: Visitor) -> Any:
    """The form after a check that went well."""
    with examiner(report=GOOD_REPORT):
        response = check(student, form_values(student.get("/submit")) | {"title": "mine", "epochs": "7"})
    assert response.status_code == 200
    return response


def test_the_first_form_asks_for_code(student: Visitor) -> None:
    page = student.get("/submit")

    kinds = re.findall(r'name="kind" value="(\w+)"( checked)?', page.text)
    assert kinds == [("code", " checked"), ("evaluate", ""), ("train", "")]
    assert 'accept=".py,.ipynb,.onnx,' in page.text


def test_code_is_submitted_without_a_check(student: Visitor, stored: Any) -> None:
    values = form_values(student.get("/submit")) | {"class_name": "Net", "arguments": "hidden=64"}
    response = student.post("/submit", values, files=code())

    assert response.status_code == 303
    [submission] = stored()
    assert (submission.kind, submission.model, submission.model_file_name) == ("train", None, "net.py")
    assert (submission.class_name, submission.arguments, submission.title) == ("Net", "hidden=64", "net")


def test_code_without_a_file_is_asked_for_beside_its_field(student: Visitor) -> None:
    response = student.post("/submit", form_values(student.get("/submit")), files=MULTIPART)

    assert response.status_code == 422
    assert error_beside(response, "model_file") == "Choose the file with your network: .py, .ipynb."


def test_a_check_shows_what_was_found_and_keeps_what_was_typed(checked: Any) -> None:
    said, shown = text_of(checked), form_values(checked)

    assert "takes the class Net(hidden=64)" in said
    assert "20,586 parameters 1.23 MFLOPs per image" in said
    assert "reads an image in 0.42 ms" in said
    assert "Input: N×1×28×28" in said
    assert "Output: log-probabilities" in said
    assert "matplotlib: not installed here, and left out" in said
    assert "The network has no non-linearity." in said
    assert "net.py 13 B" in said
    assert (shown["title"], shown["epochs"], shown["kind"]) == ("mine", "7", "code")


def test_a_checked_file_need_not_be_chosen_again(student: Visitor, checked: Any, stored: Any) -> None:
    response = student.post("/submit", form_values(checked), files=MULTIPART)

    assert response.status_code == 303
    assert (stored()[0].model_file_name, stored()[0].title, stored()[0].class_name) == ("net.py", "mine", "")


def test_another_file_goes_before_the_checked_one(student: Visitor, checked: Any, stored: Any) -> None:
    student.post("/submit", form_values(checked), files=code("better.py"))

    assert stored()[0].model_file_name == "better.py"


def test_the_class_can_be_chosen_among_those_of_the_file(student: Visitor, checked: Any, stored: Any) -> None:
    assert re.findall(r'name="class_name" value="(\w*)"( checked)?', checked.text) == [("", " checked"), ("Block", "")]

    with examiner(report=GOOD_REPORT):
        again = check(student, form_values(checked) | {"class_name": "Block"}, MULTIPART)

    assert stored(QuickCheck)[-1].class_name == "Block" or stored(QuickCheck)[0].class_name == "Block"
    assert ("Block", " checked") in re.findall(r'name="class_name" value="(\w*)"( checked)?', again.text)


def test_the_scripts_own_settings_can_be_taken_over(student: Visitor, checked: Any) -> None:
    assert "Epochs 5 · Batch size 128 · Learning rate 0.001 · Optimizer Adam" in text_of(checked)

    response = student.post("/submit/suggestions", form_values(checked))

    shown = form_values(response)
    assert (shown["epochs"], shown["batch_size"], shown["learning_rate"]) == ("5", "128", "0.001")
    assert (shown["optimizer"], shown["title"], shown["check_id"]) == ("Adam", "mine", form_values(checked)["check_id"])
    assert "These settings are in the form." in text_of(response)


def test_a_broken_file_is_named_with_the_students_own_traceback(student: Visitor) -> None:
    sentence = Sentence("The class %(name)s cannot be built: %(error)s", {"name": "Net", "error": "<b>hiden</b>"})
    with examiner(Outcome.BAD_MODEL, sentence, TRACEBACK):
        response = check(student, form_values(student.get("/submit")))

    assert "The class Net cannot be built: <b>hiden</b>" in text_of(response)
    assert "line 7, in __init__" in text_of(response)
    assert "<b>hiden</b>" not in response.text


def test_a_class_that_cannot_be_told_is_asked_for(student: Visitor) -> None:
    classes = [{"name": name, "line": 3, "is_chosen": False} for name in ("First", "Second")]
    with examiner(Outcome.BAD_MODEL, Sentence("Choose one."), report={"classes": classes}):
        response = check(student, form_values(student.get("/submit")))

    assert "Which class is the network?" in text_of(response)
    assert re.findall(r'name="class_name" value="(\w*)"( checked)?', response.text) == [("First", ""), ("Second", "")]


def test_a_setting_that_is_wrong_keeps_no_file_from_being_checked(student: Visitor, stored: Any) -> None:
    with examiner(report=GOOD_REPORT):
        response = check(student, form_values(student.get("/submit")) | {"epochs": "99", "title": "t" * 99})

    assert (response.status_code, form_values(response)["epochs"]) == (200, "99")
    assert "takes the class" in text_of(response)


def test_an_unusable_file_is_explained_and_what_was_typed_stays(student: Visitor, stored: Any) -> None:
    response = check(student, form_values(student.get("/submit")) | {"title": "mine"}, code("model.h5", b"\x89HDF"))

    assert response.status_code == 422
    assert 'model.export("model.onnx", format="onnx")' in error_beside(response, "model_file")
    assert form_values(response)["title"] == "mine"
    assert stored(QuickCheck) == []


def test_an_unusable_file_after_a_good_one_loses_neither(student: Visitor, checked: Any) -> None:
    response = check(student, form_values(checked), code("model.h5", b"\x89HDF"))

    assert form_values(response)["check_id"] == form_values(checked)["check_id"]
    assert "net.py 13 B" in text_of(response)


def test_a_new_file_that_the_form_forgets_is_not_replaced_by_the_old_one(student: Visitor, checked: Any) -> None:
    response = student.post("/submit", form_values(checked) | {"epochs": "99"}, files=code("better.py"))

    assert response.status_code == 422
    assert "check_id" not in form_values(response)
    assert "Browsers forget files" in text_of(response)


def test_without_a_worker_the_form_says_so_and_keeps_the_file(member: Visitor, stored: Any) -> None:
    response = check(member, form_values(member.get("/submit")))

    assert response.status_code == 200
    assert "No worker is running now" in text_of(response)
    assert member.post("/submit", form_values(response), files=MULTIPART).status_code == 303
    assert stored()[0].model_file_name == "net.py"


def test_a_worker_that_does_not_answer_is_not_waited_for(student: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "ANSWER_S", 0.2)

    response = check(student, form_values(student.get("/submit")))

    assert "has not answered within 0.2 seconds" in text_of(response)


def evaluation(visitor: Visitor, network: str) -> dict[str, str]:
    return form_values(visitor.get("/submit?model=lenet5")) | {"kind": "evaluate", "network": network}


def test_weights_can_be_tested_with_code(student: Visitor, stored: Any) -> None:
    files = code() | {"weights": ("best.pt", b"PK\x03\x04", "application/octet-stream")}
    assert student.post("/submit", evaluation(student, "file"), files=files).status_code == 303

    [submission] = stored()
    assert (submission.kind, submission.model, submission.options) == ("evaluate", None, {})
    assert (submission.model_file_name, submission.weights_name) == ("net.py", "best.pt")


def test_an_exported_network_is_tested_alone(student: Visitor, stored: Any) -> None:
    values = evaluation(student, "file") | {"class_name": "Net", "arguments": "left=1"}
    assert student.post("/submit", values, files=code("net.onnx", b"\x08\x07")).status_code == 303

    assert (stored()[0].model_file_name, stored()[0].class_name, stored()[0].kind) == ("net.onnx", "", "evaluate")


def test_an_exported_network_after_checked_weights_leaves_those_out(student: Visitor, stored: Any) -> None:
    with examiner(report=GOOD_REPORT):
        files = {"weights": ("mine.safetensors", weights_file(), "application/octet-stream")}
        response = check(student, evaluation(student, "zoo"), files)

    values = form_values(response) | {"network": "file"}
    assert student.post("/submit", values, files=code("net.onnx", b"\x08\x07")).status_code == 303
    assert (stored()[0].model_file_name, stored()[0].weights_name) == ("net.onnx", None)


def test_a_template_is_submitted_without_the_file_that_was_checked_before(
    student: Visitor, checked: Any, stored: Any
) -> None:
    response = student.post("/submit", form_values(checked) | {"kind": "train", "class_name": "Net"}, files=MULTIPART)

    assert response.status_code == 303
    assert (stored()[0].model, stored()[0].model_file_name, stored()[0].class_name) == ("yannet", None, "")


def test_a_file_with_weights_of_the_zoo_is_no_part_of_the_submission(student: Visitor, stored: Any) -> None:
    files = code() | {"weights": ("mine.safetensors", weights_file(), "application/octet-stream")}
    student.post("/submit", evaluation(student, "zoo"), files=files)

    assert (stored()[0].model, stored()[0].model_file_name) == ("lenet5", None)


def test_a_check_of_somebody_else_is_neither_shown_nor_used(visit: Visit, student: Visitor, checked: Any) -> None:
    with session_scope() as session:
        make_member(session, "ma-li", "Ma Li")
    other = visit().sign_in("ma-li")
    values = form_values(other.get("/submit")) | {"check_id": form_values(checked)["check_id"]}

    assert "net.py 13 B" not in text_of(other.post("/submit/model", values))
    assert "not known any more" in text_of(other.post("/submit", values, files=MULTIPART))


def test_a_check_needs_the_forms_own_token_and_somebody_signed_in(visitor: Visitor, member: Visitor) -> None:
    assert check(visitor, {}).status_code == 303
    assert check(member, {"csrf_token": "forged.token"}).status_code == 403


@pytest.mark.parametrize("path", ["/submit/check", "/submit/suggestions", "/submit/model"])
def test_the_language_switch_of_a_form_shown_again_leads_to_the_form(member: Visitor, path: str) -> None:
    assert member.get(path).headers["location"] == "/submit"
    assert member.get(f"{path}?lang=zh").headers["location"] == "/submit?lang=zh"


def test_the_form_warns_while_no_worker_takes_code(member: Visitor) -> None:
    refusal = Sentence("User namespaces are switched off and this kernel has no Landlock.")
    say_that_a_worker_lives(isolation="limits", refusal=refusal)

    said = text_of(member.get("/submit"))

    assert f"Uploaded code cannot run here at present: {refusal}" in said
    assert "Models of the zoo, and .safetensors for them, run as always." in said


def test_the_form_does_not_warn_while_one_worker_takes_code(member: Visitor) -> None:
    say_that_a_worker_lives(isolation="limits", refusal=Sentence("No Landlock."))
    say_that_a_worker_lives(executor_id="lab-4:1", isolation="namespaces")

    assert "cannot run here at present" not in text_of(member.get("/submit"))


def test_the_form_says_what_curl_would_send_for_a_file(checked: Any) -> None:
    assert "-F model_file=@net.py \\ -F epochs=7" in text_of(checked)
