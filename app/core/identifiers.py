"""UUIDv7 identifiers: unique anywhere, and in order of time."""

import secrets
import time
import uuid


def new_id() -> str:
    """A UUIDv7 by RFC 9562, section 5.7: 48 bits of Unix milliseconds, then random bits.

    Python has `uuid.uuid7` from 3.14 on; we support 3.11.
    """
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds & (2**48 - 1)) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0b11 << 62) | 0b10 << 62
    return str(uuid.UUID(int=value))
