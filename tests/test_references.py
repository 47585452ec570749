"""#117 and @zhou-yi in texts: which are found, and which become links."""

import pytest
from sqlmodel import Session

from app.core.references import References, known_references, references_in
from app.core.tables import now
from app.web.notes import comment_html, notes_html
from tests.board_factories import make_submission, make_user

KNOWN = References(frozenset({"lin", "zhou-yi"}), frozenset({12}))


@pytest.mark.parametrize(
    ("text", "handles", "numbers"),
    [
        ("@lin and #12", {"lin"}, {12}),
        ("谢谢@lin，见#12号", {"lin"}, {12}),
        ("(@zhou-yi), @Zhou-Yi.", {"zhou-yi"}, set()),
        ("# 12\n\n#12", set(), {12}),
        ("*@lin* **#12** ~~@zhou-yi~~", {"lin", "zhou-yi"}, {12}),
        ("a@lin.cn x.org/#12 &#12; /@lin ##12 @@lin", set(), set()),
        ("`@lin #12`\n\n```\n@lin\n```\n\n    @lin", set(), set()),
        ("[@lin #12](https://example.org)", set(), set()),
        ("#0 #012 #1234567890 @ @- @_x", set(), set()),
        ("| @lin |\n| - |\n| #12 |", {"lin"}, {12}),
        ("", set(), set()),
    ],
)
def test_references_are_found_in_text_and_nowhere_else(text: str, handles: set[str], numbers: set[int]) -> None:
    assert references_in([text]) == References(frozenset(handles), frozenset(numbers))


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("see #12", '<a href="/s/12" rel="nofollow noopener ugc">#12</a>'),
        ("@Zhou-Yi", '<a href="/u/zhou-yi" rel="nofollow noopener ugc">@Zhou-Yi</a>'),
        ("*#12*", '<em><a href="/s/12" rel="nofollow noopener ugc">#12</a></em>'),
        ("- @lin", '<a href="/u/lin" rel="nofollow noopener ugc">@lin</a>'),
    ],
)
def test_what_leads_somewhere_is_a_link(text: str, link: str) -> None:
    assert link in comment_html(text, KNOWN)
    assert link in notes_html(text, KNOWN)


@pytest.mark.parametrize("text", ["#13", "@nobody", "`#12`", "~~~\n@lin\n~~~", "#12abc"])
def test_what_leads_nowhere_stays_text(text: str) -> None:
    assert "<a" not in comment_html(text, KNOWN)


def test_the_words_around_a_reference_stay() -> None:
    html = comment_html("a <b> #12, & @lin\nnext", KNOWN)

    assert "a &lt;b&gt; <a" in html
    assert "</a>, &amp; <a" in html
    assert "<br>\nnext" in html


def test_only_people_who_are_here_and_submissions_that_all_may_see_are_known(session: Session) -> None:
    author, left = make_user(session, "lin"), make_user(session, "gone")
    left.departed = now()
    standing, withdrawn, hidden = (make_submission(session, author) for _ in range(3))
    withdrawn.withdrawn, hidden.hidden = now(), now()
    session.flush()
    numbers = " ".join(f"#{each.number}" for each in (standing, withdrawn, hidden))

    found = known_references(session, [f"@lin @gone @nobody {numbers} #999"])

    assert found == References(frozenset({"lin"}), frozenset({standing.number or 0}))
