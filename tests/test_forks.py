"""Train again with changes: the form, the API, the parent and what the change did."""

from typing import Any

import pytest
from sqlmodel import Session, select

from app.core.blobs import get_blobs
from app.core.database import session_scope
from app.core.jobs import get_jobs
from app.core.lineage import changes
from app.core.recipes import Recipe
from app.core.repetitions import request_repetitions
from app.core.requests import ModelFile, Weights
from app.core.runs import latest_run, repetitions
from app.core.submissions import withdraw
from app.core.tables import QuickCheck, Submission
from tests.api import SUBMISSIONS, Api, safetensors
from tests.board_factories import make_submission, make_user
from tests.factories import drawn_result
from tests.test_pages_submit import MULTIPART, form_values
from tests.visitors import Visitor, member, text_of, visit, visitor

pytest_plugins = ["tests.api_fixtures"]
__all__ = ["member", "visit", "visitor"]

SOURCE = b"class Net: pass\n"
NO_FILES = MULTIPART | {"model_file": ("", b"", "application/octet-stream")}


def file_of(name: str = "net.py", content: bytes = SOURCE) -> ModelFile:
    return ModelFile(get_blobs().store([content], 1 << 20), name)


def make_parent(result: bool = True, **request: Any) -> int:
    """A submission of somebody else; its number."""
    with session_scope() as session:
        asked = {"title": "the parent", "recipe": {"learning_rate": 0.05, "seed": 3}} | request
        made = make_submission(session, make_user(session, "parent"), **asked)
        if result:
            drawn_result(session, latest_run(session, made))
        assert made.number is not None
        return made.number


def of_file(result: bool = True, name: str = "net.py", **request: Any) -> int:
    return make_parent(result, model="", model_file=file_of(name), **request)


def newest() -> Submission:
    with session_scope() as session:
        return session.exec(select(Submission).order_by(Submission.number.desc())).first()  # type: ignore[union-attr, return-value]


def number_of(submission_id: str | None) -> int | None:
    with session_scope() as session:
        return session.exec(select(Submission.number).where(Submission.id == submission_id)).first()


def test_the_form_holds_what_the_parent_was_trained_with(member: Visitor) -> None:
    number = make_parent(options={"dropout": 0.4})

    values = form_values(member.get(f"/s/{number}/fork"))

    assert (values["model"], values["option.dropout"], values["parent"]) == ("yannet", "0.4", str(number))
    assert (values["learning_rate"], values["seed"], values["title"]) == ("0.05", "3", "the parent")


def test_a_fork_is_a_submission_of_its_own_that_knows_its_parent(member: Visitor) -> None:
    number = make_parent()
    values = form_values(member.get(f"/s/{number}/fork")) | {"learning_rate": "0.1"}

    assert member.post("/submit", values, files=NO_FILES).status_code == 303

    child = newest()
    assert number_of(child.parent_id) == number
    assert child.number != number
    assert child.recipe["learning_rate"] == 0.1


def test_a_switch_of_the_parent_can_be_switched_off(member: Visitor) -> None:
    number = make_parent(recipe={"momentum": 0.9, "nesterov": True})
    values = form_values(member.get(f"/s/{number}/fork"))
    assert values.pop("nesterov") == "true"

    member.post("/submit", values, files=NO_FILES)

    assert newest().recipe["nesterov"] is False


def test_the_model_file_is_kept_by_reference(member: Visitor) -> None:
    number = of_file(class_name="Net", arguments="1")
    page = member.get(f"/s/{number}/fork")

    assert member.post("/submit", form_values(page) | {"epochs": "5"}, files=NO_FILES).status_code == 303

    assert f"from #{number}" in text_of(page)
    child = newest()
    assert (child.model_file_name, child.class_name, child.arguments) == ("net.py", "Net", "1")
    assert child.model_file_sha256 == file_of().blob.sha256


def test_a_check_looks_at_the_parents_file(member: Visitor) -> None:
    number = of_file()

    page = member.post("/submit/check", form_values(member.get(f"/s/{number}/fork")), files=NO_FILES)

    with session_scope() as session:
        asked = session.exec(select(QuickCheck)).one()
    assert asked.model_file_sha256 == file_of().blob.sha256
    assert form_values(page)["parent"] == str(number)


def test_another_file_takes_the_place_of_the_parents(member: Visitor) -> None:
    number = of_file()
    values = form_values(member.get(f"/s/{number}/fork"))

    member.post("/submit", values, files={"model_file": ("other.py", b"class Other: pass\n", "text/x-python")})

    assert (newest().model_file_name, number_of(newest().parent_id)) == ("other.py", number)


def test_a_new_file_that_the_browser_forgets_is_not_silently_the_parents_again(member: Visitor) -> None:
    number = of_file()
    values = form_values(member.get(f"/s/{number}/fork")) | {"epochs": "99"}

    page = member.post("/submit", values, files={"model_file": ("other.py", b"class Other: pass\n", "text/x-python")})

    assert page.status_code == 422
    assert "model_file_of" not in form_values(page)
    assert form_values(page)["parent"] == str(number)
    assert "Browsers forget files" in text_of(page)


def test_changed_fields_say_what_they_were(member: Visitor) -> None:
    number = make_parent()
    values = form_values(member.get(f"/s/{number}/fork")) | {"learning_rate": "0.1", "batch_size": "32", "epochs": "99"}

    page = member.post("/submit", values, files=NO_FILES)

    assert 'data-was="0.05">was 0.05</span>' in page.text
    assert 'data-was="0" hidden>was 0<' in page.text
    assert "You changed 3 things; the comparison will not say which one helped." in text_of(page)


def test_a_file_that_is_not_public_yet_is_not_to_be_had(member: Visitor) -> None:
    number = of_file(result=False)

    assert member.get(f"/s/{number}/fork").status_code == 404
    values = form_values(member.get("/submit")) | {"model_file_of": str(number)}
    page = member.post("/submit", values, files=NO_FILES)
    assert page.status_code == 422
    assert "has no model file to show" in text_of(page)


@pytest.mark.parametrize("name", ["net.onnx", "net.pt2", "net.pt"])
def test_an_exported_network_cannot_be_trained_and_says_so(member: Visitor, name: str) -> None:
    number = of_file(name=name, kind="evaluate")

    page = member.get(f"/s/{number}/fork")

    assert page.status_code == 409
    assert "is an exported network: it can be tested, not trained" in text_of(page)
    assert f"/s/{number}/fork" not in member.get(f"/s/{number}").text


def test_tested_weights_are_left_out_of_a_fork(member: Visitor) -> None:
    weights = Weights(get_blobs().store([safetensors()], 1 << 20), "mine.safetensors")
    number = make_parent(kind="evaluate", weights=weights)

    member.post("/submit", form_values(member.get(f"/s/{number}/fork")), files=NO_FILES)

    assert (newest().kind, newest().weights_sha256) == ("train", None)


def test_strangers_sign_in_first(visitor: Visitor) -> None:
    number = make_parent()

    assert visitor.get(f"/s/{number}/fork").headers["location"] == f"/sign-in?next=%2Fs%2F{number}%2Ffork"


def test_a_withdrawn_parent_cannot_be_forked_by_others(member: Visitor) -> None:
    number = make_parent()
    with session_scope() as session:
        withdraw(session, get_jobs(), session.get_one(Submission, number))

    assert member.get(f"/s/{number}/fork").status_code == 404


def test_a_parent_that_is_withdrawn_meanwhile_is_named_and_forgotten(member: Visitor) -> None:
    number = make_parent()
    values = form_values(member.get(f"/s/{number}/fork"))
    with session_scope() as session:
        withdraw(session, get_jobs(), session.get_one(Submission, number))

    page = member.post("/submit", values, files=NO_FILES)

    assert page.status_code == 422
    assert f"There is no submission #{number}." in text_of(page)
    assert member.post("/submit", form_values(page), files=NO_FILES).status_code == 303
    assert newest().parent_id is None


def test_the_childs_page_says_what_changed_and_what_it_did(visitor: Visitor) -> None:
    number = make_parent()
    with session_scope() as session:
        child = make_submission(
            session,
            make_user(session, "child"),
            title="the child",
            parent=str(number),
            recipe={"learning_rate": 0.1, "seed": 3},
        )
        drawn_result(session, latest_run(session, child), share=0.99)
        child_number = child.number

    said = text_of(visitor.get(f"/s/{child_number}"))
    parent_said = text_of(visitor.get(f"/s/{number}"))

    assert "Learning rate 0.05 → 0.1" in said
    assert f"#{child_number} the child is better: 41 images fewer wrong" in said
    assert "0.1 was 0.05" in said
    assert f"#{child_number} the child · Child · Learning rate 0.05 → 0.1" in parent_said


def make_child(parent: int, share: float | None = None, **recipe: Any) -> int:
    """A fork of somebody else, measured where `share` says how much it reads right; its number."""
    with session_scope() as session:
        child = make_submission(session, make_user(session, "child"), parent=str(parent), recipe=recipe)
        if share is not None:
            drawn_result(session, latest_run(session, child), share=share)
        assert child.number is not None
        return child.number


def lineage_of(api: Api, number: int) -> dict[str, Any]:
    answer: dict[str, Any] = api.client.get(f"{SUBMISSIONS}/{number}/forks", headers={"Accept-Language": "en"}).json()
    return answer


def test_the_api_says_what_changed_and_what_it_did_as_the_page_does(api: Api, visitor: Visitor) -> None:
    number = make_parent()
    child = make_child(number, share=0.99, learning_rate=0.1, seed=3)

    body = lineage_of(api, child)

    assert body["changes"] == [{"name": "learning_rate", "before": 0.05, "after": 0.1}]
    assert body["effect"]["verdict"] in text_of(visitor.get(f"/s/{child}"))
    assert (body["effect"]["mean_difference"], body["effect"]["pair"]["difference"]) == (41, pytest.approx(0.0041))
    compared = api.client.get(f"/api/v1/compare?a={child}&b={number}", headers={"Accept-Language": "en"}).json()
    assert body["effect"] == {name: compared[name] for name in ("verdict", "remarks", "mean_difference", "pair")}
    assert lineage_of(api, number) == {"parent": None, "changes": [], "effect": None, "forks": [child]}


def test_before_the_child_has_a_result_the_api_tells_the_change_only(api: Api) -> None:
    number = make_parent()
    child = make_child(number, learning_rate=0.05, seed=3, epochs=1)

    body = lineage_of(api, child)

    assert (body["changes"], body["effect"]) == ([{"name": "epochs", "before": 3, "after": 1}], None)


def test_the_effect_of_a_fork_with_several_seeds_is_of_the_means_with_the_same_remarks(
    api: Api, visitor: Visitor
) -> None:
    number = make_parent()
    child = make_child(number, share=0.99, learning_rate=0.1, seed=3)
    with session_scope() as session:
        request_repetitions(session, get_jobs(), session.get_one(Submission, child), 2)
    with session_scope() as session:
        (again,) = repetitions(session, session.get_one(Submission, child))
        drawn_result(session, again, share=0.8)

    effect = lineage_of(api, child)["effect"]
    said = text_of(visitor.get(f"/s/{child}"))

    assert effect["verdict"].startswith(f"#{number} the parent has fewer images wrong on average: 141, #{child} ")
    assert effect["pair"]["difference"] > 0
    assert len(effect["remarks"]) == 4
    assert all(sentence in said for sentence in (effect["verdict"], *effect["remarks"]))
    assert f"#{child} a title is better" not in said


def test_before_the_child_has_a_result_only_the_change_is_told(visitor: Visitor) -> None:
    number = make_parent()
    with session_scope() as session:
        make_submission(session, make_user(session, "child"), parent=str(number), recipe={"epochs": 1})

    said = text_of(visitor.get(f"/s/{number + 1}"))

    assert "What changed" in said
    assert "McNemar" not in said


def test_a_withdrawn_fork_is_not_listed_and_a_withdrawn_parent_not_named(visitor: Visitor, api: Api) -> None:
    number = make_parent()
    with session_scope() as session:
        child = make_submission(session, make_user(session, "child"), parent=str(number))
        withdraw(session, get_jobs(), child)

    nothing = {"parent": None, "changes": [], "effect": None, "forks": []}
    assert api.client.get(f"{SUBMISSIONS}/{number}/forks").json() == nothing
    with session_scope() as session:
        session.get_one(Submission, number + 1).withdrawn = None
        withdraw(session, get_jobs(), session.get_one(Submission, number))
    assert api.client.get(f"{SUBMISSIONS}/{number + 1}/forks").json() == nothing
    assert api.client.get(f"{SUBMISSIONS}/{number + 1}").json()["parent"] is None
    assert "the parent" not in visitor.get(f"/s/{number + 1}").text


def test_the_api_takes_from_the_parent_what_is_not_said(api: Api) -> None:
    number = of_file(class_name="Net", recipe={"learning_rate": 0.05, "seed": 3, "momentum": 0.9})

    answer = api.client.post(
        f"{SUBMISSIONS}/{number}/forks", json={"title": "faster", "recipe": {"epochs": 5}}, headers=api.owner
    )

    assert answer.status_code == 201
    body = answer.json()
    assert (body["parent"], body["title"], body["class_name"]) == (number, "faster", "Net")
    assert body["model_file"]["name"] == "net.py"
    expected = {"learning_rate": 0.05, "seed": 3, "momentum": 0.9, "epochs": 5}
    assert body["recipe"] == Recipe().model_dump() | expected
    assert api.client.get(f"{SUBMISSIONS}/{number}/forks").json()["forks"] == [body["number"]]


def test_the_same_key_forks_once(api: Api) -> None:
    number = make_parent()
    headers = api.owner | {"Idempotency-Key": "k"}

    answers = [api.client.post(f"{SUBMISSIONS}/{number}/forks", json={}, headers=headers) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 200]
    assert answers[0].json()["number"] == answers[1].json()["number"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"recipe": {"epochs": 99}}, "epochs"),
        ({"recipe": []}, "recipe"),
        ({"title": 5}, "title"),
        ({"kind": "evaluate"}, "kind"),
        ({"options": {"nonsense": 1}}, "option.nonsense"),
    ],
)
def test_wrong_changes_are_refused_by_name(api: Api, body: dict[str, Any], field: str) -> None:
    answer = api.client.post(f"{SUBMISSIONS}/{make_parent()}/forks", json=body, headers=api.owner)

    assert answer.status_code == 422
    assert list(answer.json()["fields"]) == [field]


def test_a_submission_can_name_its_parent_and_take_its_file(api: Api) -> None:
    number = of_file()

    form = api.client.post(
        SUBMISSIONS, data={"parent": str(number), "model_file_of": str(number)}, headers=api.owner
    ).json()
    json = api.client.post(SUBMISSIONS, json={"parent": number, "model_file_of": number}, headers=api.owner).json()

    assert [form["parent"], json["parent"]] == [number, number]
    assert form["model_file"]["sha256"] == json["model_file"]["sha256"] == file_of().blob.sha256


@pytest.mark.parametrize("parent", [0, -1, "x", 2**40, 999, True, 1.5])
def test_a_parent_that_cannot_be_is_refused(api: Api, parent: Any) -> None:
    answer = api.client.post(SUBMISSIONS, json={"model": "yannet", "parent": parent}, headers=api.owner)

    assert answer.status_code == 422
    assert list(answer.json()["fields"]) == ["parent"]
    assert api.stored_submissions() == []


def test_two_requests_that_differ_in_their_parent_are_different_requests(api: Api) -> None:
    number = make_parent()
    headers = api.owner | {"Idempotency-Key": "k"}
    api.client.post(SUBMISSIONS, json={"model": "yannet"}, headers=headers)

    answer = api.client.post(SUBMISSIONS, json={"model": "yannet", "parent": number}, headers=headers)

    assert answer.status_code == 409


def test_a_recipe_from_before_a_setting_existed_has_its_default(session: Session) -> None:
    user = make_user(session)
    old, new = make_submission(session, user), make_submission(session, user)
    old.recipe = {name: value for name, value in old.recipe.items() if name != "precision"}

    assert changes(old, new) == []
