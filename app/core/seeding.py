"""What a first start puts into an empty database: the class, the teacher and the baselines."""

import secrets

from sqlmodel import Session, col, select

from app.core.accounts import add_sign_in_link, add_user, find_user
from app.core.jobs import Jobs
from app.core.schema import take_turns
from app.core.sentences import N_
from app.core.submissions import Request, create
from app.core.tables import Classroom, Submission, User
from app.core.zoo import find_model

TEACHER = "teacher"
COURSE = "course"
BASELINES = ("softmax_regression", "mlp", "lenet5", "yannet")
# Without the letters and digits that are mistaken for each other when read aloud.
JOIN_CODE_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def seed_people(session: Session) -> str | None:
    """Make the class and its teacher if there are none; returns the teacher's sign-in secret the first time."""
    take_turns(session.connection())
    if session.exec(select(Classroom)).first() is not None:
        return None
    session.add(Classroom(name="MNIST Benchmark", join_code=new_join_code()))
    session.flush()
    add_user(session, COURSE, N_("Course"), "course")
    return add_sign_in_link(session, add_user(session, TEACHER, N_("Teacher"), "teacher"))


def new_join_code() -> str:
    """A code that lets people into the class."""
    return "".join(secrets.choice(JOIN_CODE_LETTERS) for _ in range(8))


def seed_baselines(session: Session, jobs: Jobs, dataset: str) -> int:
    """Queue the baselines of a data set unless they are there; returns how many were queued."""
    take_turns(session.connection())
    statement = select(Submission.model).where(col(Submission.is_baseline), Submission.dataset == dataset)
    missing = [model for model in BASELINES if model not in set(session.exec(statement))]
    course = find_user(session, COURSE)
    if course is not None:
        for model in missing:
            _queue_baseline(session, jobs, course, model, dataset)
    return len(missing)


def _queue_baseline(session: Session, jobs: Jobs, course: User, model: str, dataset: str) -> None:
    card = find_model(model)
    request = Request(kind="train", model=model, title=card.title, notes=card.source, recipe=card.recipe)
    submission, _ = create(session, jobs, course, request, dataset)
    submission.is_baseline = True
    session.add(submission)


def unused_teacher_link(session: Session) -> str | None:
    """A fresh sign-in secret for a teacher who has never set a password, else None."""
    teacher = find_user(session, TEACHER)
    if teacher is None or teacher.password_hash:
        return None
    return add_sign_in_link(session, teacher)
