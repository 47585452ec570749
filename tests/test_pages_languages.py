import re

import pytest
from sqlmodel import Session

from app.core.accounts import find_user
from tests.visitors import Visit, Visitor, member, text_of, visit, visitor

__all__ = ["member", "visit", "visitor"]


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "zh-CN"),
        ("fr", "zh-CN"),
        ("en", "en"),
        ("en-GB,en;q=0.9", "en"),
        ("en;q=0.5,zh;q=0.9", "zh-CN"),
        ("fr,zh-TW;q=0.4,en;q=0.8", "en"),
        ("en;q=0,zh;q=0.1", "zh-CN"),
        ("en;q=nonsense", "zh-CN"),
    ],
)
def test_the_browsers_wish_decides(visitor: Visitor, accepted: str, language: str) -> None:
    visitor.language = accepted
    assert f'<html lang="{language}">' in visitor.get("/").text


def test_the_switch_keeps_the_page_and_is_remembered(visitor: Visitor) -> None:
    page = visitor.get("/?best=0")
    switch = re.findall(r'href="([^"]+)" lang="zh-CN"', page.text)[0].replace("&amp;", "&")
    assert switch == "/?best=0&lang=zh"
    assert "MNIST 排行榜" in text_of(visitor.get(switch))
    assert "MNIST 排行榜" in text_of(visitor.get("/"))


def test_an_unknown_language_changes_nothing(visitor: Visitor) -> None:
    visitor.get("/?lang=klingon")
    assert "MNIST leaderboard" in text_of(visitor.get("/"))


def test_the_choice_of_a_member_follows_them_to_another_browser(
    member: Visitor, visit: Visit, session: Session
) -> None:
    member.get("/?lang=zh")
    user = find_user(session, "zhou-yi")
    assert user is not None
    assert user.language == "zh"
    assert "MNIST 排行榜" in text_of(visit(language="en").sign_in().get("/"))


@pytest.mark.parametrize("path", ["/", "/submit", "/me", "/me/tokens", "/me/password", "/about", "/api"])
@pytest.mark.parametrize(("language", "html_language"), [("zh", "zh-CN"), ("en", "en")])
def test_every_page_exists_in_both_languages(member: Visitor, path: str, language: str, html_language: str) -> None:
    member.language = language
    page = member.get(path)
    assert page.status_code == 200
    assert f'<html lang="{html_language}">' in page.text
    assert page.headers["vary"].startswith("Accept-Language, Cookie")


@pytest.mark.parametrize("path", ["/", "/join", "/sign-in", "/sign-in/link/x", "/no-such-page"])
def test_strangers_read_every_page_in_both_languages(visit: Visit, path: str) -> None:
    chinese, english = text_of(visit(language="zh").get(path)), text_of(visit(language="en").get(path))
    assert re.search(r"[\u4e00-\u9fff]{2}", chinese)
    # The switch alone is written in the other language.
    assert re.findall(r"[\u4e00-\u9fff]+", english) == ["中文"]


def test_the_theme_goes_round_and_is_kept(visitor: Visitor) -> None:
    assert "data-theme=" not in visitor.get("/").text.split("<head>")[0]
    response = visitor.post("/theme", {"theme": "dark", "next": "/about"})
    assert response.headers["location"] == "/about"
    assert '<html lang="en" data-theme="dark">' in visitor.get("/").text
    visitor.post("/theme", {"theme": "neon"})
    assert "data-theme=" not in visitor.get("/").text.split("<head>")[0]
