"""What the API says of a submission."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from fastapi import Request
from pydantic import BaseModel, Field
from sqlmodel import Session, select

from app.core.board import Entry, find_board
from app.core.deadlines import is_late
from app.core.jobs import get_jobs
from app.core.lineage import parent_of
from app.core.outcomes import OUTCOMES
from app.core.ranking import interval
from app.core.run_queue import under_way_and_waiting
from app.core.runs import Standing, State, latest_run, result_of, standing
from app.core.shown_names import shown
from app.core.submissions import is_close, shows_model_file
from app.core.tables import Event, Result, Run, Submission, User
from app.web.api.analysis_bodies import AnalysisBody, analyse
from app.web.api.reevaluation_bodies import ReevaluationBody, reevaluation_body
from app.web.api.wording import words
from app.web.claimed_view import claimed_of


class Author(BaseModel):
    """Who submitted."""

    handle: str = Field(examples=["zhou-yi"])
    name: str = Field(examples=["Zhou Yi"])


class Interval(BaseModel):
    """A 95 % interval of an accuracy."""

    low: float = Field(examples=[0.9811])
    high: float = Field(examples=[0.9861])


class UploadedFile(BaseModel):
    """A file that was uploaded."""

    name: str
    sha256: str


class UploadedModelFile(UploadedFile):
    """A network that was uploaded."""

    url: str | None = Field(description="the file itself, once there is a result")


class Message(BaseModel):
    """A sentence as it is stored: English with `%(name)s` places, and what goes there."""

    text: str
    values: dict[str, Any]


class RunBody(BaseModel):
    """The latest run. `starts` counts how often workers began it: more than once if one died."""

    id: str
    attempt: int
    starts: int
    worker: str | None
    isolation: str | None
    versions: dict[str, Any] | None
    created: datetime
    started: datetime | None
    finished: datetime | None


class ResultBody(BaseModel):
    """What was measured with the recipe's own seed. The rank is that of the board's first page.

    `rank_best` to `rank_worst` is what the data allow. All three are null for baselines, and where the same student has
    a better submission, for only that one stands there.
    """

    accuracy: float = Field(examples=[0.9838], description="0 to 1, after the last epoch")
    correct: int
    wrong: int
    total: int
    interval: Interval
    score: float = Field(examples=[0.9838], description="what ranks: the mean accuracy over all seeds, 0 to 1")
    score_interval: Interval = Field(description="of `score`; `interval` is that of `accuracy`")
    test_loss: float
    rank: int | None
    rank_best: int | None
    rank_worst: int | None
    epochs: list[dict[str, Any]]
    confusion: list[list[int]] = Field(description="10 × 10 counts, rows are the true digits")
    parameters: int
    layers: list[dict[str, Any]]
    detected: dict[str, Any] = Field(
        description="how the network was fed and read: format, class_name, arguments, input, output, normalize, "
        "padding, batch_size, missing"
    )
    train_seconds: float
    ece: float = Field(examples=[0.0029], description="expected calibration error, 0 to 1, over 15 equal stretches")
    flops: int | None = Field(description="operations for one image; a multiplication and an addition are two")
    has_convolution: bool | None
    latency_one_ms: float | None = Field(description="median for one image, on one thread of the worker")
    latency_thousand_ms: float | None = Field(description="median for 1,000 images at once")
    size_bytes: int | None = Field(description="of the weights")
    robust_accuracy: float | None = Field(description="mean share of changed test images read right, 0 to 1")
    data_sha256: str | None = Field(description="of the training and test images and labels")
    analysis: AnalysisBody
    errors_url: str = Field(examples=["/api/v1/submissions/12/errors"], description="every misread test image")
    weights_url: str | None = Field(description="the trained weights as .safetensors")


class Links(BaseModel):
    """Where to go from here."""

    self: str = Field(examples=["/api/v1/submissions/12"])
    events: str = Field(examples=["/api/v1/submissions/12/events"])
    runs: str = Field(examples=["/api/v1/submissions/12/runs"])
    seeds: str = Field(examples=["/api/v1/submissions/12/seeds"])
    forks: str = Field(examples=["/api/v1/submissions/12/forks"])
    receipt: str = Field(examples=["/api/v1/submissions/12/receipt"])
    html: str = Field(examples=["/s/12"])


class SubmissionBody(BaseModel):
    """A submission, its latest run and its result."""

    number: int = Field(examples=[12])
    id: str
    title: str
    author: Author
    is_late: bool = Field(description="submitted outside the class' time: no rank")
    kind: str
    dataset: str
    model: str | None = Field(description="id of a model of the zoo; null if a model file was uploaded")
    model_file: UploadedModelFile | None
    class_name: str = Field(description="as asked for; which one was taken stands in result.detected")
    arguments: str
    parent: int | None = Field(description="number of the submission that this one changed")
    claim_id: int | None = Field(description="the claim that it rebuilds: see GET /claims/{claim_id}")
    claimed_accuracy: float | None = Field(description="as its author or that claim says, 0 to 1; it never ranks")
    claimed_difference: float | None = Field(description="measured less claimed; null where one is missing")
    options: dict[str, Any]
    recipe: dict[str, Any]
    notes: str
    weights: UploadedFile | None
    created: datetime
    withdrawn: datetime | None
    hidden: datetime | None = Field(description="by a teacher; then there for its author and teachers only")
    state: State
    queue_position: int | None = Field(description="1 is next; only while queued")
    outcome: str | None
    message: str | None = Field(description="how the run ended, in the language of Accept-Language")
    message_source: Message | None
    what_to_do: str | None
    detail: str | None = Field(description="a traceback; for the author and the teacher only")
    run: RunBody
    result: ResultBody | None
    reevaluation: ReevaluationBody | None = Field(description="null where it was never evaluated again")
    links: Links


def describe(session: Session, submission: Submission, reader: User | None, request: Request) -> SubmissionBody:
    """All that this reader may know of a submission."""
    run = latest_run(session, submission)
    now = standing(session, get_jobs(), run)
    if not is_close(submission, reader):
        now = now.for_others()
    result = result_of(session, run)
    given = submission.model_dump(include=set(SubmissionBody.model_fields) & set(Submission.model_fields))
    return SubmissionBody(
        **given,
        author=_author(session, submission),
        is_late=not submission.is_baseline and is_late(session, submission),
        parent=_parent(session, submission, reader),
        claimed_difference=claimed.difference if (claimed := claimed_of(session, submission, result)) else None,
        model_file=_model_file(submission, shows_model_file(session, submission, reader)),
        weights=_weights(submission),
        state=now.state,
        queue_position=_queue_position(session, run) if now.state is State.QUEUED else None,
        **_ending(now, request),
        detail=run.detail if is_close(submission, reader) else None,
        run=RunBody(**run.model_dump(), starts=_starts(session, run)),
        result=_result(session, submission, result, request) if result else None,
        reevaluation=reevaluation_body(session, submission, is_close(submission, reader), request),
        links=_links(submission),
    )


def _author(session: Session, submission: Submission) -> Author:
    user = shown(session.get_one(User, submission.user_id))
    return Author(handle=user.handle, name=user.name)


def _parent(session: Session, submission: Submission, reader: User | None) -> int | None:
    parent = parent_of(session, submission, reader)
    return parent.number if parent else None


def _weights(submission: Submission) -> UploadedFile | None:
    if submission.weights_sha256 is None:
        return None
    return UploadedFile(name=submission.weights_name or "", sha256=submission.weights_sha256)


def _model_file(submission: Submission, is_shown: bool) -> UploadedModelFile | None:
    if submission.model_file_sha256 is None:
        return None
    url = f"{_links(submission).self}/model-file" if is_shown else None
    return UploadedModelFile(name=submission.model_file_name or "", sha256=submission.model_file_sha256, url=url)


def _queue_position(session: Session, run: Run) -> int | None:
    """None if a worker took it between two looks."""
    _, queued = under_way_and_waiting(session, get_jobs())
    return queued.index(run.id) + 1 if run.id in queued else None


def _ending(now: Standing, request: Request) -> dict[str, Any]:
    if now.outcome is None or now.message is None:
        return {"outcome": None, "message": None, "message_source": None, "what_to_do": None}
    return {
        "outcome": now.outcome,
        "message": words(request, now.message),
        "message_source": Message(**now.message.as_json()),
        "what_to_do": words(request, OUTCOMES[now.outcome].what_to_do) or None,
    }


def _starts(session: Session, run: Run) -> int:
    return session.exec(select(sa.func.max(Event.start)).where(Event.run_id == run.id)).one() or 0


def _result(session: Session, submission: Submission, result: Result, request: Request) -> ResultBody:
    board = find_board(session, submission.dataset)
    entry, row = board.entry(submission.id), board.placed(submission.id)
    score = entry or result
    return ResultBody(
        **result.model_dump(include=set(ResultBody.model_fields) & set(Result.model_fields)),
        accuracy=result.correct / result.total,
        wrong=result.total - result.correct,
        interval=_interval(result),
        score=score.correct / score.total,
        score_interval=_interval(score),
        rank=row.place.rank if row else None,
        rank_best=row.place.best if row else None,
        rank_worst=row.place.worst if row else None,
        analysis=analyse(session, submission, result, request),
        errors_url=f"{_links(submission).self}/errors",
        weights_url=f"{_links(submission).self}/weights" if result.weights_sha256 else None,
    )


def _interval(measured: Result | Entry) -> Interval:
    low, high = interval(measured.correct, measured.total)
    return Interval(low=low, high=high)


def _links(submission: Submission) -> Links:
    here = f"/api/v1/submissions/{submission.number}"
    return Links(
        self=here,
        events=f"{here}/events",
        runs=f"{here}/runs",
        seeds=f"{here}/seeds",
        forks=f"{here}/forks",
        receipt=f"{here}/receipt",
        html=f"/s/{submission.number}",
    )
