"""Atom feeds (RFC 4287) of results and records. Ids never change, so that readers show nothing twice."""

import re
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from app.core.board import Board, Entry
from app.core.sentences import N_, Sentence
from app.web.formats import percent
from app.web.translations import say, translate

ATOM = "http://www.w3.org/2005/Atom"
ENTRIES = 50
# Names for what has no UUID of its own; this one was drawn once and must stay.
NAMESPACE = uuid.UUID("5a0c7c1e-6f0e-4f0b-9d5e-0f3c1c0f7a51")
# XML 1.0 has no way to write these, not even escaped.
UNWRITABLE = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
RESULT = N_("%(title)s: %(accuracy)s %%")
LATE_RESULT = N_("%(title)s: %(accuracy)s %%, outside class time and without a rank")
RECORD = N_("New record: %(title)s, %(accuracy)s %%")
SUMMARY = N_(
    "#%(number)s by %(name)s: %(wrong)g of %(total)s test images misread; %(model)s, %(parameters)s parameters."
)


@dataclass(frozen=True)
class Feed:
    """What a feed is: its key tells it from the others of this service."""

    key: str
    title: str
    page_url: str
    feed_url: str
    base_url: str
    language: str


@dataclass(frozen=True)
class Item:
    """One entry of a feed. `text` takes the values of the board's entry."""

    id: str
    text: str
    updated: datetime
    entry: Entry


def items_of(board: Board, user_id: int | None = None, among: Iterable[Entry] | None = None) -> list[Item]:
    """Results and records, newest first; `user_id`: of one student only; `among`: only of these entries.

    Baselines are no news.
    """
    entries = [entry for entry in (board.entries if among is None else among) if not entry.is_baseline]
    records = board.record.steps if board.record else ()
    found = [
        Item(f"urn:uuid:{entry.submission_id}", LATE_RESULT if entry.is_late else RESULT, entry.created, entry)
        for entry in entries
    ]
    found += [Item(_named(f"record:{entry.submission_id}"), RECORD, entry.created, entry) for entry in records]
    if among is not None:
        chosen = {entry.submission_id for entry in entries}
        found = [item for item in found if item.entry.submission_id in chosen]
    if user_id is not None:
        found = [item for item in found if item.entry.user_id == user_id]
    return sorted(found, key=lambda item: (item.updated, item.text), reverse=True)[:ENTRIES]


def _named(name: str) -> str:
    return f"urn:uuid:{uuid.uuid5(NAMESPACE, name)}"


def atom(feed: Feed, items: Iterable[Item], began: datetime) -> bytes:
    """The feed as XML. `began`: its age while it has no entries."""
    items = list(items)
    root = ET.Element("feed", {"xmlns": ATOM, "xml:lang": feed.language})
    _add(root, "id", _named(f"feed:{feed.key}:{began.isoformat()}"))
    _add(root, "title", feed.title)
    _add(root, "updated", _moment(max((item.updated for item in items), default=began)))
    _link(root, "self", feed.feed_url, "application/atom+xml")
    _link(root, "alternate", feed.page_url, "text/html")
    for item in items:
        _add_item(root, feed, item)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _add_item(root: ET.Element, feed: Feed, item: Item) -> None:
    entry, language = item.entry, feed.language
    name = translate(entry.name, language)
    values = {"title": entry.title, "accuracy": percent(entry.accuracy), "number": entry.number, "name": name}
    values |= {"wrong": entry.wrong, "total": entry.total, "model": entry.model_title}
    element = ET.SubElement(root, "entry")
    _add(element, "id", item.id)
    _add(element, "title", say(Sentence(item.text, values), language))
    _add(element, "updated", _moment(item.updated))
    _link(element, "alternate", f"{feed.base_url}s/{entry.number}", "text/html")
    _add(ET.SubElement(element, "author"), "name", name)
    summary = Sentence(SUMMARY, values | {"parameters": f"{entry.parameters:,}"})
    _add(element, "summary", say(summary, language))


def _add(parent: ET.Element, tag: str, text: str) -> None:
    ET.SubElement(parent, tag).text = UNWRITABLE.sub("", text)


def _link(parent: ET.Element, relation: str, url: str, kind: str) -> None:
    ET.SubElement(parent, "link", {"rel": relation, "href": url, "type": kind})


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
