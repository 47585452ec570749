"""A traceback cut down to the student's own file, with the line numbers and the lines of that file."""

import traceback
from types import TracebackType

from worker.child.failure import Failure
from worker.child.script.source import Source

# Where the running script keeps its Source, in its module.
SOURCE = "__source_of_upload__"
_SHOWN_AT_EACH_END = 8


def student_detail(error: BaseException) -> str | None:
    """Return the traceback without the lines of libraries, or None when no line of it is the student's."""
    seen: set[int] = set()
    shown: BaseException | None = error
    while shown is not None and id(shown) not in seen:
        if frames := _own_frames(shown.__traceback__):
            return "".join(["Traceback (most recent call last):\n", *_shortened(frames), _last_line(error)])
        seen.add(id(shown))
        shown = shown.__cause__ or shown.__context__
    return None


def _shortened(frames: list[str]) -> list[str]:
    hidden = len(frames) - 2 * _SHOWN_AT_EACH_END
    if hidden <= 0:
        return frames
    return [*frames[:_SHOWN_AT_EACH_END], f"  … {hidden} more calls …\n", *frames[-_SHOWN_AT_EACH_END:]]


def _own_frames(trace: TracebackType | None) -> list[str]:
    found = []
    while trace is not None:
        source = trace.tb_frame.f_globals.get(SOURCE)
        code = trace.tb_frame.f_code
        if isinstance(source, Source) and code.co_filename == source.name:
            place = f'  File "{source.name}", {source.place(trace.tb_lineno)}, in {code.co_name}\n'
            found.append(f"{place}    {source.line(trace.tb_lineno)}\n")
        trace = trace.tb_next
    return found


def _last_line(error: BaseException) -> str:
    if isinstance(error, Failure):
        return error.text % error.values
    return "".join(traceback.format_exception_only(error)).rstrip("\n")
