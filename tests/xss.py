"""Published strings that try to smuggle scripts into pages, and a real HTML parser to look for what got through."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import html5lib

_LINES = (Path(__file__).parent / "xss_payloads.txt").read_text("utf-8").split("\n")
PUBLISHED = [line for line in _LINES[_LINES.index("") :] if line.strip()]

# What Markdown itself offers: addresses in links, images, autolinks, titles, definitions and code fences.
MARKDOWN = [
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](<java\nscript:alert(1)>)",
    "[x]( javascript:alert(1))",
    "[x](<javascript:alert(1)>)",
    "[x](\x01javascript:alert(1))",
    "[x](vbscript:msgbox(1))",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[x](data:image/svg+xml,<svg/onload=alert(1)>)",
    "[x](file:///etc/passwd)",
    "[x](blob:https://example.org/1)",
    "[x](//javascript:alert(1))",
    "![x](javascript:alert(1))",
    '![x" onerror="alert(1)](x)',
    '[x](https://a.b "onclick=alert(1)")',
    '[x](https://a.b\'"onmouseover="alert(1))',
    "<javascript:alert(1)>",
    "<https://a.b/\"onclick='alert(1)'>",
    "[a]: javascript:alert(1)\n\n[a]",
    "[a]: <javascript:alert(1)> 'x'\n\n![a][a]",
    '```"><script>alert(1)</script>\nx\n```',
    "```html onclick=alert(1)\n<script>alert(1)</script>\n```",
    "<details open ontoggle=alert(1)>",
    "<style>@import 'javascript:alert(1)';</style>",
    "| <script>alert(1)</script> | `|` |\n| - | - |\n| <img src=x onerror=alert(1)> | b |",
    "https://a.b/<script>alert(1)</script>",
    'www.a.b/"onmouseover=alert(1)//',
    '@lin<script>alert(1)</script> #12"onclick=alert(1)',
    "[@lin](javascript:alert(1)) [#12](javascript:alert(1))",
]


def wrapped(payload: str) -> list[str]:
    """A published string as text, and at the places where Markdown takes an address, a title or code."""
    return [
        payload,
        f"[x]({payload})",
        f"[x](<{payload}>)",
        f'[x](https://a.b "{payload}")',
        f"[{payload}](https://a.b)",
        f"![{payload}]({payload})",
        f"<{payload}>",
        f"`{payload}`",
        f"```{payload}\n{payload}\n```",
        f"[a]: {payload}\n\n[a]",
        f"> {payload}\n- {payload}\n# {payload}",
        f"#12{payload}@lin",
    ]


ALL = [*PUBLISHED, *MARKDOWN]
TAGS = frozenset(
    "p br a em strong code pre ul ol li blockquote h3 h4 h5 hr s del table thead tbody tr th td".split()  # noqa: SIM905
)
ATTRIBUTES = frozenset({"href", "title", "rel", "align", "start"})


def faults(html: str) -> list[str]:
    """What a browser would make of this HTML beyond plain text, lists and safe links."""
    tree = html5lib.parseFragment(html, container="div", treebuilder="etree", namespaceHTMLElements=False)
    return [fault for element in tree.iter() if element is not tree for fault in _faults_of(element)]


def _faults_of(element: object) -> Iterator[str]:
    tag, attributes = str(element.tag), element.attrib  # type: ignore[attr-defined]
    if tag not in TAGS:
        yield f"<{tag}>"
    for name, value in attributes.items():
        if name not in ATTRIBUTES:
            yield f"<{tag} {name}>"
        elif name == "href" and not _is_safe(value):
            yield f"href={value}"


def _is_safe(url: str) -> bool:
    """Whether a browser would take this for a web address, a mail address or a path of ours: it drops white space."""
    cleaned = "".join(character for character in url if character > " ")
    return urlsplit(cleaned).scheme.lower() in ("http", "https", "mailto", "")
