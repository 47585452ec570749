"""A thread pasted as Markdown or as the text of its page, split into posts.

A post begins at a line that says who wrote when (`alice commented on Nov 3, 2021`, `### 2021-11-03 alice`), or after a
line of dashes. Lines inside of code are left alone, and so is every line that says anything more. Without such lines
all is one post.
"""

import re
from collections.abc import Iterator, Sequence
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
    r"|(?<![\w-])(?:on|at|this issue|said|-|的|edited|contributor|owner|member|author|collaborator)(?![\w-])",
    re.IGNORECASE,
)
TIME = re.compile(
    r"T?(?<![\d.])\d{1,2}:\d\d(?::\d\d)?(?:\.\d{1,6})? ?(?:[ap]m|utc|gmt|z)?(?:[+-]\d\d:?\d\d)?", re.IGNORECASE
)
# Words that begin sentences and headings of a post's own; nobody is called like that.
NO_NAME = re.compile(
    r"(?<![\w.-])(?:i|we|you|he|she|it|they|this|that|my|me|our|the|a|an|and|is|was|as|first|last|final|code|results?"
    r"|experiments?|baseline|accuracy|acc|model|training|test|update|updated|edit|version|epochs?|log)(?![\w-])"
    r"|我|本文|今天|昨天|代码|模型|准确|正确|精度|结果|实验|更新|训练|测试|\d[.]\d",
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

    def take_name(self, before: "_Draft") -> bool:
        """Whether it is known who says it; the name may stand above in a line of its own."""
        if self.author or not self.is_said:
            return True
        above = [line.strip() for line in before.lines]
        while above and (not above[-1] or SAYS.fullmatch(above[-1])):
            above.pop()
        is_alone = len(above) == 1 or (len(above) > 1 and not above[-2])
        if not (is_alone and LOGIN.fullmatch(above[-1])) or above[-1].isdigit() or NO_NAME.search(above[-1]):
            return False
        self.author = above.pop()
        before.lines = before.lines[: len(above)]
        return True

    def post(self) -> Post:
        return make_post("\n".join(self.lines), self.author, self.posted)


def read_markdown(text: str) -> list[Post]:
    """The posts of a pasted thread, in its order; those without a text left out."""
    return [post for post in (draft.post() for draft in _drafts(text)) if post.text]


def _drafts(text: str) -> Iterator[_Draft]:
    draft, fence, before = _Draft(), "", ""
    lines = text.splitlines()
    for index, line in enumerate(lines):
        if found := FENCE.match(line):
            fence = "" if fence == found[1] else fence or found[1]
        head = None if fence or found or _introduces_quote(lines, index) else _head(line)
        head = head if head and head.take_name(draft) else None
        # A line of dashes right below a text makes that text a heading.
        if head or (not fence and not before.strip() and BREAK.fullmatch(line)):
            yield draft
            draft = head or _Draft()
        else:
            draft.lines.append(line)
        before = line
    yield draft


def _introduces_quote(lines: Sequence[str], index: int) -> bool:
    """Whether a line like `On Nov 3, 2021, bob wrote:` names whom this post quotes below."""
    below = next((line for line in lines[index + 1 : index + 3] if line.strip()), "")
    return lines[index].rstrip().endswith((":", "：")) and below.lstrip().startswith(">")


def _head(line: str) -> _Draft | None:
    """Who wrote when, if this line says that and nothing else: whatever more it says belongs to a post."""
    line = line.strip()
    if not line or len(line) > LINE_MAXIMUM or line.startswith(">"):
        return None
    found = _date(line)
    if found is None:
        return None
    posted, rest = found
    is_said = SAYS.search(rest) is not None or rest.strip().lower() in ("on", "于")
    is_heading = HEADING.match(line) is not None
    if not (is_said or is_heading or line.startswith("**")):
        return None
    name = " ".join(FILLING.sub(" ", SAYS.sub(" ", TIME.sub(" ", rest))).split())
    is_name = NAME.fullmatch(name) is not None and NO_NAME.search(name) is None
    if not (is_name or (not name and (is_said or is_heading))):
        return None
    return _Draft(name, posted, is_said=is_said)


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
