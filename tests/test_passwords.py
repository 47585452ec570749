"""Which passwords are good enough."""

import subprocess
import sys

import argon2
import pytest

from app.core.passwords import common_passwords, hash_password, is_password, password_errors


def refusal(password: str, *own_words: str) -> str:
    return str(password_errors(password, own_words).get("password", ""))


@pytest.mark.parametrize(
    "password",
    [
        "a sentence is long",
        "correct horse battery 马",
        "一二三四五六七八九十",
        "aaaaaaaaab cc",
        "xq7!mzp2kd",
    ],
)
def test_a_password_of_ten_characters_needs_nothing_else(password: str) -> None:
    assert refusal(password) == ""


@pytest.mark.parametrize("password", ["", "short", "123456789", "九个字的密码不够长"])
def test_a_shorter_one_is_refused_with_its_length(password: str) -> None:
    assert f"has {len(password)} characters; use 10 or more" in refusal(password)


@pytest.mark.parametrize(
    "password",
    ["1234567890", "qwertyuiop", "QwertyUiop", " password123 ", "１２３４５６７８９０", "manchester", "aaaaaaaaaaaa"],
)
def test_one_of_the_commonest_is_refused_in_any_writing(password: str) -> None:
    assert "among the commonest" in refusal(password)


def test_a_thousand_of_usable_length_are_known() -> None:
    assert sum(len(password) >= 10 for password in common_passwords()) == 1000


@pytest.mark.parametrize("password", ["zhou-yi-2026", "ZHOU-YI-2026", "Zhou Yi Junior"])
def test_the_handle_or_the_name_is_refused(password: str) -> None:
    assert "your handle or your name" in refusal(password, "zhou-yi-2026", "Zhou Yi Junior")


def test_a_hash_knows_its_password_and_no_other() -> None:
    stored = hash_password("a sentence is long")

    assert stored.startswith("$argon2id$")
    assert is_password(stored, "a sentence is long")
    assert not is_password(stored, "a sentence is lonG")


def test_where_there_is_no_password_none_is_right() -> None:
    assert not is_password("", "")


def test_the_service_itself_hashes_at_least_as_slowly_as_the_rfc_recommends() -> None:
    # Another interpreter: in this one the tests' own cheap cost stands (tests/conftest.py).
    program = "from app.core.passwords import hash_password; print(hash_password('a sentence is long'))"
    stored = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.strip()

    cost = argon2.extract_parameters(stored)
    assert (cost.type, cost.time_cost >= 3, cost.memory_cost >= 64 * 1024) == (argon2.Type.ID, True, True)
