"""Landlock: which files a process may open, and that it reaches no network, socket or process outside.

Source: Linux' `Documentation/userspace-api/landlock.rst` and `linux/landlock.h`. A rule binds one thread and those that
it starts afterwards (SANDBOX.md, trap 1), so it is applied while there is only one.
"""

import os
import stat
import struct
from collections.abc import Iterable

from worker.sandbox.kernel import libc, syscall
from worker.sandbox.syscalls import UnknownProcessor, number

# Below 3 a file can be cut to nothing wherever it lies (LANDLOCK_ACCESS_FS_TRUNCATE).
LEAST_VERSION = 3
WRITE_FILE = 1 << 1
READ_FILE = 1 << 2
READ_DIR = 1 << 3
REMOVE_DIR = 1 << 4
REMOVE_FILE = 1 << 5
MAKE_DIR = 1 << 7
MAKE_REG = 1 << 8
TRUNCATE = 1 << 14
# Rights that a rule on a file, and not on a folder, can give.
OF_FILES = READ_FILE | WRITE_FILE | TRUNCATE
TO_READ = READ_FILE | READ_DIR
# No MAKE_SYM: the worker must never meet a link of the child's making (trap 3). No MAKE_SOCK, MAKE_FIFO, REFER either.
TO_WRITE = TO_READ | WRITE_FILE | TRUNCATE | MAKE_DIR | MAKE_REG | REMOVE_DIR | REMOVE_FILE
# How many rights on files each version knows; they are the lowest bits, and what is handled is denied without a rule.
FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}
FILE_RIGHTS_SINCE_5 = 16
TCP_BIND_AND_CONNECT = 3
SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS = 3
ASK_VERSION = 1
RULE_PATH_BENEATH = 1


def version() -> int:
    """The version of Landlock that this kernel offers; 0 if it has none or it is switched off."""
    try:
        return max(0, int(libc.syscall(number("landlock_create_ruleset"), None, 0, ASK_VERSION)))
    except UnknownProcessor:
        return 0


def restrict(readable: Iterable[str], writable: Iterable[str]) -> None:
    """Allow opening what lies beneath these paths, and nothing else; paths that do not exist are left out.

    Raises:
        OSError: if the kernel does not offer enough of Landlock.
    """
    found = version()
    if found < LEAST_VERSION:
        raise OSError(f"Landlock has version {found} here; {LEAST_VERSION} or later is needed")
    handled = (1 << FILE_RIGHTS.get(found, FILE_RIGHTS_SINCE_5)) - 1
    rules = _ruleset(found, handled)
    for path in readable:
        _allow(rules, path, TO_READ)
    for path in writable:
        _allow(rules, path, TO_WRITE)
    syscall("landlock_restrict_self", number("landlock_restrict_self"), rules, 0)
    os.close(rules)


def _ruleset(found: int, handled: int) -> int:
    """A new set of rules. Later versions read a longer structure: also TCP from 4, scopes from 6."""
    fields = [handled]
    if found >= 4:
        fields.append(TCP_BIND_AND_CONNECT)
    if found >= 6:
        fields.append(SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS)
    attribute = struct.pack(f"={len(fields)}Q", *fields)
    return syscall("landlock_create_ruleset", number("landlock_create_ruleset"), attribute, len(attribute), 0)


def _allow(rules: int, path: str, rights: int) -> None:
    try:
        beneath = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    if not stat.S_ISDIR(os.fstat(beneath).st_mode):
        rights &= OF_FILES
    attribute = struct.pack("=Qi", rights, beneath)
    syscall("landlock_add_rule", number("landlock_add_rule"), rules, RULE_PATH_BENEATH, attribute, 0)
    os.close(beneath)
