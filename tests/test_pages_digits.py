"""The pages of test images, and the images themselves."""

import io
import re
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from sqlmodel import Session

from app.core.test_set import find_test_set
from tests.analysis_factories import submit_answers, write_test_set
from tests.digits import draw_digits
from tests.factories import make_member
from tests.visitors import Visitor, text_of, visit, visitor

__all__ = ["visit", "visitor"]
Labels = npt.NDArray[np.uint8]


@pytest.fixture
def labels(data_dir: Path) -> Labels:
    return write_test_set(data_dir)


def pixels(content: bytes) -> npt.NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(content)))


def listed(page: str) -> list[int]:
    return [int(index) for index in re.findall(r'<li><a href="/digits/(\d+)"', page)]


@pytest.fixture
def three(session: Session, labels: Labels) -> None:
    """Three networks: image 1 is read by none, 2 by one, 3 by two, all others by all."""
    mistakes = ((1, 2, 3), (1, 2), (1,))
    for number, indexes in enumerate(mistakes):
        read = {i: ((int(labels[i]) + 1 + number) % 10, 0.5) for i in indexes}
        student = make_member(session, f"student-{number}", f"Student-{number}")
        submit_answers(session, student, labels, read, title=f"net-{number}")


def test_an_image_is_that_of_the_test_set(visitor: Visitor, labels: Labels) -> None:
    answer = visitor.get("/digits/17.png")
    assert answer.headers["content-type"] == "image/png"
    assert (pixels(answer.content) == draw_digits(200, seed=5)[0][17]).all()


def test_a_sheet_is_the_images_in_a_row(visitor: Visitor, labels: Labels) -> None:
    found = pixels(visitor.get("/digits.png?at=3,199,0").content)
    images = draw_digits(200, seed=5)[0]
    assert (found == np.concatenate([images[3], images[199], images[0]], axis=1)).all()


def test_an_address_with_the_images_mark_may_be_kept_for_ever(visitor: Visitor, labels: Labels) -> None:
    test_set = find_test_set()
    assert test_set is not None
    with_mark, without, wrong_mark = (
        visitor.get(f"/digits/17.png{query}").headers["cache-control"] for query in (f"?v={test_set.mark}", "", "?v=1")
    )
    assert "immutable" in with_mark
    assert "immutable" not in without + wrong_mark


def test_other_images_have_another_mark(visitor: Visitor, data_dir: Path) -> None:
    marks = set()
    for count in (50, 60):
        write_test_set(data_dir, count)
        test_set = find_test_set()
        assert test_set is not None
        marks.add(test_set.mark)
    assert len(marks) == 2


@pytest.mark.parametrize(
    "path", ["/digits/200.png", "/digits/-1.png", "/digits.png", "/digits.png?at=1,200", "/digits/200", "/digits/-1"]
)
def test_what_is_not_in_the_test_set_is_not_found(visitor: Visitor, labels: Labels, path: str) -> None:
    assert visitor.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/digits/x.png", "/digits/x", "/digits/1e3"])
def test_what_is_no_number_is_not_found(visitor: Visitor, labels: Labels, path: str) -> None:
    assert visitor.get(path).status_code == 404


def test_a_sheet_has_no_more_than_a_hundred_images(visitor: Visitor, labels: Labels) -> None:
    found = pixels(visitor.get("/digits.png?at=" + ",".join(map(str, range(150)))).content)
    assert found.shape == (28, 2800)


@pytest.mark.parametrize("path", ["/digits/1.png", "/digits.png?at=1"])
def test_before_the_first_start_of_the_worker_there_are_no_images(visitor: Visitor, path: str) -> None:
    answer = visitor.get(path)
    assert answer.status_code == 404
    assert "The test images are not here yet" in text_of(answer)


def test_images_without_their_labels_are_not_shown(visitor: Visitor, labels: Labels, data_dir: Path) -> None:
    np.save(data_dir / "labels" / "mnist.npy", labels[:-1])
    assert visitor.get("/digits/1.png").status_code == 404


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(("show", "indexes"), [("hardest", [1, 2, 3]), ("one", [2]), ("nobody", [1]), ("disputed", [])])
def test_each_list_holds_what_its_name_says(visitor: Visitor, show: str, indexes: list[int]) -> None:
    assert listed(visitor.get(f"/digits?show={show}").text) == indexes


@pytest.mark.usefixtures("three")
def test_a_list_says_how_many_read_an_image_and_what_the_others_take_it_for(visitor: Visitor, labels: Labels) -> None:
    said = text_of(visitor.get("/digits?show=hardest"))
    assert f"{labels[3]} → {(labels[3] + 1) % 10} 2 of 3 right" in said
    assert "How the 3 models on the board read the test images" in said
    assert "Hardest 3 Only one reads 1 Nobody reads 1 Doubted labels 0" in said


@pytest.mark.usefixtures("three")
def test_an_unknown_list_is_named_and_another_one_shown(visitor: Visitor) -> None:
    page = visitor.get("/digits?show=easiest")
    assert "There is no list “easiest”" in text_of(page)
    assert listed(page.text) == [1, 2, 3]


def test_doubted_labels_are_listed_with_their_source(visitor: Visitor, data_dir: Path) -> None:
    write_test_set(data_dir, 10_000)
    page = visitor.get("/digits?show=disputed")
    assert len(listed(page.text)) == 15
    assert "Northcutt" in text_of(page)


def test_the_judges_of_a_doubted_label_are_counted(visitor: Visitor, data_dir: Path) -> None:
    write_test_set(data_dir, 10_000)
    said = text_of(visitor.get("/digits/947"))
    assert "Of 5 judges 0 chose 8, 5 chose 9 and 0 both or neither." in said


@pytest.mark.usefixtures("three")
def test_a_digit_shows_all_answers_the_best_network_first(visitor: Visitor, labels: Labels) -> None:
    page = visitor.get("/digits/2")
    said = text_of(page)
    label = int(labels[2])
    assert f"label {label} · 1 of 3 models read it right" in said
    order = [
        said.index(words)
        for words in (f"net-2 Student-2 {label} 90.0", f"net-1 Student-1 wrong: {(label + 2) % 10} 50.0")
    ]
    assert order == sorted(order)
    assert 'href="/digits/1" rel="prev"' in page.text
    assert 'href="/digits/3" rel="next"' in page.text
    assert re.search(r'<img class="dg-one" src="/digits/2\.png\?v=[0-9a-f]{8}"', page.text)


def test_the_first_and_the_last_digit_have_one_neighbour(visitor: Visitor, labels: Labels) -> None:
    first, last = visitor.get("/digits/0").text, visitor.get("/digits/199").text
    assert 'rel="prev"' not in first
    assert 'rel="next"' in first
    assert 'rel="prev"' in last
    assert 'rel="next"' not in last


def test_the_number_of_an_image_leads_to_it(visitor: Visitor, labels: Labels) -> None:
    assert visitor.get("/digits?index=42").headers["location"] == "/digits/42"


@pytest.mark.parametrize("path", ["/digits", "/digits/5", "/digits?show=one", "/digits?part=7"])
def test_before_there_is_any_result_the_pages_are_there(visitor: Visitor, path: str) -> None:
    answer = visitor.get(path)
    assert answer.status_code == 200
    assert "The test images are not here yet" in text_of(answer)


@pytest.mark.parametrize("path", ["/digits", "/digits/1", "/digits?show=disputed"])
@pytest.mark.usefixtures("three")
def test_strangers_read_the_pages_in_both_languages(visitor: Visitor, path: str) -> None:
    assert re.findall(r"[\u4e00-\u9fff]+", text_of(visitor.get(path))) == ["中文"]
    visitor.language = "zh"
    assert "测试" in text_of(visitor.get(path))
