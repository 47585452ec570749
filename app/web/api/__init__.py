"""The REST interface: one module per resource, all under /api/v1."""

from fastapi import APIRouter

from app.web.api import catalogue, events, leaderboard, people, submissions, tokens, weights

router = APIRouter(prefix="/api/v1")
for resource in (submissions, events, weights, leaderboard, catalogue, people, tokens):
    router.include_router(resource.router)
