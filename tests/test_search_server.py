"""`smepo serve`: an index behind HTTP, asked as training on another machine asks it."""

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("tantivy", reason="the extra search is not installed")

from smepo.errors import ConfigError
from smepo.search import Index, Remote, Tools, build
from smepo.search.server import LARGEST, server

PAGES = [
    {"title": "Elbe", "text": "A river in Germany."},
    {"title": "Rhine", "text": "A longer river.\nIt passes Basel."},
    {"title": '"Weird Al" Yankovic', "text": "A singer of parodies."},
]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    folder = tmp_path_factory.mktemp("served")
    (folder / "corpus.jsonl").write_text("".join(json.dumps(page) + "\n" for page in PAGES))
    build(folder / "corpus.jsonl", folder / "index")
    return Index.open(folder / "index")


@contextmanager
def running(index: Index) -> Iterator[int]:
    """The port of a server of ``index``."""
    with server(index, "127.0.0.1", 0) as made:
        threading.Thread(target=made.serve_forever, args=(0.01,), daemon=True).start()
        yield made.server_port
        made.shutdown()


def ask(port: int, body: bytes, path: str = "/retrieve") -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("POST", path, body)
    response = connection.getresponse()
    return response.status, json.loads(response.read())


def test_a_served_index_finds_what_it_finds_here(index: Index) -> None:
    with running(index) as port:
        remote = Remote(f"http://127.0.0.1:{port}/retrieve")
        for query in ("river", "Basel", "parodies", "weird al", "nothing of it", "\ud800 river"):
            assert remote.search(query, 2) == index.search(query, 2)
        assert remote.read("elbe") == remote.search("Elbe", 1)[0]
        assert Tools(remote).search("Germany") == Tools(index).search("Germany")


def test_many_ask_at_once(index: Index) -> None:
    wanted = [one.title for one in index.search("river", 2)]
    found: list[list[str]] = []
    with running(index) as port:

        def one() -> None:
            remote = Remote(f"http://127.0.0.1:{port}/retrieve")
            found.append([hit.title for hit in remote.search("river", 2)])

        threads = [threading.Thread(target=one) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == [wanted] * 16


def test_the_form_is_search_r1s(index: Index) -> None:
    with running(index) as port:
        request: dict[str, Any] = {"queries": ["parodies", "Basel"], "topk": 1}
        status, plain = ask(port, json.dumps(request).encode())
        _, scored = ask(port, json.dumps({**request, "return_scores": True}).encode())
        _, usual = ask(port, b'{"queries": ["river"]}')
    singer = {"contents": '""Weird Al" Yankovic"\nA singer of parodies.'}
    rhine = {"contents": '"Rhine"\nA longer river.\nIt passes Basel.'}
    assert (status, plain) == (200, {"result": [[singer], [rhine]]})
    assert [[one["document"] for one in found] for found in scored["result"]] == plain["result"]
    assert all(found[0]["score"] > 0 for found in scored["result"])
    assert len(usual["result"][0]) == 2


BAD = [
    *(b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"queries": "river"}', b'{"queries": [7]}'),
    *(b'{"queries": ["x"], "topk": %s}' % k for k in (b"-1", b"1000", b'"3"', b"true", b"2.5")),
    b'{"queries": [%s]}' % b",".join([b'""'] * 1025),
]


def test_requests_that_are_none_are_answered_and_the_server_lives(index: Index) -> None:
    with running(index) as port:
        for body in BAD:
            status, said = ask(port, body)
            assert (status, list(said)) == (400, ["error"]), body[:40]
        assert ask(port, b"{}", "/other")[0] == 404
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.putrequest("POST", "/retrieve")
        connection.putheader("Content-Length", str(LARGEST + 1))
        connection.endheaders()
        assert connection.getresponse().status == 413
        assert ask(port, b'{"queries": ["river"]}')[0] == 200


def test_an_address_that_is_taken_is_named(index: Index) -> None:
    with running(index) as port, pytest.raises(ConfigError, match=f"127.0.0.1:{port}"):
        server(index, "127.0.0.1", port)


def test_the_command_serves_until_it_is_interrupted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from http.server import ThreadingHTTPServer

    from smepo.cli.serve import serve

    (tmp_path / "corpus.jsonl").write_text(json.dumps(PAGES[0]) + "\n")
    build(tmp_path / "corpus.jsonl", tmp_path / "index")

    def interrupted(self: ThreadingHTTPServer) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ThreadingHTTPServer, "serve_forever", interrupted)
    serve(tmp_path / "index", "127.0.0.1", 0)
    assert "1 passages at http://127.0.0.1:" in capsys.readouterr().err
    serve(tmp_path / "index", "127.0.0.1", 0, as_json=True)
    assert json.loads(capsys.readouterr().out)["passages"] == 1
