"""What a submission's page shows, whatever state it is in; the page, its polling twin and its stream build on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from markupsafe import Markup
from sqlmodel import Session

from app.core.board import Board, Entry, Placed, find_board
from app.core.deadlines import is_late
from app.core.jobs import Jobs
from app.core.lineage import can_fork
from app.core.looks import count_looks
from app.core.misread import misread
from app.core.outcomes import OUTCOMES, Words
from app.core.pause import is_paused
from app.core.ranking import interval
from app.core.readings import find_readings
from app.core.recipes import reported_recipe
from app.core.reevaluations import Reevaluation, find_reevaluation
from app.core.references import known_references
from app.core.run_queue import under_way_and_waiting
from app.core.runs import ENDED, STATE_WORDS, Standing, State, events_after, latest_run, result_of, standing
from app.core.sentences import N_
from app.core.shown_names import Shown, shown
from app.core.submissions import is_close
from app.core.tables import Result, Run, Submission, User
from app.core.test_set import find_test_set_of
from app.web import detected_words, result_view
from app.web.analysis_view import Analysis
from app.web.charts import loss as loss_charts
from app.web.claimed_view import Claimed, claimed_of
from app.web.discussion_view import Discussion, discussion_of
from app.web.isolation_words import isolation_words
from app.web.lineage_view import Lineage, lineage
from app.web.misread_view import Gallery, gallery
from app.web.model_words import arguments, class_name, network_title, option_rows
from app.web.notes import notes_html
from app.web.page import Page
from app.web.recipe_words import recipe_rows
from app.web.seeds_view import Seeds, seeds_of_page
from app.web.source_code import source_html
from app.web.story import Story

EVENTS_AT_ONCE = 1000
# Three rows of six, as many as the confusion matrix beside them is high.
MISREAD_SHOWN = 18
STAGES = (State.QUEUED, State.CHECKING, State.TRAINING, State.TESTING, State.DONE)
DESCRIPTION = N_("Training loss by step. It falls from %(first)s to %(last)s.")
LOSS_AXIS = N_("training loss, log scale")
EPOCH = N_("epoch %(epoch)s")


@dataclass
class SubmissionView:
    """One submission with its latest run, read once."""

    session: Session
    jobs: Jobs
    submission: Submission
    page: Page

    def __post_init__(self) -> None:
        # What the page says of its data set is of the submission's, not of the service's.
        self.page.dataset = self.submission.dataset

    @cached_property
    def run(self) -> Run:
        """The latest run."""
        return latest_run(self.session, self.submission)

    @cached_property
    def standing(self) -> Standing:
        """Where that stands."""
        return standing(self.session, self.jobs, self.run)

    @cached_property
    def author(self) -> Shown:
        """Who submitted."""
        return shown(self.session.get_one(User, self.submission.user_id))

    @property
    def is_late(self) -> bool:
        """Whether it came outside the class' time; baselines have no rank to lose."""
        return not self.submission.is_baseline and is_late(self.session, self.submission)

    @cached_property
    def result(self) -> Result | None:
        """What was measured."""
        return result_of(self.session, self.run)

    @cached_property
    def again(self) -> Reevaluation | None:
        """The newest time that it was evaluated again."""
        return find_reevaluation(self.session, self.jobs, self.submission)

    @cached_property
    def seeds(self) -> Seeds | None:
        """The results with other seeds."""
        return seeds_of_page(self.session, self.jobs, self.submission, self.is_close)

    @cached_property
    def lineage(self) -> Lineage:
        """What it changed, and what changed it."""
        return lineage(self.session, self.jobs, self.submission, self.page.reader)

    @property
    def may_fork(self) -> bool:
        """Whether it can be trained again with changes by this reader."""
        has_network = self.submission.model is not None or self.shows_model_file
        return can_fork(self.submission) and has_network and self.submission.withdrawn is None

    @cached_property
    def story(self) -> Story:
        """What the events tell."""
        story = Story(int(self.submission.recipe.get("epochs", 1)))
        read_on(self.session, self.run.id, story)
        return story

    @property
    def number(self) -> int:
        """The public number."""
        return self.submission.number or 0

    @property
    def state(self) -> State:
        """What people see of the run."""
        return self.standing.state

    @property
    def is_live(self) -> bool:
        """Whether it goes on."""
        return self.state not in ENDED

    @property
    def state_words(self) -> str:
        """The state as a marked text."""
        return STATE_WORDS[self.state]

    @property
    def stages(self) -> list[tuple[str, str]]:
        """What a run goes through, in order."""
        return [(stage.value, STATE_WORDS[stage]) for stage in STAGES if self.is_training or stage != State.TRAINING]

    @property
    def stage(self) -> int:
        """How many stages lie behind."""
        return next((i for i, (name, _) in enumerate(self.stages) if name == self.state.value), 0)

    @property
    def is_training(self) -> bool:
        """Whether the run trains; else it tests weights."""
        return self.submission.kind == "train"

    @cached_property
    def is_close(self) -> bool:
        """Whether the reader is the author or the teacher, who may see what went wrong and change things."""
        return is_close(self.submission, self.page.reader)

    @property
    def is_mine(self) -> bool:
        """Whether the reader is the author."""
        return self.page.reader is not None and self.page.reader.id == self.submission.user_id

    @property
    def words(self) -> Words | None:
        """The outcome in general words."""
        return OUTCOMES[self.standing.outcome] if self.standing.outcome else None

    @property
    def may_retry(self) -> bool:
        """Whether the button for another run is there."""
        return self.is_close and self.state in (State.FAILED, State.CANCELLED) and self.submission.withdrawn is None

    @property
    def model_title(self) -> str:
        """The model's name, or what the uploaded one is called."""
        return network_title(self.submission, self.result)

    @cached_property
    def detected(self) -> dict[str, Any]:
        """What was found out about the network by trying."""
        return self.result.detected if self.result else self.story.detected

    @property
    def detected_rows(self) -> list[detected_words.Row]:
        """The same in words."""
        stated = "" if self.is_training else str(self.submission.recipe.get("normalize", ""))
        return detected_words.detected_rows(self.detected, stated)

    @property
    def class_name(self) -> str:
        """The class that was taken from the uploaded file, or was asked for."""
        return class_name(self.submission, self.result)

    @property
    def arguments(self) -> str:
        """What its constructor got."""
        return arguments(self.submission, self.detected)

    @cached_property
    def shows_model_file(self) -> bool:
        """Whether the reader may have the uploaded network."""
        return self.submission.model_file_sha256 is not None and (self.is_close or self.result is not None)

    @cached_property
    def source(self) -> Markup | None:
        """The uploaded source in colours, if the reader may see it."""
        sha256, name = self.submission.model_file_sha256, self.submission.model_file_name
        return source_html(sha256, name) if self.shows_model_file and sha256 and name else None

    @property
    def isolation(self) -> str:
        """How the run was shut in."""
        return isolation_words(self.run.isolation)

    @property
    def notes(self) -> Markup:
        """The training notes as HTML."""
        notes = self.submission.notes
        return notes_html(notes, known_references(self.session, [notes]))

    @cached_property
    def discussion(self) -> Discussion:
        """What people say of it."""
        return discussion_of(self.session, self.submission, self.page)

    @property
    def recipe(self) -> list[tuple[str, str]]:
        """The hyperparameters; of brought weights only those that their author reported."""
        recipe = self.submission.recipe
        return recipe_rows(recipe if self.is_training else reported_recipe(recipe))

    @property
    def options(self) -> list[tuple[str, str]]:
        """The model's own numbers."""
        return option_rows(self.submission.model, self.submission.options)

    @cached_property
    def ahead(self) -> int | None:
        """How many runs go first, while this one waits."""
        running, queued = under_way_and_waiting(self.session, self.jobs)
        return len(running) + queued.index(self.run.id) if self.run.id in queued else None

    @cached_property
    def is_held_up(self) -> bool:
        """Whether it waits because the teacher has paused the queue."""
        return self.state is State.QUEUED and is_paused(self.session)

    @cached_property
    def place(self) -> Placed | None:
        """Where it stands on the board; None while it does not, or while its author has a better one there."""
        return self.board.placed(self.submission.id)

    @cached_property
    def entry(self) -> Entry | None:
        """What the board knows of it: its score is the mean over the seeds."""
        return self.board.entry(self.submission.id)

    @property
    def better(self) -> Placed | None:
        """The submission of the same student that stands on the board in this one's stead."""
        return self.board.best_of(self.submission.user_id) if self.entry and not self.place else None

    @cached_property
    def board(self) -> Board:
        """The board of its data set."""
        return find_board(self.session, self.submission.dataset)

    @cached_property
    def rows(self) -> Sequence[Placed]:
        """The board with all results of every student."""
        return self.board.ranking(best=False)

    @cached_property
    def ladder(self) -> result_view.Ladder | None:
        """The result among its neighbours."""
        return result_view.ladder(self.rows, self.submission.id)

    @property
    def interval(self) -> tuple[float, float]:
        """The accuracy's interval."""
        measured = self.entry or self.result
        return interval(measured.correct, measured.total) if measured else (0.0, 0.0)

    @property
    def accuracy(self) -> float:
        """The score, 0..1: that of the board, so the mean over the seeds where there are several."""
        measured = self.entry or self.result
        return measured.correct / measured.total if measured else 0.0

    @property
    def confusion(self) -> list[list[result_view.Cell]]:
        """The confusion matrix."""
        return result_view.confusion_cells(self.result) if self.result else []

    @property
    def digits(self) -> result_view.Digits | None:
        """How each digit is read."""
        return result_view.digits(self.result) if self.result else None

    @cached_property
    def analysis(self) -> Analysis | None:
        """What the result says beyond its accuracy."""
        if self.result is None:
            return None
        looks = count_looks(self.session, self.submission.dataset, self.submission.user_id)
        return Analysis(self.result, self.submission.dataset, looks, self.page)

    @cached_property
    def claimed(self) -> Claimed | None:
        """What its author, or the post that it rebuilds, says that it reads right."""
        return claimed_of(self.session, self.submission, self.result)

    @property
    def wrong(self) -> int:
        """Misread test images."""
        return self.result.total - self.result.correct if self.result else 0

    @cached_property
    def gallery(self) -> Gallery | None:
        """The misread images of which the network is surest."""
        if self.result is None:
            return None
        dataset = self.submission.dataset
        test_set = find_test_set_of(dataset)
        found = misread(self.result, dataset, test_set.labels if test_set else None)
        readings = find_readings(self.session, dataset)
        return gallery(found[:MISREAD_SHOWN], readings, self.submission.user_id, self.result.total, dataset)

    @property
    def epoch_rows(self) -> list[dict[str, Any]]:
        """What was measured after each epoch."""
        return self.result.epochs if self.result and self.is_training else []

    @property
    def layers(self) -> list[dict[str, Any]]:
        """The model's layers, as soon as it has been built."""
        return self.result.layers if self.result else self.story.layers

    @property
    def parameters(self) -> int:
        """How many numbers the model learns."""
        return self.result.parameters if self.result else self.story.parameters

    @cached_property
    def chart(self) -> Markup | None:
        """The training loss."""
        curve = result_view.curve(self.result) if self.result else self.story.curve
        points = curve.points
        if not points:
            return None
        first, last = points[0][1], points[-1][1]
        words = loss_charts.Words(
            self.page.say(DESCRIPTION) % {"first": f"{first:.3f}", "last": f"{last:.3f}"},
            self.page.say(LOSS_AXIS),
            self.page.say(EPOCH),
        )
        return loss_charts.loss_chart(curve, words, is_live=self.result is None)


def read_on(session: Session, run_id: str, story: Story) -> set[str]:
    """Add all new events to a story; returns their kinds."""
    kinds: set[str] = set()
    while events := events_after(session, run_id, story.seq, EVENTS_AT_ONCE):
        kinds |= story.take(events)
    return kinds
