"""One try to deliver a webhook: the workflow that the engine calls. A failed try queues the next one with a delay.

A delay lies in the queue and not in a thread, so that dead receivers hold up nobody and a restart loses nothing.
A worker that dies between sending and noting sends again: receivers tell that by the id of the delivery.
"""

import asyncio
import time

import httpx
import structlog
from dbos import DBOS

from app.core.database import session_scope
from app.core.jobs import MAX_RECOVERIES, WEBHOOK_WORKFLOW, get_jobs
from app.core.public_addresses import Forbidden, check_url, resolve
from app.core.tables import Webhook
from app.core.version import app_version
from app.core.webhook_deliveries import note_given_up, note_try
from app.core.webhooks import is_wanted, signed_headers
from worker.post import active

log = structlog.get_logger()

# After these delays in seconds: a restart of the receiver, a deployment, an evening.
DELAYS_S = (10.0, 60.0, 600.0, 3600.0)
# All of it: the name's look-up, the connection, and the answer's first lines. The rest of the answer is not read.
TIME_LIMIT_S = 10.0


@DBOS.workflow(name=WEBHOOK_WORKFLOW, max_recovery_attempts=MAX_RECOVERIES)
def deliver(delivery_id: str, webhook_id: int, body: str, tries: int) -> None:
    """Send once; on failure queue the next try unless that was the last."""
    with active(f"{delivery_id}-{tries}"):
        with session_scope() as session:
            webhook = session.get(Webhook, webhook_id)
        if webhook is None or not is_wanted(webhook, delivery_id):
            return
        is_delivered, answer = asyncio.run(send(webhook, delivery_id, body))
        log.info("webhook", delivery=delivery_id, tries=tries + 1, answer=answer, delivered=is_delivered)
        with session_scope() as session:
            kept = session.get(Webhook, webhook_id)
            if kept is None:  # removed while it was called
                return
            note_try(session, kept, delivery_id, answer, is_delivered)
            if is_delivered:
                return
            if tries < len(DELAYS_S):
                delay_s = DELAYS_S[tries]
                get_jobs().submit_delivery(session, delivery_id, kept.user_id, webhook_id, body, tries + 1, delay_s)
            else:
                note_given_up(session, kept, delivery_id)


async def send(webhook: Webhook, delivery_id: str, body: str) -> tuple[bool, str]:
    """Whether the receiver took it, and what it answered or why there is no answer."""
    try:
        async with asyncio.timeout(TIME_LIMIT_S):
            status = await _post(webhook, delivery_id, body.encode())
    except TimeoutError:
        return False, f"no answer within {TIME_LIMIT_S:g} s"
    except Forbidden as error:
        return False, f"not sent: {error}"
    except (httpx.HTTPError, OSError, UnicodeError) as error:
        return False, f"not reached: {type(error).__name__}"
    note = " (redirects are not followed)" if 300 <= status < 400 else ""
    return 200 <= status < 300, f"{status}{note}"


async def _post(webhook: Webhook, delivery_id: str, body: bytes) -> int:
    """Send the body to the one address that was looked at; the status of the answer."""
    parts = check_url(webhook.url)
    host = str(parts.hostname)
    address = await resolve(host, parts.port or (443 if parts.scheme == "https" else 80))
    headers = {
        "Host": parts.netloc,
        "Content-Type": "application/json",
        "User-Agent": f"mnist-benchmark/{app_version()}",
        **signed_headers(webhook.secret, delivery_id, int(time.time()), body),
    }
    url = httpx.URL(webhook.url).copy_with(host=address)
    # A proxy named in the environment would look the name up again, and could lead into the house.
    async with httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=TIME_LIMIT_S) as client:
        # The certificate must be that of the name, although the connection goes to the address.
        extensions = {"sni_hostname": host}
        async with client.stream("POST", url, content=body, headers=headers, extensions=extensions) as answer:
            return answer.status_code
