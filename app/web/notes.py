"""Training notes: Markdown to HTML in two layers. The parser takes no raw HTML, the sanitiser allows a short list."""

from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

from app.core.references import References
from app.web.reference_links import link_references

TAGS = set(
    "p br a em strong code pre ul ol li blockquote h3 h4 h5 hr s del table thead tbody tr th td".split()  # noqa: SIM905
)
ATTRIBUTES = {"a": {"href", "title"}, "th": {"align"}, "td": {"align"}, "ol": {"start"}}
SCHEMES = {"http", "https", "mailto"}
# A page has its own h1 and h2; notes stand below them.
HEADINGS_DOWN = 2
DEEPEST_HEADING = 5
# Finding links takes time with the square of a word's length: seconds for a post that is one word.
LONGEST_WORD = 2_000
NOTHING_KNOWN = References()


@lru_cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "linkify": True})
    return parser.enable(["table", "strikethrough", "linkify"])


@lru_cache
def _post_parser(finds_links: bool) -> MarkdownIt:
    """As GitHub shows comments, each line in its own; and a star stands for “times”, as in 5*5."""
    parser = MarkdownIt("commonmark", {"html": False, "linkify": finds_links, "breaks": True})
    return parser.enable(["table", "strikethrough", "linkify"]).disable("emphasis")


@lru_cache
def _comment_parser() -> MarkdownIt:
    """As people write to each other: a new line is a new line."""
    parser = MarkdownIt("commonmark", {"html": False, "linkify": True, "breaks": True})
    return parser.enable(["table", "strikethrough", "linkify"])


def notes_html(text: str, known: References = NOTHING_KNOWN) -> Markup:
    """Notes as safe HTML. `known`: the references that become links."""
    return _html(_parser(), text, known)


def comment_html(text: str, known: References = NOTHING_KNOWN) -> Markup:
    """A comment as safe HTML."""
    return _html(_comment_parser(), text, known)


def post_html(text: str) -> Markup:
    """A post of an old thread as safe HTML."""
    is_usual = max(map(len, text.split()), default=0) <= LONGEST_WORD
    return _html(_post_parser(is_usual), text)


def _html(parser: MarkdownIt, text: str, known: References = NOTHING_KNOWN) -> Markup:
    tokens = parser.parse(text)
    link_references(tokens, known)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) + HEADINGS_DOWN, DEEPEST_HEADING)}"
    html = parser.renderer.render(tokens, parser.options, {})
    clean = nh3.clean(html, tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES, link_rel="nofollow noopener ugc")
    return Markup(clean)  # noqa: S704 - the sanitiser's output is what this type is for
