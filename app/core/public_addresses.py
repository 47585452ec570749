"""Which addresses we send requests to for somebody else: public ones only.

Whoever names an address for us to call must not reach what stands beside this server: databases, cloud metadata,
the machines of a campus (server-side request forgery, SSRF).
"""

import asyncio
import ipaddress
import socket
from urllib.parse import SplitResult, urlsplit

from app.core.sentences import N_, Sentence
from app.core.settings import get_settings

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
# Addresses in which another one is hidden: NAT64 leads to it.
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# All addresses of the public Internet are from here; the rest is old forms of IPv4 in IPv6, sites and experiments.
GLOBAL_IPV6 = ipaddress.IPv6Network("2000::/3")
# Given up, but still routed by some to the next machine that knows 6to4 (RFC 7526).
RELAYS = ipaddress.IPv4Network("192.88.99.0/24")
# Below are mail and the like, which would take our lines for theirs.
WEB_PORTS = (80, 443)
FIRST_FREE_PORT = 1024


class Forbidden(Exception):
    """An address that we do not call, and why."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence


def check_url(url: str) -> SplitResult:
    """The parts of an address that may be called, as far as it tells by itself: what its name leads to is seen later.

    Raises:
        Forbidden: unless it is http or https, with a host and without a password, and not an address of here.
    """
    parts = _split(url)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname or not _is_plain(url):
        text = N_("“%(value)s” is no address that can be called. Give one such as https://example.org/hook.")
        raise Forbidden(Sentence(text, {"value": url[:80]}))
    if parts.username is not None or parts.password is not None:
        raise Forbidden(Sentence(N_("The address holds a name or a password. The signature is what proves who calls.")))
    if parts.port is not None and parts.port < FIRST_FREE_PORT and parts.port not in WEB_PORTS:
        text = N_("Webhooks are not sent to port %(port)s. Use 80, 443, or one from 1024 on.")
        raise Forbidden(Sentence(text, {"port": parts.port}))
    literal = _literal(parts.hostname)
    if literal is not None:
        check_address(literal)
    elif _is_local_name(parts.hostname) and not get_settings().webhooks_to_local:
        raise Forbidden(_local(parts.hostname))
    return parts


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return None if parts.port == 0 else parts


def _is_plain(url: str) -> bool:
    """Whether every reader of this address takes it for the same one: ASCII without spaces and backslashes."""
    return url.isascii() and url.isprintable() and not set(url) & set(' \\"<>^`{|}')


def _literal(host: str) -> IpAddress | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _is_local_name(host: str) -> bool:
    name = host.rstrip(".").lower()
    return name == "localhost" or name.endswith((".localhost", ".local", ".internal"))


def check_address(address: IpAddress) -> None:
    """Raise Forbidden unless this is an address of the public Internet, or local ones are allowed by the settings."""
    if _is_public(address) or (get_settings().webhooks_to_local and not _is_link_local(address)):
        return
    raise Forbidden(_local(str(address)))


def _is_link_local(address: IpAddress) -> bool:
    """Nobody's lab is there, but what clouds tell a machine about itself, keys among it (169.254.169.254)."""
    inner = _hidden_in(address)
    return address.is_link_local or (inner is not None and _is_link_local(inner))


def _is_public(address: IpAddress) -> bool:
    inner = _hidden_in(address)
    is_global = address.is_global and not address.is_multicast and _is_in_use(address)
    return is_global and (inner is None or _is_public(inner))


def _is_in_use(address: IpAddress) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        return address in GLOBAL_IPV6 or address in NAT64
    return address not in RELAYS


def _hidden_in(address: IpAddress) -> IpAddress | None:
    """The IPv4 address that an IPv6 address leads to: mapped, 6to4, NAT64."""
    if not isinstance(address, ipaddress.IPv6Address):
        return None
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def _local(value: str) -> Sentence:
    text = N_("“%(value)s” is no public address. Webhooks are sent to the public Internet only.")
    return Sentence(text, {"value": value[:80]})


async def resolve(host: str, port: int) -> str:
    """The address to connect to, and no other: a name asked for twice may lead elsewhere the second time.

    Raises:
        Forbidden: if any address of that name is not public.
        OSError: if the name is not known.
    """
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(each[4][0]) for each in found]
    for address in addresses:
        check_address(ipaddress.ip_address(address.partition("%")[0]))
    return addresses[0]
