"""The class' own caps: how long and how large its students' submissions may be, below the service's limits."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel import Session, select

from app.core.blobs import get_blobs
from app.core.errors import InvalidFields
from app.core.quotas import is_charged
from app.core.requests import Checked, Request, Upload
from app.core.sentences import N_, Sentence
from app.core.settings import get_settings
from app.core.tables import Classroom, QuickCheck, Submission, User
from app.core.zoo import zoo

EPOCHS = N_("epochs is %(value)s; this class allows at most %(maximum)s.")
PARAMETERS = N_("The network has %(value)s parameters; this class allows at most %(maximum)s. Use a smaller one.")
NO_WEIGHTS = N_("This class tests no weights that were trained elsewhere. Send the network alone; it is trained here.")
AT_MOST_EPOCHS = N_("at most %(value)s epochs")
AT_MOST_PARAMETERS = N_("at most %(value)s parameters")
AT_MOST_MINUTES = N_("at most %(value)s min of training")
AT_MOST_SIZE = N_("files of at most %(value)s MB")
NO_OWN_WEIGHTS = N_("no weights trained elsewhere")
FILE_SIZE = N_("“%(name)s” is larger than the %(limit_mb)g MB that this class allows. Send a smaller file.")


@dataclass(frozen=True)
class RunCaps:
    """What a run may take: seconds of wall clock, and parameters, None where nobody counts."""

    time_s: float = math.inf
    parameters: int | None = None


NO_CAPS = RunCaps()


def caps_of(session: Session, submission: Submission) -> RunCaps:
    """The caps of the class for a run of this submission."""
    return _run_caps(session.get_one(Classroom, submission.classroom_id), session.get_one(User, submission.user_id))


def caps_of_check(session: Session, check: QuickCheck) -> RunCaps:
    """The caps of the class for what somebody has checked before they submit it."""
    return _run_caps(session.exec(select(Classroom)).one(), session.get_one(User, check.user_id))


def _run_caps(classroom: Classroom, user: User) -> RunCaps:
    if not is_charged(user):
        return NO_CAPS
    return RunCaps(classroom.train_time_cap_s or math.inf, classroom.parameters_cap)


def upload_limit_bytes(session: Session, user: User | None) -> int:
    """How large a file this user may send: the service's limit, or the class' own where that is lower."""
    service = get_settings().upload_limit_bytes
    if user is None or not is_charged(user):
        return service
    return min(service, session.exec(select(Classroom)).one().upload_cap_bytes or service)


def may_bring_weights(session: Session, user: User | None) -> bool:
    """Whether weights that this user trained elsewhere are tested."""
    return user is None or not is_charged(user) or session.exec(select(Classroom)).one().allow_weights


def limits_of(session: Session, user: User) -> list[Sentence]:
    """What the class allows this user, in words; nothing where only the service's own limits hold."""
    if not is_charged(user):
        return []
    return class_limits(session.exec(select(Classroom)).one())


def class_limits(classroom: Classroom) -> list[Sentence]:
    """What the class allows its students, in words."""
    caps = (
        (AT_MOST_EPOCHS, classroom.epochs_cap, 1),
        (AT_MOST_PARAMETERS, classroom.parameters_cap, 1),
        (AT_MOST_MINUTES, classroom.train_time_cap_s, 60),
        (AT_MOST_SIZE, classroom.upload_cap_bytes, 1e6),
    )
    found = [Sentence(text, {"value": f"{cap / unit:,g}"}) for text, cap, unit in caps if cap is not None]
    return found if classroom.allow_weights else [*found, Sentence(NO_OWN_WEIGHTS)]


def require_within_caps(session: Session, user: User, request: Request, checked: Checked) -> None:
    """Raise InvalidFields for what is over a cap of the class; the teacher and the course have none."""
    if not is_charged(user):
        return
    classroom = session.exec(select(Classroom)).one()
    files = {"model_file": request.model_file, "weights": request.weights}
    errors = _weights_errors(classroom, checked) | _epochs_errors(classroom, checked) | _size_errors(classroom, files)
    errors |= _parameters_errors(classroom, checked)
    if errors:
        raise InvalidFields(errors)


def _weights_errors(classroom: Classroom, checked: Checked) -> dict[str, Sentence]:
    if classroom.allow_weights or checked.kind != "evaluate":
        return {}
    return {"weights": Sentence(NO_WEIGHTS)}


def _epochs_errors(classroom: Classroom, checked: Checked) -> dict[str, Sentence]:
    cap, epochs = classroom.epochs_cap, checked.recipe.epochs
    if cap is None or checked.kind != "train" or epochs <= cap:
        return {}
    return {"epochs": Sentence(EPOCHS, {"value": epochs, "maximum": cap})}


def _parameters_errors(classroom: Classroom, checked: Checked) -> dict[str, Sentence]:
    """For a network whose size is known before it is built: a run that must fail is not to cost one."""
    cap, model = classroom.parameters_cap, zoo().get(checked.model or "")
    if cap is None or model is None or model.parameters <= cap:
        return {}
    defaults = {option.name: option.default for option in model.options}
    if any(value != defaults.get(name) for name, value in checked.options.items()):
        return {}  # another size; the run counts it
    return {"model": Sentence(PARAMETERS, {"value": model.parameters, "maximum": cap})}


def _size_errors(classroom: Classroom, files: Mapping[str, Upload | None]) -> dict[str, Sentence]:
    cap = classroom.upload_cap_bytes
    if cap is None:
        return {}
    too_large = {name: file for name, file in files.items() if file and get_blobs().size_bytes(file.blob.sha256) > cap}
    values = {"limit_mb": cap / 1e6}
    return {name: Sentence(FILE_SIZE, values | {"name": file.shown_name}) for name, file in too_large.items()}
