"""GET /digits/{index}.png and /digits.png?at=3,141,59: test images."""

from fastapi import APIRouter
from starlette.responses import Response

from app.core.errors import NotFound
from app.core.sentences import N_, Sentence
from app.core.test_set import LabelledImages, find_test_set
from app.web.digit_images import SHEET_MAXIMUM, png

router = APIRouter()
NO_IMAGES = N_("The test images are not here yet: they come with the first start of the trainer.")
# An address that names the images' mark never changes its content.
FOR_EVER = "public, max-age=31536000, immutable"
FOR_AN_HOUR = "public, max-age=3600"


@router.get("/digits/{index}.png")
def get_image(index: int, v: str = "") -> Response:
    """One image of 28 × 28 pixels."""
    return _answer([index], v)


@router.get("/digits.png")
def get_sheet(at: str = "", v: str = "") -> Response:
    """Up to 100 images in a row."""
    indexes = [int(part) for part in at.split(",")[: SHEET_MAXIMUM + 1] if part.isascii() and part.isdigit()]
    return _answer(indexes[:SHEET_MAXIMUM], v)


def _answer(indexes: list[int], mark: str) -> Response:
    images = find_test_set()
    if images is None:
        raise NotFound(Sentence(NO_IMAGES))
    check_indexes(images, indexes)
    lasting = FOR_EVER if mark == images.mark else FOR_AN_HOUR
    return Response(png(images, indexes), headers={"Cache-Control": lasting}, media_type="image/png")


def check_indexes(images: LabelledImages, indexes: list[int]) -> None:
    """Raise NotFound unless there is such an image, and at least one."""
    unknown = [index for index in indexes if not 0 <= index < len(images)]
    if unknown or not indexes:
        text = N_("There is no test image %(index)s; they are numbered from 0 to %(last)s.")
        raise NotFound(Sentence(text, {"index": unknown[0] if unknown else "–", "last": len(images) - 1}))
