"""A retriever behind HTTP, in the form that Search-R1 serves and its users run.

    POST /retrieve {"queries": ["..."], "topk": 3, "return_scores": true}
    -> {"result": [[{"document": {"contents": "\"Title\"\nText"}, "score": 1.5}]]}

It takes the place of an `Index`. What it raises is `RetrieverError`; the tools show that to the
policy as text and count it.
"""

from __future__ import annotations

import json
import math
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException, HTTPResponse, IncompleteRead
from typing import Any

from smepo.search.index import Found, key_of

LARGEST = 8 << 20  # bytes of an answer that are read


class RetrieverError(Exception):
    """A retriever that does not answer, or not with passages; ``kind`` names how: timeout, refused,
    status, garbage, too_large."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(f"{kind}: {detail}")
        self.kind = kind


class Remote:
    """``url`` is the whole address, such as http://127.0.0.1:8000/retrieve."""

    def __init__(self, url: str, timeout: float = 10.0) -> None:
        self.url = url
        self.timeout = timeout

    def search(self, query: str, k: int = 5) -> list[Found]:
        """The passages for a query. Raises RetrieverError."""
        if k < 1:
            return []
        body = {"queries": [query], "topk": k, "return_scores": True}
        answer = self._post(json.dumps(body).encode("utf-8"))
        try:
            found = [_found(one) for one in answer["result"][0]]
        except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
            raise RetrieverError("garbage", f"{type(error).__name__}: {error}") from error
        return found[:k]

    def read(self, title: str) -> Found | None:
        """The passage of that title among the ten best for it. Raises RetrieverError."""
        wanted = key_of(title)
        return next((f for f in self.search(title, 10) if key_of(f.title) == wanted), None)

    def _post(self, body: bytes) -> Any:
        request = urllib.request.Request(
            self.url, body, {"Content-Type": "application/json"}, method="POST"
        )
        until = time.monotonic() + self.timeout
        try:
            with urllib.request.urlopen(request, timeout=self.timeout) as response:
                data = _read(response, until)
        except urllib.error.HTTPError as error:
            raise RetrieverError("status", f"{error.code} {error.reason}") from error
        except TimeoutError as error:
            raise RetrieverError("timeout", f"no answer in {self.timeout:g} s") from error
        except HTTPException as error:  # no HTTP, or an answer that breaks off
            raise RetrieverError("garbage", f"{type(error).__name__}: {error}") from error
        except (urllib.error.URLError, OSError, ValueError) as error:
            reason = getattr(error, "reason", error)
            kind = "timeout" if isinstance(reason, TimeoutError) else "refused"
            raise RetrieverError(kind, str(reason)) from error
        if len(data) > LARGEST:
            raise RetrieverError("too_large", f"more than {LARGEST} bytes")
        try:
            return json.loads(data)
        except (ValueError, RecursionError) as error:  # the latter: a million brackets
            raise RetrieverError("garbage", f"no JSON: {error}") from error


def _read(response: HTTPResponse, until: float) -> bytes:
    """The body, or its first LARGEST + 1 bytes; a socket's own time-out starts anew with each byte.

    Raises TimeoutError if it is not there at ``until``.
    """
    parts, size = [], 0
    while size <= LARGEST and (part := response.read1(1 << 16)):
        parts.append(part)
        size += len(part)
        if time.monotonic() > until:
            raise TimeoutError
    if size <= LARGEST and response.length:  # bytes that were announced and did not come
        raise IncompleteRead(b"", response.length)
    return b"".join(parts)


def _found(item: Mapping[str, Any]) -> Found:
    document = item.get("document", item)
    contents = document["contents"]
    title, _, text = contents.partition("\n")
    title = title.strip()
    if len(title) > 1 and title[0] == title[-1] == '"':
        title = title[1:-1].strip()
    score = float(item.get("score", math.nan))
    return Found(title, text.strip(), score)
