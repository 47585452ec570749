"""The REST interface: one module per resource, all under /api/v1."""

from fastapi import APIRouter

from app.web.api import catalogue, checks, events, files, leaderboard, people, status, submissions, tokens

router = APIRouter(prefix="/api/v1")
for resource in (submissions, checks, events, files, leaderboard, catalogue, people, tokens, status):
    router.include_router(resource.router)
