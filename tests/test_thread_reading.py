"""Threads as files and as pasted text: every form that GitHub's tools give, and whatever else somebody may upload."""

import contextlib
import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.errors import InvalidFields
from app.core.thread.posts import POSTS_MAXIMUM, TEXT_MAXIMUM, make_post
from app.core.thread.reading import read_thread
from tests.threads import comment, old_thread

ISSUE = {"title": "mnist benchmark", "number": 2, "body": "share your accuracy", "comments": 4, "user": {"login": "t"}}
FIRST, SECOND = comment(1, "first"), comment(2, "second")
GH_VIEW = {
    "body": "the issue",
    "author": {"login": "t"},
    "comments": [
        {"author": {"login": "a"}, "body": "first", "createdAt": "2021-11-03T08:30:00Z", "url": "https://x.org/1"}
    ],
}


def dump(*values: object) -> bytes:
    return "".join(json.dumps(value, ensure_ascii=False) for value in values).encode()


def texts(data: bytes) -> list[str]:
    return [post.text for post in read_thread(data)]


def refusal(data: bytes) -> str:
    with pytest.raises(InvalidFields) as caught:
        read_thread(data)
    return str(caught.value.fields["thread"])


@pytest.mark.parametrize(
    "data",
    [
        dump([FIRST, SECOND]),
        dump([FIRST], [SECOND]),
        dump([[FIRST], [SECOND]]),
        dump(FIRST) + b"\n" + dump(SECOND) + b"\n",
        b"\xef\xbb\xbf" + dump([FIRST, SECOND]),
        json.dumps([FIRST, SECOND], indent=2).encode(),
    ],
    ids=["array", "paginated", "slurped", "lines", "with a mark of order", "indented"],
)
def test_comments_are_read_in_every_form_that_github_gives(data: bytes) -> None:
    assert texts(data) == ["first", "second"]


def test_the_issue_itself_is_a_post_too() -> None:
    assert texts(dump(ISSUE, [FIRST])) == ["share your accuracy", "first"]


def test_an_issue_with_its_comments_inside_is_read_as_a_whole() -> None:
    assert texts(dump(GH_VIEW)) == ["the issue", "first"]


def test_a_comment_keeps_its_author_its_moment_and_its_address() -> None:
    post = read_thread(dump(old_thread()))[1]

    assert post.author == "student-2"
    assert post.posted == datetime(2021, 11, 5, 8, 30, tzinfo=UTC)
    assert post.url == post.key == "https://github.com/class/homework/issues/2#issuecomment-2"


def test_a_comment_that_stands_twice_in_a_download_is_one_post() -> None:
    assert texts(dump([FIRST], [FIRST, SECOND])) == ["first", "second"]


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "https://x.org/a b", "ftp://x.org", "https://x.org/" + "a" * 500]
)
def test_an_address_that_no_link_may_lead_to_is_dropped(url: str) -> None:
    assert read_thread(dump([FIRST | {"html_url": url}]))[0].url == ""


def test_what_no_database_can_hold_is_taken_out() -> None:
    (post,) = read_thread(b'[{"body": "98 %\\u0000 \\ud800", "user": {"login": "a\\u0000b\\nc"}}]')

    assert post.text == "98 % ?"
    assert post.author == "ab c"


def test_a_long_post_is_cut_at_githubs_own_limit() -> None:
    assert len(make_post("x" * 100_000).text) == TEXT_MAXIMUM


PASTED = """\
The first lines belong to nobody.

alice commented on Nov 3, 2021

acc 98.47 %

---

second of alice?

### 2021-11-05 bob
94.27 %

```
### 2021-11-06 carol
---
```

小明 评论于 2021年11月8日
准确率 99.18 %
"""


def test_a_pasted_thread_is_split_where_somebody_else_begins() -> None:
    found = [
        (post.author, post.posted.date().isoformat() if post.posted else "") for post in read_thread(PASTED.encode())
    ]

    assert found == [
        ("", ""),
        ("alice", "2021-11-03"),
        ("", ""),
        ("bob", "2021-11-05"),
        ("小明", "2021-11-08"),
    ]


COPIED = """\
alice
commented
on Nov 3, 2021
Contributor

acc 98.47%

bob commented on Nov 5, 2021 • edited

94.27%

carol
on 8 Nov 2021

done
"""


def test_the_text_of_a_copied_page_is_split_by_the_names_in_it() -> None:
    posts = read_thread(COPIED.encode())

    assert [post.author for post in posts] == ["alice", "bob", "carol"]
    assert [post.text for post in posts] == ["Contributor\n\nacc 98.47%", "94.27%", "done"]


def test_code_in_a_pasted_thread_is_not_split() -> None:
    assert "carol" in read_thread(PASTED.encode())[3].text


def test_a_line_of_dashes_below_a_text_is_a_heading_and_splits_nothing() -> None:
    assert len(read_thread(b"My result\n---\n98 %")) == 1


def test_the_same_pasted_post_has_the_same_key() -> None:
    assert [post.key for post in read_thread(PASTED.encode())] == [post.key for post in read_thread(PASTED.encode())]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "No post was found"),
        (b"[]", "No post was found"),
        (b'[{"body": 5}, 1, null, true, "x", {"body": null}]', "No post was found"),
        (b'{"message": "Not Found", "status": "404"}', "GitHub answered “Not Found”"),
        (b'[{"body": "x"}', "from character 0 on"),
        (b"\xff\xfe\x00", "byte 0"),
        (b"[{" + b"[" * 100_000, "cannot be read as JSON"),
        (b'{"comments":' * 50_000, "cannot be read as JSON"),
        (dump([comment(number, "x") for number in range(POSTS_MAXIMUM + 1)]), "501 posts"),
        (b"x" * 10_000_001, "10.0 MB"),
    ],
)
def test_what_is_no_thread_is_refused_with_the_reason(data: bytes, words: str) -> None:
    assert words in refusal(data)


@pytest.mark.timeout(60)
def test_ten_megabytes_of_json_are_read() -> None:
    data = dump([comment(number, "x" * 40_000) for number in range(240)])

    assert len(data) > 9_000_000
    assert len(read_thread(data)) == 240


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["body", "user", "login", "created_at", "html_url", "comments", "nodes"]), inner
        )
    ),
    max_leaves=20,
)


@settings(max_examples=200, deadline=None)
@given(JSON)
def test_no_json_breaks_the_reader(value: object) -> None:
    try:
        posts = read_thread(json.dumps([value]).encode())
    except InvalidFields:
        return
    assert all(post.text and len(post.key) <= 200 for post in posts)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    with contextlib.suppress(InvalidFields):
        assert read_thread(data)
