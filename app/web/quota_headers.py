"""What is left of today's quota, as headers of an answer (draft-ietf-httpapi-ratelimit-headers)."""

from app.core.database import session_scope
from app.core.errors import TooMany
from app.core.jobs import get_jobs
from app.core.quotas import Allowance, find_allowance
from app.core.tables import User

POLICY = '"runs";q={quota};w=86400'
REMAINING = '"runs";r={left};t={seconds}'


def quota_headers(allowance: Allowance) -> dict[str, str]:
    """Empty for those whose runs nobody counts. `t`: seconds until the next runs come."""
    if allowance.quota is None or allowance.left is None:
        return {}
    return _headers(allowance.quota, allowance.left, allowance.resets_in_s)


def quota_headers_of(user: User) -> dict[str, str]:
    """The same as it is now, behind a transaction that may have started runs."""
    with session_scope() as session:
        return quota_headers(find_allowance(session, get_jobs(), user))


def refusal_headers(error: TooMany) -> dict[str, str]:
    """When to come back, and for a spent quota how much of it there was."""
    quota, left = getattr(error, "quota", None), getattr(error, "left", 0)
    more = {} if quota is None else _headers(quota, left, error.retry_after_s)
    return {"Retry-After": str(error.retry_after_s)} | more


def _headers(quota: int, left: int, seconds: int) -> dict[str, str]:
    return {
        "RateLimit-Policy": POLICY.format(quota=quota),
        "RateLimit": REMAINING.format(left=left, seconds=seconds),
    }
