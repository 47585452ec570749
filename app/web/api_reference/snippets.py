"""How an operation is called: with curl, in Python with httpx, and with our own client. Tested by being run."""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from app.web.api_reference.document import JSON, OPEN, PASSWORD, PREFIX, Body, Operation

# Stands where the reader's own token goes: we keep only its hash, and could not show it if we would.
MASKED = "mnb_…"
HANDLE, SECRET = "zhou-yi", "your password"
FORM = "multipart/form-data"
# What one sends first; the document's own example has all fields there are, and nobody sends those together.
CHOSEN: Mapping[str, dict[str, Any]] = {
    "createSubmission": {"title": "my first net", "epochs": 3, "learning_rate": 0.02},
    "createCheck": {"epochs": 3},
    "forkSubmission": {"title": "faster", "recipe": {"learning_rate": 0.05}},
    "changeClass": {"daily_quota": 20},
    "runClaim": {"recipe": {"epochs": 5}},
    "correctClaim": {"accuracy": 0.9427},
    "moderateSubmissions": {"action": "hide", "numbers": [12]},
}
FILES = {"createSubmission": ("model_file", "net.py"), "createCheck": ("model_file", "net.py")}
# Where the client has a method of its own.
METHODS = {
    "getMe": "client.me()",
    "createSubmission": 'client.submit(model_file="net.py", title="my first net", epochs=3, learning_rate=0.02)',
    "createCheck": 'client.check(model_file="net.py", epochs=3)',
    "getSubmission": "client.submission(12)",
    "withdrawSubmission": "client.withdraw(12)",
    "retrySubmission": "client.run_again(12)",
    "getLeaderboard": "client.board(limit=50)",
    "downloadWeights": 'client.download(12, "weights")',
    "downloadModelFile": 'client.download(12, "model-file")',
    "downloadPredictions": 'client.download(12, "predictions")',
    "getReceipt": 'client.download(12, "receipt")',
}
STREAM = "streamEvents"
LINE_MAXIMUM = 88


@dataclass(frozen=True)
class Snippets:
    """The same call in three ways. `client` is empty where our client has no way of its own."""

    curl: str
    python: str
    client: str


@dataclass(frozen=True)
class _Call:
    """An operation with its places filled."""

    operation: Operation
    host: str
    needs_token: bool

    @property
    def path(self) -> str:
        path = self.operation.path
        for each in self.operation.parameters:
            if each.place == "path":
                path = path.replace(f"{{{each.name}}}", quote(str(each.example), safe=""))
        return path

    @property
    def query(self) -> dict[str, Any]:
        return {
            each.name: each.example for each in self.operation.parameters if each.place == "query" and each.is_required
        }

    @property
    def url(self) -> str:
        query = f"?{urlencode(self.query)}" if self.query else ""
        return f"{self.host}{self.path}{query}"

    @property
    def body(self) -> Body | None:
        """A form where one can send files, else JSON."""
        kinds = {body.kind: body for body in self.operation.bodies}
        return kinds.get(FORM) or kinds.get(JSON)

    @property
    def content(self) -> dict[str, Any]:
        """What the example sends: what must be there, or else the first field that may be."""
        if self.operation.id in CHOSEN:
            return CHOSEN[self.operation.id]
        fields = self.body.fields if self.body else ()
        needed = [each for each in fields if each.is_required] or list(fields[:1])
        return {each.name: each.example for each in needed if each.kind != "binary"}

    @property
    def file(self) -> tuple[str, str] | None:
        """Field and name of a file that is sent."""
        binary = next((each.name for each in (self.body.fields if self.body else ()) if each.kind == "binary"), None)
        return FILES.get(self.operation.id) or ((binary, "file") if binary else None)

    @property
    def is_form(self) -> bool:
        return self.body is not None and self.body.kind == FORM

    @property
    def answers_with_file(self) -> bool:
        kinds = {answer.kind for answer in self.operation.answers}
        return bool(kinds & {"application/octet-stream", "application/zip", "text/csv"})


def snippets(operation: Operation, host: str, is_class_only: bool = False) -> Snippets:
    """The three ways for one operation. `host`: as the reader reaches us, without a slash at the end."""
    call = _Call(operation, host, operation.access != OPEN or is_class_only)
    return Snippets(_curl(call), _python(call), _client(call))


def first_token(host: str) -> str:
    """A token by handle and password, with curl: the example of the operation itself sends a token to make another."""
    body = "-H 'Content-Type: application/json' -d '{\"name\": \"laptop\"}'"
    return f"curl -u {HANDLE} {body} {_quoted(f'{host}{PREFIX}/tokens')}"


def _curl(call: _Call) -> str:
    words = ["curl"]
    if call.operation.id == STREAM:
        words.append("-N")
    if call.answers_with_file:
        words.append("-OJ")
    if call.operation.method not in ("GET", "POST") or (call.operation.method == "POST" and call.body is None):
        words += ["-X", call.operation.method]
    if call.operation.access == PASSWORD:
        words += ["-u", HANDLE]
    elif call.needs_token:
        words += ["-H", f"Authorization: Bearer {MASKED}"]
    return " ".join(_quoted(word) for word in [*words, *_curl_body(call), call.url])


def _curl_body(call: _Call) -> list[str]:
    if call.body is None:
        return []
    if not call.is_form:
        return ["-H", f"Content-Type: {JSON}", "-d", json.dumps(call.content, ensure_ascii=False)]
    parts = [f"{name}={value}" for name, value in call.content.items()]
    if call.file:
        parts.append(f"{call.file[0]}=@{call.file[1]}")
    return [word for part in parts for word in ("-F", part)]


def _quoted(word: str) -> str:
    return shlex.quote(word)


def _python(call: _Call) -> str:
    method = call.operation.method
    is_plain = method in ("GET", "POST", "PUT", "PATCH") or call.body is None
    name = f"httpx.{method.lower()}(" if is_plain else "httpx.request("
    arguments = [] if is_plain else [literal(method)]
    arguments += [literal(f"{call.host}{call.path}"), *_python_arguments(call)]
    if call.operation.id == STREAM:
        return _stream(arguments)
    lines = [*_imports(call), "", _call_line(f"answer = {name}", arguments), "answer.raise_for_status()"]
    return "\n".join([*lines, *_use(call)])


def _imports(call: _Call) -> list[str]:
    needs_files = call.answers_with_file or (call.is_form and call.file is not None)
    return ["from pathlib import Path", "import httpx"] if needs_files else ["import httpx"]


def _call_line(begin: str, arguments: list[str]) -> str:
    """A call on one line, or on one for each argument where that would be too long to read."""
    line = f"{begin}{', '.join(arguments)})"
    if len(line) <= LINE_MAXIMUM:
        return line
    return "\n".join([begin, *(f"    {each}," for each in arguments), ")"])


def _python_arguments(call: _Call) -> list[str]:
    said = [f"params={literal(call.query)}"] if call.query else []
    if call.operation.access == PASSWORD:
        said.append(f"auth=({literal(HANDLE)}, {literal(SECRET)})")
    elif call.needs_token:
        said.append(f"headers={literal({'Authorization': f'Bearer {MASKED}'})}")
    if call.body is not None:
        said.append(f"{'data' if call.is_form else 'json'}={literal(call.content)}")
        if call.is_form and call.file:
            field, name = (literal(each) for each in call.file)
            said.append(f"files={{{field}: ({name}, Path({name}).read_bytes())}}")
    return said


def _stream(arguments: list[str]) -> str:
    lines = [
        "import httpx",
        "",
        _call_line('with httpx.stream("GET", ', [*arguments, "timeout=60"]) + " as answer:",
        "    for line in answer.iter_lines():",
        "        print(line)",
    ]
    return "\n".join(lines)


def _use(call: _Call) -> list[str]:
    if call.answers_with_file:
        return [f"Path({literal(call.path.rpartition('/')[2])}).write_bytes(answer.content)"]
    if any(answer.kind for answer in call.operation.answers):
        return ["print(answer.json())"]
    return ["print(answer.status_code)"]


def _client(call: _Call) -> str:
    operation = call.operation
    token = f", {literal(MASKED)}" if call.needs_token else ""
    lines = ["from app.client import Client", "", f"with Client({literal(call.host)}{token}) as client:"]
    if operation.id == STREAM:
        return "\n".join([*lines, "    for event in client.watch(12):", "        print(event)"])
    doing = METHODS.get(operation.id) or _by_path(call)
    return "\n".join([*lines, f"    print({doing})"]) if doing else ""


def _by_path(call: _Call) -> str:
    """Through the client's `get` and `call`, which know everything that is JSON."""
    if call.operation.access == PASSWORD or call.answers_with_file or call.is_form:
        return ""
    path = literal(call.path.removeprefix(PREFIX))
    if call.operation.method == "GET":
        asked = "".join(f", {name}={literal(value)}" for name, value in call.query.items())
        return f"client.get({path}{asked})"
    body = f", {literal(call.content)}" if call.body is not None else ""
    return f"client.call({literal(call.operation.method)}, {path}{body})"


def literal(value: Any) -> str:
    """A value as one writes it in Python, with the quotes that one finds in most code."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{literal(name)}: {literal(each)}" for name, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(literal(each) for each in value) + "]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)
