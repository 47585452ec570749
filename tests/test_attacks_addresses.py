"""Addresses and headers that somebody made up: redirects to elsewhere, hosts, line breaks, paths, odd encodings."""

from collections.abc import Iterator
from urllib.parse import quote

import httpx
import pytest
from sqlmodel import Session

from app.core.accounts import add_sign_in_link
from app.web.file_answers import as_attachment
from tests.api import SUBMISSIONS, Api
from tests.board_factories import make_result, make_submission, make_user
from tests.conftest import clear_caches
from tests.factories import PASSWORD, make_member
from tests.visitors import Visit, Visitor, member, visit, visitor

__all__ = ["member", "visit", "visitor"]
pytest_plugins = ["tests.api_fixtures"]
# Where a browser would go with each of these: to another site, or nowhere.
ELSEWHERE = [
    "//evil.example",
    "///evil.example",
    "////evil.example/..",
    "/\\evil.example",
    "\\\\evil.example",
    "\\/evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "\x00//evil.example",
    "https://evil.example",
    "https:evil.example",
    "http:///evil.example",
    "HTTPS://evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "//testserver@evil.example",
    "/\u2028/evil.example",
    "evil.example",
    "?next=//evil.example",
    "/ok\r\nSet-Cookie: session=x",
    "/ok\r\n\r\n<script>",
    "//[::1",
    "",
]


@pytest.fixture
def public(data_dir: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The settings say under which address this service is known."""
    monkeypatch.setenv("PUBLIC_URL", "https://mnist.school.example")
    clear_caches()
    yield "https://mnist.school.example"
    clear_caches()


def test_signing_in_leads_to_no_other_site(visit: Visit, session: Session) -> None:
    make_member(session)
    session.commit()
    form = {"handle": "zhou-yi", "password": PASSWORD}

    answers = [visit().post("/sign-in", form | {"next": target}) for target in ELSEWHERE]

    assert {(answer.status_code, answer.headers["location"]) for answer in answers} == {(303, "/")}
    assert ["x" in answer.cookies.values() for answer in answers] == [False] * len(ELSEWHERE)


def test_no_page_redirects_a_member_to_another_site(member: Visitor) -> None:
    queries = [quote(target, safe="") for target in ELSEWHERE]
    answers = [member.get(f"/{page}?next={query}") for page in ("sign-in", "join", "join/code") for query in queries]
    answers += [member.post("/theme", {"theme": "dark", "next": target}) for target in ELSEWHERE]

    assert {answer.headers.get("location", "/") for answer in answers} == {"/"}
    assert {answer.status_code for answer in answers} <= {303, 400, 422}


def test_the_form_that_is_shown_again_holds_no_other_site_either(visitor: Visitor) -> None:
    answer = visitor.post("/sign-in", {"handle": "x", "password": "y", "next": "//evil.example"})

    assert "evil.example" not in answer.text


@pytest.mark.parametrize(
    "referrer", ["https://evil.example/", "http://testserver@evil.example/", "//evil.example", "x"]
)
def test_a_form_that_needs_a_sign_in_leads_back_to_no_other_site(visitor: Visitor, referrer: str) -> None:
    answer = visitor.post("/me/tokens", {}, headers={"Referer": referrer})

    assert answer.headers["location"] == "/sign-in?next=%2F"


BAD_HOSTS = [
    'evil.example"><script>',
    "evil.example/path",
    "evil.example#",
    "user@evil.example",
    "evil.example?x",
    "evil.example\\x",
    "a b",
    "$(reboot)",
    "evil.example:99999999",
    "",
]


@pytest.mark.parametrize("path", ["/", "/api/v1/leaderboard", "/feed.atom"])
def test_a_host_that_is_none_gets_no_page(visitor: Visitor, path: str) -> None:
    answers = [visitor.client.get(path, headers={"Host": host}, follow_redirects=False) for host in BAD_HOSTS]

    assert {answer.status_code for answer in answers} == {400}
    assert {"evil.example" in answer.text + str(answer.headers) for answer in answers} == {False}


@pytest.mark.parametrize(
    "host", ["localhost:8000", "192.0.2.7", "[2001:db8::1]:8000", "mnist_board", "mnist.school.cn"]
)
def test_every_name_of_this_machine_is_answered(visitor: Visitor, host: str) -> None:
    assert visitor.client.get("/about", headers={"Host": host}).status_code == 200


def test_a_made_up_host_gets_into_no_link_where_the_public_address_is_set(
    public: str, visit: Visit, api: Api, session: Session
) -> None:
    user = make_user(session, "li-na")
    make_result(session, make_submission(session, user))
    link = add_sign_in_link(session, make_member(session, "ms-wang", "Ms Wang", "teacher"))
    session.commit()
    teacher = visit()
    teacher.client.base_url = httpx.URL("https://testserver")  # or the cookies would not be kept
    teacher.post(f"/sign-in/link/{link}")
    evil = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}

    pages = [teacher.get(path, headers=evil) for path in ("/teach/class", "/me/tokens", "/leaderboard.csv", "/submit")]
    pages += [teacher.get(path, headers=evil) for path in ("/feed.atom", "/leaderboard.md", "/u/li-na/feed.atom")]
    pages.append(teacher.post("/teach/students/li-na/reset", headers=evil))
    pages.append(api.client.post("/api/v1/teach/students/li-na/reset", headers=api.teacher | evil))

    assert [page.status_code for page in pages] == [200] * 9
    assert ["evil.example" in page.text for page in pages] == [False] * 9
    assert [public in page.text for page in pages] == [True] * 9


def test_behind_a_proxy_cookies_are_for_encrypted_connections_only(public: str, visit: Visit, session: Session) -> None:
    make_member(session)
    session.commit()
    visitor = visit()
    token = visitor.get("/sign-in").headers.get_list("set-cookie")[0]

    assert "Secure" in token


# Every way in which something that a user typed could end a header's line or its quotes, or its folder.
UPLOADS = ["../../../../tmp/evil.py", "..\\evil.py", "/etc/passwd.py", "a\r\nX-Evil: 1.py", "%2e%2e.py"]
CHARSETS = ["unicode_escape", "raw_unicode_escape", "utf-7", "utf-16", "punycode", "idna", "hex", "x"]
QUERIES = ["next=%00", "next=%ff%fe", "lang=%00", "part=%00", "part=99999999999999999999", "code=%ed%a0%80"]
FORMS = ["/me/name", "/me/tokens", "/discussion", "/sign-in", "/join", "/me/webhooks", "/theme", "/me/delete"]
PAGES = ["/sign-in", "/join", "/discussion", "/notifications", "/", "/feed.atom", "/u/zhou-yi"]
NAMES = [
    "a\r\nX-Evil: 1",
    'a"; filename="evil.exe',
    "a\x00b",
    "a%0d%0aX-Evil: 1",
    "模型.py",
    "\u202eyp.exe",
    "../../x",
    "a\\b",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_files_name_stays_within_its_header(name: str) -> None:
    value = as_attachment(name)["Content-Disposition"]

    assert value.isascii()
    assert value.isprintable()
    assert value.count('"') == 2
    assert "\\" not in value


@pytest.mark.parametrize("name", UPLOADS)
def test_the_name_of_an_upload_leads_nowhere(api: Api, name: str) -> None:
    code = b"import torch.nn as nn\n\nclass Net(nn.Module):\n    pass\n"
    files = {"model_file": (name, code, "text/x-python")}
    made = api.client.post(SUBMISSIONS, data={"kind": "train"}, files=files, headers=api.owner)
    assert made.status_code == 201, made.text
    number = made.json()["number"]

    answer = api.client.get(f"{SUBMISSIONS}/{number}/model-file", headers=api.owner)

    assert answer.content == code
    assert "x-evil" not in answer.headers
    assert len(api.stored_blobs()) == 1
    assert api.stored_blobs()[0].resolve().is_relative_to(api.data_dir.resolve() / "blobs")


@pytest.mark.parametrize(
    "handle",
    ["%2e%2e%2fetc", "a%00b", "%ff", "%ed%a0%80", "a%0d%0ab", "x" * 2000, "ａｄｍｉｎ", "-1"],
)
def test_a_path_in_the_place_of_a_handle_finds_nobody(visitor: Visitor, api: Api, handle: str) -> None:
    pages = [f"/u/{handle}", f"/u/{handle}/feed.atom", f"/api/v1/users/{handle}", f"/join/{handle}"]

    statuses = [visitor.client.get(page, follow_redirects=False).status_code for page in pages]

    assert {*statuses[:3]} <= {400, 404, 422}
    assert statuses[3] in (200, 404)


@pytest.mark.parametrize("charset", CHARSETS)
def test_a_form_in_another_encoding_makes_no_error_of_ours(member: Visitor, charset: str) -> None:
    token = member.csrf_token()
    body = (
        f'--b\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{token}\r\n'
        f'--b\r\nContent-Disposition: form-data; name="name"\r\n\r\n\\ud800 Zhou\\x00\r\n--b--\r\n'
    )
    member.client.cookies = member.cookies
    kind = f"multipart/form-data; boundary=b; charset={charset}"

    answer = member.client.post(
        "/me/name", content=body.encode(), headers={"Content-Type": kind}, follow_redirects=False
    )

    assert answer.status_code in (303, 400, 403, 415, 422)


@pytest.mark.parametrize("text", ["\x00", "a\x00b", "%ED%A0%80", "\ufffe"])
def test_nul_and_broken_text_in_forms_make_no_error_of_ours(member: Visitor, text: str) -> None:
    form = dict.fromkeys(
        ("name", "text", "handle", "password", "url", "events", "scopes", "code", "next", "theme"), text
    )

    statuses = {path: member.post(path, form).status_code for path in FORMS}

    assert {path for path, status in statuses.items() if status >= 500} == set()


def test_odd_queries_make_no_error_of_ours(member: Visitor, visitor: Visitor) -> None:
    addresses = [f"{page}?{query}" for page in PAGES for query in QUERIES]

    statuses = {
        (who is member, address): who.get(address).status_code for who in (member, visitor) for address in addresses
    }

    assert {key for key, status in statuses.items() if status >= 500} == set()
