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
    status,
    submission,
    submission_actions,
    submission_events,
    submit,
    submit_steps,
    theme,
    tokens,
)

router = APIRouter(include_in_schema=False)
for page in (
    leaderboard,
    submit,
    submit_steps,
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
    status,
    health,
):
    router.include_router(page.router)
