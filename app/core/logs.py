"""One way to log for web, worker and supervisor: lines of key=value on standard error, or JSON on standard output."""

import logging
import sys
from typing import Any

import structlog

from app.core.settings import get_settings


def configure_logs() -> None:
    """Set up structlog for this process. Called once, at its start."""
    is_json = get_settings().log_format == "json"
    structlog.configure(
        processors=[*_shared(is_json), _json_line() if is_json else _text_line()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stdout if is_json else sys.stderr),
        cache_logger_on_first_use=True,
    )
    if is_json:
        _take_other_lines()


def _shared(is_json: bool) -> list[Any]:
    # People read the clock on the wall; programs compare machines.
    clock: dict[str, Any] = {"fmt": "iso", "utc": True} if is_json else {"fmt": "%Y-%m-%d %H:%M:%S", "utc": False}
    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(**clock),
        structlog.processors.format_exc_info,
    ]


def _text_line() -> Any:
    return structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"])


def _json_line() -> Any:
    return structlog.processors.JSONRenderer(ensure_ascii=False)


def _take_other_lines() -> None:
    """What libraries log becomes JSON on standard output, too: whoever reads it need not parse anything else."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*_shared(is_json=True), structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _json_line()],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
