"""The REST interface: one module per resource, all under /api/v1."""

from fastapi import APIRouter

from app.web.api import (
    catalogue,
    checks,
    claims,
    claims_import,
    comparisons,
    digits,
    errors,
    events,
    files,
    forks,
    leaderboard,
    people,
    receipts,
    repetitions,
    status,
    submissions,
    tokens,
)

router = APIRouter(prefix="/api/v1")
for resource in (
    submissions,
    checks,
    events,
    files,
    errors,
    repetitions,
    forks,
    receipts,
    comparisons,
    digits,
    leaderboard,
    claims_import,
    claims,
    catalogue,
    people,
    tokens,
    status,
):
    router.include_router(resource.router)
