"""Claims as pages show them: what was posted, what was understood, what would be run, what was measured."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from markupsafe import Markup
from sqlmodel import Session

from app.core.claims import Draft, Rebuilt, plan_of, rebuilt_of, understood_of
from app.core.rebuilding.plan import Plan, missing
from app.core.rebuilding.shapes import Unfit
from app.core.recipes import Recipe
from app.core.sentences import N_, Sentence
from app.core.tables import Claim
from app.core.thread.layers import written
from app.core.thread.posts import Post
from app.core.thread.understanding import SETTINGS, Understood
from app.web.formats import setting
from app.web.notes import post_html
from app.web.recipe_words import value_words

# Before the names of the fields in which a claim is corrected; those of its recipe have the same names.
CORRECTION = "read"
# A claim is about MNIST; a practice board draws its own digits.
CLAIMED_DATASET = "mnist"
UNKNOWN_AUTHOR = N_("somebody")
NOTES = N_("Rebuilt from [claim %(id)s](/claims/%(id)s). The post does not say, so this was taken:")


@dataclass
class ClaimView:
    """One claim. `rebuilt`: the submissions that were made of it."""

    claim: Claim
    rebuilt: Sequence[Rebuilt] = ()

    @property
    def author(self) -> str:
        """Who posted it, as a marked text where that is not known."""
        return self.claim.author or UNKNOWN_AUTHOR

    @cached_property
    def understood(self) -> Understood:
        """What was read of it."""
        return understood_of(self.claim)

    @property
    def text(self) -> Markup:
        """The post as HTML."""
        return post_html(self.claim.text)

    @property
    def layers(self) -> str:
        """Its layers in one line."""
        return written(self.understood.layers)

    @property
    def rows(self) -> list[tuple[str, str]]:
        """The hyperparameters that it gives: marked labels and values."""
        return setting_rows(self.understood)

    @property
    def missing(self) -> list[str]:
        """What it does not say, as marked texts."""
        return missing(self.understood)

    @cached_property
    def outlook(self) -> Plan | Sentence:
        """What would be run, or why nothing can be."""
        try:
            return plan_of(self.claim)
        except Unfit as error:
            return error.sentence

    @property
    def plan(self) -> Plan | None:
        """What would be run."""
        return self.outlook if isinstance(self.outlook, Plan) else None

    @property
    def obstacle(self) -> Sentence | None:
        """Why it cannot be run."""
        return self.outlook if isinstance(self.outlook, Sentence) else None

    @property
    def measured(self) -> Rebuilt | None:
        """The first submission of it that has a result."""
        return next((each for each in self.rebuilt if each.accuracy is not None), None)

    @property
    def waiting(self) -> Rebuilt | None:
        """A submission of it without a result, if none has one."""
        return None if self.measured else next(iter(self.rebuilt), None)

    def difference(self, rebuilt: Rebuilt) -> float | None:
        """Measured less claimed, 0..1; None where the two are of different images."""
        return difference(self.claim.accuracy, rebuilt.accuracy, rebuilt.dataset)

    def notes(self, say: Callable[[Sentence], str]) -> str:
        """The notes of a submission that is made of it, in the reader's language."""
        taken = self.plan.taken if self.plan else []
        lines = [say(Sentence(NOTES, {"id": self.claim.id})), "", *(f"- {say(each)}" for each in taken)]
        return "\n".join(lines)


def difference(claimed: float | None, measured: float | None, dataset: str) -> float | None:
    """Measured less claimed, 0..1; None where one is missing or the two are of different images."""
    if claimed is None or measured is None or dataset != CLAIMED_DATASET:
        return None
    return measured - claimed


def setting_rows(understood: Understood) -> list[tuple[str, str]]:
    """The hyperparameters that a post gives: marked labels and values."""
    labels = {name: str(Recipe.model_fields[name].title) for name in SETTINGS}
    return [(labels[name], value_words(name, value)) for name, value in understood.settings.items()]


def correction_view(
    claim: Claim, typed: dict[str, str] | None = None, errors: dict[str, Sentence] | None = None
) -> "DraftView":
    """The fields in which a teacher corrects a saved claim."""
    post = Post(claim.source_key, claim.text, claim.author, claim.posted, claim.url)
    return DraftView(CORRECTION, Draft(post, understood_of(claim)), True, typed or {}, errors or {})


def claim_views(session: Session, claims: Sequence[Claim]) -> list[ClaimView]:
    """Claims with what was made of them."""
    rebuilt = rebuilt_of(session, [claim.stored_id for claim in claims])
    return [ClaimView(claim, rebuilt.get(claim.stored_id, ())) for claim in claims]


@dataclass(frozen=True)
class DraftView:
    """A post before it is saved, with what was typed and what is wrong with it."""

    index: int | str
    draft: Draft
    is_taken: bool
    typed: dict[str, str] = field(default_factory=dict)
    errors: dict[str, Sentence] = field(default_factory=dict)

    @property
    def values(self) -> dict[str, str]:
        """What its fields hold."""
        found = self.draft.understood
        values = {name: "" if (value := getattr(found, name)) is None else setting(value) for name in SETTINGS}
        accuracy = "" if found.accuracy is None else f"{found.accuracy * 100:.10g}"
        return values | {"accuracy": accuracy, "layers": written(found.layers)} | self.typed

    @property
    def text(self) -> Markup:
        """The post as HTML."""
        return post_html(self.draft.post.text)
