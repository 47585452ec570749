"""How a worker shuts runs in, in words."""

from app.core.sentences import N_

ISOLATION_WORDS = {
    "namespaces": N_("own namespaces and root, Landlock and seccomp"),
    "landlock": N_("Landlock and seccomp, without namespaces"),
    "limits": N_("limits of time and memory only, so models of the zoo only"),
    "limits-no-memory": N_("a limit of time only, so models of the zoo only"),
}


def isolation_words(level: str | None) -> str:
    """A level as a marked text; one that a newer worker knows stands for itself."""
    return ISOLATION_WORDS.get(level or "", level or "")
