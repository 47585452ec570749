"""Training notes: Markdown to HTML in two layers. The parser takes no raw HTML, the sanitiser allows a short list."""

from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

TAGS = set(
    "p br a em strong code pre ul ol li blockquote h3 h4 h5 hr s del table thead tbody tr th td".split()  # noqa: SIM905
)
ATTRIBUTES = {"a": {"href", "title"}, "th": {"align"}, "td": {"align"}, "ol": {"start"}}
SCHEMES = {"http", "https", "mailto"}
# A page has its own h1 and h2; notes stand below them.
HEADINGS_DOWN = 2
DEEPEST_HEADING = 5


@lru_cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "linkify": True})
    return parser.enable(["table", "strikethrough", "linkify"])


def notes_html(text: str) -> Markup:
    """Notes as safe HTML."""
    tokens = _parser().parse(text)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) + HEADINGS_DOWN, DEEPEST_HEADING)}"
    html = _parser().renderer.render(tokens, _parser().options, {})
    clean = nh3.clean(html, tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES, link_rel="nofollow noopener ugc")
    return Markup(clean)  # noqa: S704 - the sanitiser's output is what this type is for
