"""The pages: one handler file each. Every one works without scripts."""

from fastapi import APIRouter

from app.web.pages import (
    about,
    account,
    downloads,
    health,
    join,
    leaderboard,
    password,
    sign_in,
    sign_in_link,
    submission,
    submission_actions,
    submission_events,
    submit,
    theme,
    tokens,
)

router = APIRouter(include_in_schema=False)
for page in (
    leaderboard,
    submit,
    submission,
    submission_events,
    submission_actions,
    downloads,
    join,
    sign_in,
    sign_in_link,
    password,
    account,
    tokens,
    theme,
    about,
    health,
):
    router.include_router(page.router)
