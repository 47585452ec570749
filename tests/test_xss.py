"""No text of a user becomes a script: a published corpus, through the renderer, the pages, the feed and Chromium."""

import html
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import html5lib
import pytest
from playwright.sync_api import Browser, Page, Route
from sqlmodel import Session

from app.core.comments import add_comment
from app.core.database import session_scope
from app.core.references import References
from app.core.tables import Comment
from app.web.notes import comment_html, notes_html, post_html
from tests.board_factories import make_result, make_submission
from tests.browser import browser
from tests.conftest import data_folder
from tests.factories import make_member
from tests.service import free_port, service
from tests.visitors import Visitor, member, visit, visitor
from tests.xss import ALL, MARKDOWN, PUBLISHED, faults, wrapped

__all__ = ["browser", "member", "visit", "visitor"]
KNOWN = References(frozenset({"lin"}), frozenset({12}))
# A thread has parts of 50; each comment of the test holds so many strings.
STRINGS_IN_A_COMMENT = 40


def in_comments() -> list[str]:
    """The corpus as few comments, so that one page shows all of it."""
    return [
        "\n\n".join(ALL[start : start + STRINGS_IN_A_COMMENT]) for start in range(0, len(ALL), STRINGS_IN_A_COMMENT)
    ]


def test_the_corpus_is_large_and_published() -> None:
    assert len(PUBLISHED) >= 200
    assert len(set(PUBLISHED)) >= 200
    assert len(MARKDOWN) >= 30


def test_the_parser_finds_what_would_be_wrong() -> None:
    """A check of the check: unrendered, most of the corpus is found out."""
    caught = [payload for payload in PUBLISHED if faults(payload)]

    assert len(caught) > 150
    assert faults('<a href="java\tscript:alert(1)">x</a>') == ["href=java\tscript:alert(1)"]


@pytest.mark.parametrize("payload", ALL)
def test_no_string_gets_through_as_more_than_text(payload: str) -> None:
    for text in wrapped(payload):
        for render in (comment_html, notes_html):
            assert faults(render(text, KNOWN)) == [], text
        assert faults(post_html(text)) == [], text


def test_the_whole_corpus_at_once_does_not_either() -> None:
    assert faults(comment_html("\n".join(ALL), KNOWN)) == []
    assert faults(notes_html(" ".join(ALL), KNOWN)) == []


def fill_the_page(session: Session, title: str = "a title") -> int:
    """A submission whose notes, title and discussion hold the corpus; its number."""
    author = make_member(session, "zhou-yi", "<script>alert('name')</script>")
    notes = "\n\n".join(PUBLISHED)[:20_000]
    submission = make_submission(session, author, title=title, notes=notes)
    make_result(session, submission)
    for text in in_comments():
        add_comment(session, author, submission, text)
        add_comment(session, author, None, text)
    return submission.number or 0


def page_faults(text: str) -> list[str]:
    """Elements and attributes of a page that none of our templates writes."""
    tree = html5lib.parse(text, treebuilder="etree", namespaceHTMLElements=False)
    found = []
    for element in tree.iter():
        names = [name for name in element.attrib if name.startswith("on") or name == "srcdoc"]
        found += [f"<{element.tag} {name}>" for name in names]
        found += [f"<{element.tag}>" for tag in ("iframe", "object", "embed", "base") if element.tag == tag]
        if element.tag == "script" and not element.attrib.get("src", "").startswith("/static/"):
            found.append("<script>")
    return found


@pytest.mark.parametrize("path", ["/s/{number}", "/s/{number}/comments", "/discussion", "/", "/s/{number}?lang=zh"])
def test_pages_hold_no_element_that_is_not_ours(visitor: Visitor, session: Session, path: str) -> None:
    number = fill_the_page(session, "\"><script>alert('title')</script><img src=x onerror=alert(1)>")
    session.commit()

    page = visitor.get(path.format(number=number))

    assert page.status_code == 200
    assert page_faults(page.text) == []
    assert "alert(&#39;title&#39;)" in page.text or "alert(123)" in page.text


def test_what_was_typed_comes_back_in_the_form_as_text(member: Visitor) -> None:
    text = "</textarea><script>alert(1)</script>" + "x" * 10_000
    page = member.post("/discussion", {"text": text})

    assert page.status_code == 422
    assert page_faults(page.text) == []
    assert html.escape("</textarea><script>alert(1)</script>", quote=False) in page.text


def test_titles_and_names_are_text_in_the_feed(visitor: Visitor, session: Session) -> None:
    fill_the_page(session, "]]><script>alert('title')</script>&amp;")
    session.commit()

    feed = ET.fromstring(visitor.get("/feed.atom").content)

    titles = [element.text or "" for element in feed.iter("{http://www.w3.org/2005/Atom}title")]
    assert any("]]><script>alert('title')</script>&amp;" in title for title in titles)
    assert list(feed.iter("script")) == list(feed.iter("{http://www.w3.org/2005/Atom}script")) == []


@pytest.fixture(scope="module")
def address(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A web whose pages are full of the corpus."""
    place = tmp_path_factory.mktemp("xss") / "data"
    with (
        pytest.MonkeyPatch.context() as patch,
        data_folder(place, migrated_sqlite, patch) as folder,
        service(folder) as running,
    ):
        port = free_port()
        running.web(port)
        with session_scope() as session:
            assert fill_the_page(session, "<img src=x onerror=alert('title')>") == 1
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def naked(browser: Browser) -> Iterator[tuple[Page, list[str]]]:
    """A window that ignores our content security policy, and what scripts of strangers did in it."""
    context = browser.new_context(bypass_csp=True)
    page, deeds = context.new_page(), list[str]()

    def look(route: Route) -> Any:
        url = route.request.url
        if re.match(r"http://127\.0\.0\.1:\d+/(?!x$)", url):
            return route.continue_()
        deeds.append(f"fetched {url[:80]}")
        return route.abort()

    def close(dialog: Any) -> None:
        deeds.append(f"opened {dialog.message[:80]}")
        dialog.dismiss()

    page.route("**/*", look)
    page.on("dialog", close)
    yield page, deeds
    context.close()


@pytest.mark.browser
@pytest.mark.parametrize("path", ["/s/1", "/s/1/comments", "/discussion", "/"])
def test_no_script_of_a_user_runs_in_chromium_even_without_our_policy(
    naked: tuple[Page, list[str]], address: str, path: str
) -> None:
    page, deeds = naked

    page.goto(address + path)
    page.mouse.move(400, 300)
    page.wait_for_timeout(500)

    assert deeds == []


@pytest.mark.browser
def test_chromium_would_run_them_if_they_were_let_through(naked: tuple[Page, list[str]], address: str) -> None:
    """A check of the check: the same strings, unrendered."""
    page, deeds = naked

    page.goto(address + "/healthz")
    page.set_content("\n".join(f"<div>{payload}</div>" for payload in PUBLISHED[:3]))
    page.wait_for_timeout(500)

    assert any(deed.startswith("opened") for deed in deeds)


@pytest.mark.browser
def test_links_of_users_do_not_run_scripts_when_they_are_followed(naked: tuple[Page, list[str]], address: str) -> None:
    page, _ = naked
    page.goto(f"{address}/s/1/comments")

    schemes = page.eval_on_selector_all(".prose a", "links => [...new Set(links.map(link => link.protocol))]")

    # A lone colon is what Chromium says of an address that it cannot read and does not follow.
    assert set(schemes) <= {"http:", "https:", "mailto:", ":"}
    assert page.locator(".prose script, .prose img, .prose iframe, .prose [style], .prose svg").count() == 0


def test_every_comment_of_the_corpus_is_kept_as_it_was_sent(session: Session) -> None:
    author = make_member(session)
    kept = [add_comment(session, author, None, text).stored_id for text in in_comments()]

    assert [session.get_one(Comment, each).text for each in kept] == [text.strip() for text in in_comments()]
