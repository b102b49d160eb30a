"""A conversation with an OpenAI-compatible endpoint: time-outs, retries, errors with a remedy."""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from smepo.errors import ConfigError, SmepoError

_LARGEST = 4 << 20  # bytes of an answer that are read
_LONGEST_WAIT = 60.0  # seconds, whatever the server asks for
_AGAIN = frozenset((408, 409, 425, 429, 500, 502, 503, 504, 529))


class EndpointError(SmepoError):
    """The endpoint did not answer. What was answered before is kept."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where to ask. ``url`` ends before `/chat/completions`; ``timeout`` in seconds an attempt;
    ``pause`` (seconds) doubles from attempt to attempt."""

    url: str
    model: str
    key: str = ""
    timeout: float = 60.0
    tries: int = 5
    pause: float = 1.0

    def __post_init__(self) -> None:
        if not self.url.startswith(("http://", "https://")):
            raise ConfigError(f"url: {self.url!r} is no http(s) address")
        if self.tries < 1 or self.timeout <= 0:
            raise ConfigError("tries and timeout: at least 1, and more than 0 seconds")

    def __repr__(self) -> str:  # the key stays out of messages
        return f"Endpoint({self.url!r}, {self.model!r})"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model said. Token counts are the endpoint's, None where it gives none; ``truncated``
    is true if the length limit ended the answer. ``calls`` of tools have id, name and arguments,
    all texts as the model wrote them."""

    text: str
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    truncated: bool = False
    calls: Sequence[Mapping[str, str]] = ()


def ask(endpoint: Endpoint, system: str, user: str) -> str:
    """The text of the model's answer, at temperature 0. Raises as `chat` does."""
    messages = [{"role": "system", "content": system}, {"role": "user", "content": user}]
    return chat(endpoint, messages, temperature=0).text


def chat(endpoint: Endpoint, messages: Sequence[Mapping[str, Any]], **settings: Any) -> Answer:
    """The model's answer to a conversation. ``settings`` go into the request (temperature,
    max_tokens, seed ...); with ``tools`` among them an answer may call tools instead of saying
    something.

    Raises ConfigError for what no retry mends (a wrong key, model or address), EndpointError when
    all tries failed.
    """
    body = {"model": endpoint.model, **settings, "messages": list(messages)}
    pause, last = endpoint.pause, ""
    for attempt in range(endpoint.tries):
        if attempt:
            time.sleep(pause)
        pause = endpoint.pause * 2.0 ** (attempt + 1)
        try:
            return _answer(_post(endpoint, body), tools="tools" in settings)
        except urllib.error.HTTPError as error:
            said = error.read(300).decode("utf-8", "replace").strip()
            last = f"status {error.code} {said}".strip()
            if error.code not in _AGAIN:
                raise ConfigError(
                    f"{endpoint.url}: {last}; look at the address, the model {endpoint.model!r} "
                    "and the key"
                ) from error
            pause = max(pause, _asked(error.headers.get("Retry-After")))
        except (OSError, http.client.HTTPException, ValueError) as error:
            last = f"{type(error).__name__}: {error}"
    raise EndpointError(
        f"{endpoint.url}: no answer after {endpoint.tries} tries; the last: {last}. Answers that "
        "came are kept: run the same command again to continue"
    )


def _post(endpoint: Endpoint, body: dict[str, Any]) -> Any:
    headers = {"Content-Type": "application/json"}
    if endpoint.key:
        headers["Authorization"] = f"Bearer {endpoint.key}"
    request = urllib.request.Request(
        f"{endpoint.url.rstrip('/')}/chat/completions",
        json.dumps(body).encode(),
        headers,
        method="POST",
    )
    deadline = time.monotonic() + endpoint.timeout
    with urllib.request.urlopen(request, timeout=endpoint.timeout) as response:
        pieces, size = [], 0
        while piece := response.read1(1 << 16):
            size += len(piece)
            pieces.append(piece)
            if size > _LARGEST:
                raise ValueError(f"an answer of more than {_LARGEST} bytes")
            if time.monotonic() > deadline:
                raise TimeoutError(f"the answer took more than {endpoint.timeout:g} s")
    return json.loads(b"".join(pieces))


def _answer(said: Any, *, tools: bool) -> Answer:
    try:
        choice = said["choices"][0]
        message, usage = choice["message"], said.get("usage") or {}
        content, called = message.get("content"), message.get("tool_calls") if tools else None
    except (KeyError, IndexError, TypeError, AttributeError):
        content = called = None
    calls = [_call(n, one) for n, one in enumerate(called)] if isinstance(called, list) else []
    if not isinstance(content, str):
        if not calls:
            raise ValueError("the answer has no choices[0].message.content")
        content = ""
    return Answer(
        content,
        _whole(usage.get("prompt_tokens")),
        _whole(usage.get("completion_tokens")),
        choice.get("finish_reason") == "length",
        calls,
    )


def _call(number: int, said: Any) -> dict[str, str]:
    """A call in three texts, whatever it looks like; one without an id is named by its place."""
    call = said if isinstance(said, Mapping) else {}
    wanted = call.get("function")
    function = wanted if isinstance(wanted, Mapping) else {}
    arguments = function.get("arguments")
    return {
        "id": str(call.get("id") or f"call_{number}"),
        "name": str(function.get("name") or ""),
        "arguments": arguments if isinstance(arguments, str) else json.dumps(arguments),
    }


def _whole(count: Any) -> int | None:
    return count if isinstance(count, int) else None


def _asked(header: str | None) -> float:
    """The seconds of a Retry-After header, 0 for none or a date."""
    try:
        seconds = float(header or 0)
    except ValueError:
        return 0.0
    return min(max(seconds, 0.0), _LONGEST_WAIT) if seconds == seconds else 0.0
