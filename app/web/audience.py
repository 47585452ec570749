"""Names are kept back from the beginning of a request until it is known who reads, and what the class shows."""

from starlette.types import ASGIApp, Receive, Scope, Send

from app.core.shown_names import reading


class Audience:
    """ASGI middleware: in each request somebody reads whom nobody knows yet."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        with reading():
            await self.app(scope, receive, send)
