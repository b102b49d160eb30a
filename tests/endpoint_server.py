"""An OpenAI-compatible server on loopback for tests; what it answers is scripted."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

# takes the number of the request (from 0) and its body; gives a status and an answer to write
Script = Callable[[int, dict[str, Any]], tuple[int, bytes]]


def said(text: str, *, tokens: tuple[int, int] = (10, 5), finish: str = "stop") -> bytes:
    """A chat completion."""
    choice = {"message": {"role": "assistant", "content": text}, "finish_reason": finish}
    usage = {"prompt_tokens": tokens[0], "completion_tokens": tokens[1]}
    return json.dumps({"choices": [choice], "usage": usage}).encode()


class Server:
    """``requests`` holds the bodies that came; ``most`` is how many were in flight at once."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.requests: list[dict[str, Any]] = []
        self.most = self.now = 0
        self.lock = threading.Lock()
        self.url = ""

    def answer(self, body: dict[str, Any]) -> tuple[int, bytes]:
        """What the script says, with the request counted."""
        with self.lock:
            number = len(self.requests)
            self.requests.append(body)
            self.now += 1
            self.most = max(self.most, self.now)
        try:
            return self.script(number, body)
        finally:
            with self.lock:
                self.now -= 1


@contextmanager
def serving(script: Script) -> Iterator[Server]:
    """The server while the block runs. A status of 0 closes the connection without an answer."""
    held = Server(script)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, data = held.answer(body)
            if status == 0:
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            if status == 429:
                self.send_header("Retry-After", "0.01")
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    held.url = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield held
    finally:
        server.shutdown()
        server.server_close()
