"""GET /me/export and /me/export.json: everything that is kept about me."""

import json

from fastapi import APIRouter
from starlette.responses import Response

from app.core.own_data import own_data, own_files
from app.core.tables import User
from app.web.dependencies import CurrentUser, DbSession
from app.web.file_answers import as_attachment
from app.web.zip_answers import zip_answer

router = APIRouter(prefix="/me")


@router.get("/export")
def get_export(session: DbSession, reader: CurrentUser) -> Response:
    """The data and my files in one archive."""
    user = session.get_one(User, reader.id)
    return zip_answer(f"mnist-benchmark-{user.handle}.zip", own_data(session, user), own_files(session, user))


@router.get("/export.json")
def get_export_json(session: DbSession, reader: CurrentUser) -> Response:
    """The data alone."""
    user = session.get_one(User, reader.id)
    text = json.dumps(own_data(session, user), ensure_ascii=False, indent=2)
    headers = as_attachment(f"mnist-benchmark-{user.handle}.json") | {"Cache-Control": "no-store"}
    return Response(text, 200, headers, "application/json")
