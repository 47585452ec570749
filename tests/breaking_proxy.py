"""A network that breaks where a test wants it to: a real socket between a client and a real service."""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

CHUNK_BYTES = 65536
# What becomes of a connection. A number: that many bytes of answers are let through, then it breaks.
PASS, REFUSE, SWALLOW = "pass", "refuse", "swallow"
Fate = str | int


@dataclass
class BreakingProxy:
    """`fates`: of the connections, in their order; all after them pass. `connections` counts them."""

    target: tuple[str, int]
    fates: Sequence[Fate]
    listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    connections: int = 0

    @property
    def address(self) -> str:
        """Where a client finds it."""
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def serve(self) -> None:
        """Take connections until the listener is closed."""
        with suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                fate = self.fates[self.connections] if self.connections < len(self.fates) else PASS
                self.connections += 1
                threading.Thread(target=self._carry, args=(client, fate), daemon=True).start()

    def _carry(self, client: socket.socket, fate: Fate) -> None:
        if fate == REFUSE:
            client.close()
            return
        server = socket.create_connection(self.target)
        threading.Thread(target=pump, args=(client, server), daemon=True).start()
        # A swallowed answer is waited for, so that the service has done what was asked.
        limit = {PASS: None, SWALLOW: 0}.get(fate, fate) if isinstance(fate, str) else fate
        pump(server, client, limit)


def pump(source: socket.socket, sink: socket.socket, limit: Fate | None = None) -> None:
    """Carry bytes until one end closes or the limit is reached; then close both."""
    carried = 0
    with suppress(OSError):
        while content := source.recv(CHUNK_BYTES):
            if isinstance(limit, int) and carried + len(content) > limit:
                sink.sendall(content[: limit - carried])
                break
            sink.sendall(content)
            carried += len(content)
    for end in (source, sink):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()


@contextmanager
def breaking(host: str, *fates: Fate) -> Iterator[BreakingProxy]:
    """A proxy before that service; gone when the block ends."""
    url = urlsplit(host)
    proxy = BreakingProxy((str(url.hostname), int(url.port or 80)), fates)
    threading.Thread(target=proxy.serve, daemon=True).start()
    try:
        yield proxy
    finally:
        # close() alone leaves accept() waiting.
        proxy.listener.shutdown(socket.SHUT_RDWR)
        proxy.listener.close()
