"""What attacks say of themselves: `TRIED name`, then `HELD name: why` or `ESCAPED name: what`."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Attempts:
    """The attempts of a run, by name, in the order in which each was made first."""

    tried: list[str]
    held: set[str]
    escaped: dict[str, str]

    @property
    def without_answer(self) -> list[str]:
        """Attempts that nobody lived to say anything about."""
        return [name for name in self.tried if name not in self.held and name not in self.escaped]


def read_attempts(log: str) -> Attempts:
    """The attempts in a run's output."""
    tried, held, escaped = [], set(), {}
    for line in log.splitlines():
        word, _, rest = line.partition(" ")
        name, _, what = rest.partition(": ")
        if word == "TRIED" and rest not in tried:
            tried.append(rest)
        elif word == "HELD":
            held.add(name)
        elif word == "ESCAPED":
            escaped[name] = what
    return Attempts(tried, held, escaped)
