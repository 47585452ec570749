"""Tables of names, written as text: a list of forty names in quotes is hard to read."""


def words(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())
