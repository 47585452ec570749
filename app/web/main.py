"""The web application: pages, API, static files, and what surrounds them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from app.core.jobs import get_jobs
from app.core.logs import configure_logs
from app.web.addresses import STATIC_FOLDER
from app.web.api import router as api_router
from app.web.api.described import describe_api
from app.web.api.described_reads import describe_reads
from app.web.api.idempotency import KeptAnswers, Replayed, replay
from app.web.api.rates import ApiRates
from app.web.api.reads import ApiReads
from app.web.audience import Audience
from app.web.board.warming import warm_board
from app.web.body_limit import BodyLimit
from app.web.head_requests import HeadRequests
from app.web.middleware import AnswerHeaders
from app.web.pages import router as pages_router
from app.web.problems import add_problem_handlers
from app.web.public_address import PublicAddress
from app.web.readable import Readable

GZIP_MINIMUM_BYTES = 600
WARMING_PATIENCE_S = 2.0


class Static(StaticFiles):
    """Files whose address changes with their content, so that browsers need not ask again."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, kept for a year if its address carries the content's mark; modules import each other without."""
        response = await super().get_response(path, scope)
        is_marked = b"v=" in scope["query_string"] and response.status_code == 200
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if is_marked else "no-cache"
        return response


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Make the connection pools before the first requests: those that come at once would each make their own."""
    get_jobs()
    warming = warm_board()
    yield
    # The database must not be closed under it.
    warming.join(WARMING_PATIENCE_S)


def create_app() -> FastAPI:
    """The application, made anew: importing this module starts nothing."""
    configure_logs()
    app = FastAPI(
        title="MNIST Benchmark",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        lifespan=lifespan,
    )
    app.include_router(api_router)
    app.include_router(pages_router)
    describe_reads(app)
    describe_api(app)
    app.mount("/static", Static(directory=STATIC_FOLDER), name="static")
    add_problem_handlers(app)
    # The last one added is the outermost.
    app.add_exception_handler(Replayed, replay)
    app.add_middleware(KeptAnswers)
    app.add_middleware(ApiReads)
    app.add_middleware(BodyLimit)
    app.add_middleware(Audience)
    app.add_middleware(Readable)
    app.add_middleware(GZipMiddleware, minimum_size=GZIP_MINIMUM_BYTES)
    app.add_middleware(ApiRates)
    app.add_middleware(PublicAddress)
    app.add_middleware(AnswerHeaders)
    app.add_middleware(HeadRequests)
    return app
