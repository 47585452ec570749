"""A real server on a real socket that webhooks are sent to."""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Receiver:
    """What came, and what is answered: the statuses one after the other, the last one for ever."""

    statuses: Sequence[int]
    wait_s: float = 0
    address: str = ""
    requests: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """What came, as JSON."""
        return [json.loads(body) for _, _, body in self.requests]


def is_signed(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """As the Standard Webhooks specification says, written anew."""
    key = base64.b64decode(secret.split("_")[1])
    signed = b".".join([headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body])
    expected = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    is_fresh = abs(time.time() - int(headers["webhook-timestamp"])) < 60
    return is_fresh and headers["webhook-signature"] == f"v1,{expected}"


@contextmanager
def receiver(*statuses: int, wait_s: float = 0) -> Iterator[Receiver]:
    """A server of the test's own; it is gone when the block ends."""
    made = Receiver(statuses or (200,), wait_s)
    turns = threading.Lock()  # requests may come at once, and each has its own answer

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            with turns:
                made.requests.append((self.path, headers, body))
                place = min(len(made.requests), len(made.statuses)) - 1
            time.sleep(made.wait_s)
            self.send_response(made.statuses[place])
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.address = f"http://127.0.0.1:{server.server_port}/hook?a=1"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
