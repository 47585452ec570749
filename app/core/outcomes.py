"""The one table of outcomes: how a run can end, in which words, and whose fault it is."""

from dataclasses import dataclass
from enum import StrEnum

from app.core.sentences import N_


class Outcome(StrEnum):
    """How a run ended. Stored with the run; the words are in `OUTCOMES`."""

    OK = "ok"
    BAD_FILE = "bad_file"
    BAD_MODEL = "bad_model"
    BAD_OUTPUT = "bad_output"
    DIVERGED = "diverged"
    TIMED_OUT = "timed_out"
    OUT_OF_MEMORY = "out_of_memory"
    CRASHED = "crashed"
    REFUSED = "refused"
    CANCELLED = "cancelled"
    INTERNAL = "internal"


class Fault(StrEnum):
    """Who can mend it. `OURS` is retried and never charged to a student's quota."""

    NOBODY = "nobody"
    SUBMITTER = "submitter"
    OURS = "ours"


@dataclass(frozen=True)
class Words:
    """The words of an outcome: a heading, what happened, what to do."""

    title: str
    sentence: str
    what_to_do: str
    fault: Fault


OUTCOMES: dict[Outcome, Words] = {
    Outcome.OK: Words(N_("Done"), N_("The run finished and was measured."), "", Fault.NOBODY),
    Outcome.BAD_FILE: Words(
        N_("File not usable"),
        N_("The uploaded file could not be used."),
        N_("Correct the file as the message says and submit it again."),
        Fault.SUBMITTER,
    ),
    Outcome.BAD_MODEL: Words(
        N_("Model not usable"),
        N_("The network could not be built or run."),
        N_("Correct the model or its settings as the message says and submit it again."),
        Fault.SUBMITTER,
    ),
    Outcome.BAD_OUTPUT: Words(
        N_("Wrong output"),
        N_("The network did not return ten scores for each test image."),
        N_("Make the last layer return 10 numbers per image and submit again."),
        Fault.SUBMITTER,
    ),
    Outcome.DIVERGED: Words(
        N_("Diverged"),
        N_("The training loss stopped being a number."),
        N_("Lower the learning rate, for example by a factor of ten, and submit again."),
        Fault.SUBMITTER,
    ),
    Outcome.TIMED_OUT: Words(
        N_("Out of time"),
        N_("The run took longer than allowed and was stopped."),
        N_("Use fewer epochs, a larger batch size or a smaller network."),
        Fault.SUBMITTER,
    ),
    Outcome.OUT_OF_MEMORY: Words(
        N_("Out of memory"),
        N_("The run needed more memory than allowed and was stopped."),
        N_("Use a smaller batch size or a smaller network."),
        Fault.SUBMITTER,
    ),
    Outcome.CRASHED: Words(
        N_("Crashed"),
        N_("The run's process ended before it had a result."),
        N_("Try it again once; if it crashes again, ask your teacher to look at the log."),
        Fault.SUBMITTER,
    ),
    Outcome.REFUSED: Words(
        N_("Refused"),
        N_("This worker has no safe place in which to run uploaded code."),
        N_("Submit a model of the zoo, or .safetensors weights for one."),
        Fault.OURS,
    ),
    Outcome.CANCELLED: Words(N_("Cancelled"), N_("The run was cancelled."), "", Fault.NOBODY),
    Outcome.INTERNAL: Words(
        N_("Our fault"),
        N_("Something went wrong on our side. Your submission is fine and nothing was charged."),
        N_("Nothing to do: press “Run it again”, or tell your teacher."),
        Fault.OURS,
    ),
}
