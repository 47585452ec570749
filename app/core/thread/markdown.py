"""A thread pasted as Markdown or as the text of its page, split into posts.

A post begins at a line that says who wrote when (`alice commented on Nov 3, 2021`, `### 2021-11-03 alice`), or after a
line of dashes. Lines inside of code are left alone. Without such lines all is one post.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from app.core.thread.posts import Post, make_post

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = "(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}"
YEAR_FIRST = re.compile(r"((?:19|20)\d\d) ?[-/.年] ?(\d{1,2}) ?[-/.月] ?(\d{1,2})日?")
MONTH_FIRST = re.compile(rf"{_MONTH}\.? (\d{{1,2}}),? ((?:19|20)\d\d)", re.IGNORECASE)
DAY_FIRST = re.compile(rf"(\d{{1,2}})\.? {_MONTH}\.?,? ((?:19|20)\d\d)", re.IGNORECASE)
HEADING = re.compile(r"#{1,6} ")
SAYS = re.compile(r"(?<![a-z])(?:commented|wrote|posted|opened)(?![a-z])|评论|发表|写道|发布", re.IGNORECASE)
# What is left of such a line beside the name.
FILLING = re.compile(
    r"[#*_`:：()（）,，·•|<>\[\]—–于在@]"
    r"|(?<![\w-])(?:on|at|this issue|said|-|的|edited|contributor|owner|member|author)(?![\w-])",
    re.IGNORECASE,
)
# A page of GitHub copied as text has the name in a line of its own above “commented” and “on Nov 3, 2021”.
LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}")
NAME = re.compile(r"[\w.\-]{1,39}(?: [\w.\-]{1,39}){0,2}")
BREAK = re.compile(r" {0,3}(?:-{3,}|\*{3,}|_{3,})\s*")
FENCE = re.compile(r" {0,3}(```|~~~)")
LINE_MAXIMUM = 120


@dataclass
class _Draft:
    author: str = ""
    posted: datetime | None = None
    lines: list[str] = field(default_factory=list)
    is_said: bool = False

    def take_name(self, before: "_Draft") -> None:
        """The name, if it stands above in a line of its own."""
        if self.author or not self.is_said:
            return
        above = [line.strip() for line in before.lines]
        while above and (not above[-1] or SAYS.fullmatch(above[-1])):
            above.pop()
        if above and LOGIN.fullmatch(above[-1]):
            self.author = above.pop()
            before.lines = before.lines[: len(above)]

    def post(self) -> Post:
        return make_post("\n".join(self.lines), self.author, self.posted)


def read_markdown(text: str) -> list[Post]:
    """The posts of a pasted thread, in its order; those without a text left out."""
    return [post for post in (draft.post() for draft in _drafts(text)) if post.text]


def _drafts(text: str) -> Iterator[_Draft]:
    draft, fence, before = _Draft(), "", ""
    for line in text.splitlines():
        if found := FENCE.match(line):
            fence = "" if fence == found[1] else fence or found[1]
        head = None if fence or found else _head(line)
        # A line of dashes right below a text makes that text a heading.
        if head or (not fence and not before.strip() and BREAK.fullmatch(line)):
            if head:
                head.take_name(draft)
            yield draft
            draft = head or _Draft()
        else:
            draft.lines.append(line)
        before = line
    yield draft


def _head(line: str) -> _Draft | None:
    """Who wrote when, if this line says so."""
    line = line.strip()
    if not line or len(line) > LINE_MAXIMUM:
        return None
    found = _date(line)
    if found is None:
        return None
    posted, rest = found
    is_said = SAYS.search(rest) is not None or rest.strip().lower() in ("on", "于")
    if not (is_said or HEADING.match(line) or line.startswith("**")):
        return None
    name = NAME.fullmatch(" ".join(FILLING.sub(" ", SAYS.sub(" ", rest)).split()) or "")
    if name is None and not is_said and not HEADING.match(line):
        return None
    return _Draft(name[0] if name else "", posted, is_said=is_said)


def _date(line: str) -> tuple[datetime, str] | None:
    """A date in a line, and the line without it."""
    for pattern, order in ((YEAR_FIRST, (1, 2, 3)), (MONTH_FIRST, (3, 1, 2)), (DAY_FIRST, (3, 2, 1))):
        if found := pattern.search(line):
            year, month, day = (found[group].lower() for group in order)
            number = MONTHS.index(month) + 1 if month in MONTHS else int(month)
            try:
                return datetime(int(year), number, int(day), tzinfo=UTC), line.replace(found[0], " ")
            except ValueError:
                return None
    return None
