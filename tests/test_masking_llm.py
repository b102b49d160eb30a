"""The detector that asks a model, against a real HTTP server that behaves and misbehaves."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

import smepo
import smepo.cli.mask
from smepo.endpoint import Endpoint, EndpointError, ask
from smepo.errors import ConfigError, InputError
from smepo.masking import Context, llm
from smepo.masking.llm import answer
from smepo.types import Kind, Role

TRACE = "The bake takes 17 minutes, so 7 of 24 are left. The town is Lund."
NAMED = [
    {"text": "17", "kind": "number", "role": "result"},
    {"text": "Lund", "kind": "entity", "role": "conclusion", "occurrence": 1},
]


def said(content):
    """A chat completion that says ``content`` (text, or spans)."""
    text = content if isinstance(content, str) else json.dumps(content)
    return 200, {"choices": [{"message": {"role": "assistant", "content": text}}]}


class Server(ThreadingHTTPServer):
    """Answers requests one after the other as scripted; the last answer stays."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.script = [said([])]
        self.asked = []
        self.url = f"http://127.0.0.1:{self.server_port}/v1"


class Handler(BaseHTTPRequestHandler):
    """One step of the script: (status, JSON or raw bytes[, headers[, seconds]])."""

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.path, self.headers, body))
        step = self.server.script
        status, value, *rest = step.pop(0) if len(step) > 1 else step[0]
        headers, seconds = (*rest, {}, 0)[0] if rest else {}, rest[1] if len(rest) > 1 else 0
        data = value if isinstance(value, bytes) else json.dumps(value).encode()
        time.sleep(seconds)
        self.send_response(status)
        for name, text in headers.items():
            self.send_header(name, text)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    found = Server()
    threading.Thread(target=found.serve_forever, args=(0.01,), daemon=True).start()
    yield found
    found.shutdown()
    found.server_close()


@pytest.fixture
def endpoint(server):
    return Endpoint(server.url, "some-model", "secret", timeout=5, tries=3, pause=0.01)


def test_spans_of_the_model_come_on_top_of_those_of_a_domain(server, tmp_path):
    server.script = [said(NAMED)]
    alone = llm.detector(server.url, "m", domain=None, cache=tmp_path)
    masked = smepo.mask(TRACE, domain=alone, question="Where? 24 hours.", audit=False)
    assert masked.text == (
        "The bake takes [NUMBER_1] minutes, so 7 of 24 are left. The town is [ENTITY_1]."
    )
    both = llm.detector(server.url, "m", domain="math", cache=tmp_path)
    masked = smepo.mask(TRACE, domain=both, question="Where? 24 hours.", target="Lund")
    assert "7 of 24" not in masked.text
    assert "Lund" not in masked.text
    assert (masked.status, masked.domain) == ("clean", "math"), "judged as its base is"
    checked = smepo.mask(
        TRACE, domain=alone, question="?", target="7", verifier=smepo.verifier("math")
    )
    assert checked.status == "repaired"
    assert "so [NUMBER_2] of" in checked.text


def test_what_is_sent_names_the_question_and_never_the_target(server, tmp_path):
    find = llm.detector(server.url, "m", key="secret", domain=None, cache=tmp_path)
    find(TRACE, Context("Where is it?", target="HIDDEN"))
    [(path, headers, body)] = server.asked
    assert path == "/v1/chat/completions"
    assert headers["Authorization"] == "Bearer secret"
    assert body["model"] == "m"
    assert body["temperature"] == 0
    assert "Where is it?" in body["messages"][1]["content"]
    assert TRACE in body["messages"][1]["content"]
    assert "HIDDEN" not in json.dumps(body)


def test_an_answer_is_paid_for_once(server, tmp_path):
    server.script = [said(NAMED), said([])]
    find = llm.detector(server.url, "m", domain=None, cache=tmp_path)
    first = find(TRACE, Context("?"))
    assert find(TRACE, Context("?")) == first
    assert len(server.asked) == 1
    find(TRACE, Context("Another question?"))
    llm.detector(server.url, "another-model", domain=None, cache=tmp_path)(TRACE, Context("?"))
    assert len(server.asked) == 3
    assert not list(tmp_path.rglob("*.part"))
    assert "secret" not in "".join(path.read_text() for path in tmp_path.rglob("*.json"))


def test_what_is_not_in_the_text_is_rejected_and_counted(server, tmp_path):
    wrong = [
        {"text": "18", "kind": "number", "role": "result"},
        {"text": "17", "kind": "number", "role": "result", "occurrence": 2},
        {"text": "17", "kind": "digit", "role": "result"},
        {"text": "17", "kind": "number", "role": "answer"},
        {"text": "", "kind": "number", "role": "result"},
        {"text": "17", "kind": "number", "role": "result", "occurrence": 0},
        {"kind": "number", "role": "result"},
        "17",
    ]
    server.script = [said({"spans": [*NAMED, *wrong]})]
    find = llm.detector(server.url, "m", domain=None, cache=tmp_path)
    assert [TRACE[s.start : s.end] for s in find(TRACE, Context("?"))] == ["17", "Lund"]
    assert find.report() == {
        "answers": 1,
        "spans": 2,
        "rejected: not in the text": 2,
        "rejected: unknown kind": 1,
        "rejected: unknown role": 1,
        "rejected: empty": 1,
        "rejected: bad occurrence": 1,
        "rejected: no text": 2,
    }


def test_whole_words_and_numbers_only():
    text = "7, 17, 7.5, a7, 7 and \\frac{7}{2}"
    item = {"text": "7", "kind": "number", "role": "result"}
    made, _ = answer.spans([item], text, "The 7 dwarfs")
    assert [span.start for span in made] == [0, 16, 28]
    assert all(span.given for span in made)
    assert not answer.spans([item], text, "The 17 dwarfs")[0][0].given
    cut, rejected = answer.spans([{**item, "text": "\\frac{7"}], text, "")
    assert (cut, dict(rejected)) == ([], {"cuts through braces": 1})


@pytest.mark.parametrize(
    "content", ["certainly! here are the spans", "{}", '{"spans": 3}', "[1", "", "null", "[" * 9999]
)
def test_garbage_breaks_the_row_and_nothing_else(server, tmp_path, content):
    server.script = [said(content), said(NAMED)]
    find = llm.detector(server.url, "m", domain=None, cache=tmp_path)
    with pytest.raises(InputError, match="the model's answer is no"):
        find(TRACE, Context("?"))
    assert len(find(TRACE, Context("?"))) == 2, "garbage is not kept"


def test_a_fence_around_the_answer_is_taken_off():
    assert answer.items("```json\n[]\n```") == []
    assert answer.items(' {"spans": [1]} ') == [1]


def test_errors_of_the_server_are_tried_again(server, endpoint):
    server.script = [
        (500, {"error": "oops"}),
        (429, {"error": "slow down"}, {"Retry-After": "0.05"}),
        said("fine"),
    ]
    began = time.monotonic()
    assert ask(endpoint, "system", "user") == "fine"
    assert time.monotonic() - began >= 0.05
    assert len(server.asked) == 3


@pytest.mark.parametrize(
    "step",
    [
        (503, {"error": "down"}),
        (200, b"<html>not JSON"),
        (200, {"choices": []}),
        (200, {"choices": [{"message": {"content": None}}]}),
    ],
)
def test_what_stays_broken_is_said(server, endpoint, step):
    server.script = [step]
    with pytest.raises(EndpointError, match=r"no answer after 3 tries.*run the same command again"):
        ask(endpoint, "system", "user")
    assert len(server.asked) == 3


def test_a_slow_server_is_given_up(server):
    server.script = [(*said("late"), {}, 1.0)]
    began = time.monotonic()
    with pytest.raises(EndpointError, match="timed out"):
        ask(Endpoint(server.url, "m", timeout=0.1, tries=2, pause=0.01), "system", "user")
    assert time.monotonic() - began < 0.9


def test_a_wrong_key_is_not_tried_again_and_not_shown(server, endpoint):
    server.script = [(401, {"error": "no such key"})]
    with pytest.raises(ConfigError, match=r"status 401.*no such key") as caught:
        ask(endpoint, "system", "user")
    assert len(server.asked) == 1
    assert "secret" not in str(caught.value) + repr(endpoint)


def test_nobody_listens():
    with pytest.raises(EndpointError, match="refused"):
        ask(Endpoint("http://127.0.0.1:9", "m", tries=1, timeout=1), "system", "user")
    with pytest.raises(ConfigError, match="no http"):
        Endpoint("file:///etc/passwd", "m")


@pytest.fixture
def mask(server, tmp_path, monkeypatch):
    """Call `smepo mask` with the detector of the environment, on rows; gives its output."""
    folder = str(tmp_path / "cache")
    settings = {"URL": server.url, "MODEL": "m", "CACHE": folder, "TRIES": "1", "DOMAIN": "none"}
    for name, value in settings.items():
        monkeypatch.setenv(f"SMEPO_LLM_{name}", value)
    llm.configured.cache_clear()
    app = typer.Typer()
    smepo.cli.mask.register(app)

    def call(rows, workers):
        source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
        source.write_text("".join(json.dumps(row) + "\n" for row in rows))
        chosen = ["--domain", "smepo.masking.llm:spans", "--verifier", "math"]
        call = [str(source), str(out), *chosen, "--workers", str(workers), "--json"]
        result = CliRunner().invoke(app, call)
        if result.exception is not None:
            raise result.exception
        return json.loads(result.stdout), [json.loads(x) for x in out.read_text().splitlines()]

    yield call
    llm.configured.cache_clear()


def test_through_the_command_line(server, mask):
    rows = [
        {"id": "a", "question": "How long?", "target": "17", "trace": "It takes 17 minutes."},
        {"id": "b", "question": "And then?", "target": "18", "trace": "It takes long."},
    ]
    server.script = [said([NAMED[0], {**NAMED[0], "text": "99"}]), said("garbage")]
    report, made = mask(rows, workers=1)
    assert report["statuses"] == {"clean": 1, "broken": 1}
    assert report["detector"] == {"answers": 1, "spans": 1, "rejected: not in the text": 1}
    assert [row["guidance"] for row in made] == ["It takes [NUMBER_1] minutes.", None]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_run_whose_endpoint_went_away_is_continued(server, mask, workers):
    rows = [
        {"id": str(n), "question": "How long?", "target": "17", "trace": f"Bus {n}: 17 minutes."}
        for n in range(100, 170)
    ]
    server.script = [*[said(NAMED[:1])] * 65, (500, {}), said(NAMED[:1])]
    with pytest.raises(EndpointError, match="no answer after 1 tries"):
        mask(rows, workers)
    asked = len(server.asked)
    report, made = mask(rows, workers)
    assert report["statuses"] == {"clean": 70}
    assert [row["guidance"] for row in made] == [
        f"Bus {n}: [NUMBER_1] minutes." for n in range(100, 170)
    ]
    assert len(server.asked) - asked < 70, "what was answered is not asked again"


def test_the_environment_says_what_is_missing(monkeypatch):
    monkeypatch.delenv("SMEPO_LLM_URL", raising=False)
    monkeypatch.delenv("SMEPO_LLM_MODEL", raising=False)
    llm.configured.cache_clear()
    with pytest.raises(ConfigError, match="SMEPO_LLM_URL and SMEPO_LLM_MODEL: not set"):
        llm.spans("text", Context())


@given(st.text(), st.lists(st.text(max_size=4)))
def test_spans_are_what_they_say(text, wanted):
    found = [{"text": one, "kind": "number", "role": "result"} for one in wanted]
    made, rejected = answer.spans(found, text, "")
    for span in made:
        assert text[span.start : span.end] in wanted
        assert (span.kind, span.role) == (Kind.NUMBER, Role.RESULT)
    assert len({span.key for span in made}) + rejected.total() >= len(set(wanted))
