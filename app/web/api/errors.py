"""The test images that a network reads wrong."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from app.core.database import session_scope
from app.core.finished import find_finished
from app.core.misread import misread, of_cell
from app.core.readings import find_readings
from app.core.test_set import find_test_set_of
from app.web.api.bodies import problems
from app.web.api.callers import Reader
from app.web.api.parts import Part, part_of
from app.web.api.wording import words
from app.web.digit_images import image_url
from app.web.misread_view import Gallery, gallery

router = APIRouter(tags=["digits"])
ROWS_MAXIMUM = 1000


class ErrorBody(BaseModel):
    """One misread image."""

    index: int = Field(examples=[947], description="into the test set, from 0")
    label: int | None = Field(
        examples=[8], description="null where `no_images` says why, and while no worker has prepared the test set"
    )
    read: int = Field(examples=[9])
    confidence: float = Field(examples=[0.98], description="probability given to what was read, 0 to 1")
    classmates: int = Field(examples=[3], description="other students' best networks that misread it too")
    is_disputed: bool = Field(description="whether people doubt the label")
    url: str | None = Field(examples=["/api/v1/digits/947"], description="null where `no_images` says why")
    image_url: str | None = Field(examples=["/digits/947.png?v=1f2e3d4c"], description="likewise")


class ErrorsBody(BaseModel):
    """Misread images, the surest first. `next` is the address of the following part, or null."""

    number: int
    wrong: int = Field(description="misread images in all")
    chosen: int = Field(description="of the asked digits")
    classmates: int = Field(description="other students' networks that they were compared with")
    no_images: str | None = Field(
        description="why labels and addresses of the rows are null: they are of another data set than this service's"
    )
    rows: list[ErrorBody]
    next: str | None


@router.get(
    "/submissions/{number}/errors",
    operation_id="listErrors",
    summary="Every test image that a submission's network reads wrong",
    responses=problems(401, 404, 422),
)
def get_errors(
    number: int,
    reader: Reader,
    request: Request,
    asked: Annotated[Part, part_of(100, ROWS_MAXIMUM)],
    true: Annotated[int | None, Query(ge=0, le=9, description="Only images with this label.")] = None,
    read: Annotated[int | None, Query(ge=0, le=9, description="Only images read as this digit.")] = None,
) -> ErrorsBody:
    """Public, like the result. A result never changes, so the parts fit together."""
    with session_scope() as session:
        finished = find_finished(session, number, reader)
        submission = finished.submission
        test_set = find_test_set_of(submission.dataset)
        found = misread(finished.result, submission.dataset, test_set.labels if test_set else None)
        chosen = of_cell(found, true, read)
        readings = find_readings(session, submission.dataset)
        part, total = chosen[asked.after : asked.after + asked.limit], finished.result.total
        shown = gallery(part, readings, submission.user_id, total, submission.dataset)
    return ErrorsBody(
        number=number,
        wrong=len(found),
        chosen=len(chosen),
        classmates=shown.classmates,
        no_images=words(request, shown.foreign_words) if shown.is_foreign else None,
        rows=_rows(shown),
        next=asked.next_count(len(chosen)),
    )


def _rows(shown: Gallery) -> list[ErrorBody]:
    return [
        ErrorBody(
            index=each.digit.index,
            label=each.digit.label,
            read=each.digit.read,
            confidence=each.digit.confidence,
            classmates=each.too,
            is_disputed=each.digit.dispute is not None,
            url=None if shown.is_foreign else f"/api/v1/digits/{each.digit.index}",
            image_url=None if shown.is_foreign else image_url(each.digit.index),
        )
        for each in shown.digits
    ]
