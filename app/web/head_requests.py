"""HEAD: what GET would answer, without the body, as HTTP asks of every server (RFC 9110, 9.3.2)."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class HeadRequests:
    """ASGI middleware around everything."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; a HEAD as a GET whose body stays here."""
        if scope["type"] == "http" and scope["method"] == "HEAD":
            await self.app({**scope, "method": "GET"}, receive, _Bodiless(send).send)
        else:
            await self.app(scope, receive, send)


class _Bodiless:
    """An answer on its way that ends with its headers; a stream of events would have no other end."""

    def __init__(self, send: Send) -> None:
        self.pass_on = send
        self.is_over = False

    async def send(self, message: Message) -> None:
        """Take the next piece."""
        if message["type"] != "http.response.body":
            await self.pass_on(message)
        elif not self.is_over:
            self.is_over = True
            await self.pass_on({"type": "http.response.body", "body": b"", "more_body": False})
