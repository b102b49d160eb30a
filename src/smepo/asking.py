"""Many questions to an endpoint: several at a time, each answer paid for once.

Every answer is written to a journal the moment it comes, so that a run that is killed goes on with
what is missing. What was in flight when it was killed is asked again, nothing else.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import IO, Any

from smepo.endpoint import Answer, Endpoint, EndpointError, chat
from smepo.errors import ConfigError

Messages = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Question:
    """One prompt: a conversation that ends with the user's words, or a tool's."""

    id: str
    messages: Messages


@dataclass(frozen=True, slots=True)
class Plan:
    """How to ask. ``settings`` go into every request; ``rate``: requests a minute at most;
    ``budget``: tokens (prompt and completion) after which nothing new is asked."""

    samples: int = 1
    settings: Mapping[str, Any] = field(default_factory=dict)
    concurrency: int = 8
    rate: float | None = None
    budget: int | None = None
    seed: int | None = None  # sample n asks with seed + n


@dataclass(slots=True)
class Asked:
    """Answers by question and sample. ``counts``: answered, from_journal, failed, not_asked;
    ``failures`` holds the first few reasons."""

    answers: dict[tuple[str, int], Answer] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    prompt_tokens: int = 0
    completion_tokens: int = 0

    def of(self, id: str, samples: int) -> list[Answer]:
        """The answers to a question, in the order of the samples; those that are missing left
        out."""
        found = (self.answers.get((id, n)) for n in range(samples))
        return [answer for answer in found if answer is not None]


def ask_all(
    endpoint: Endpoint,
    questions: Sequence[Question],
    plan: Plan,
    journal: Path,
    *,
    wanted: Callable[[str, Asked], bool] = lambda id, asked: True,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Asked:
    """Every question ``plan.samples`` times: the first sample of all, then the second ...

    ``wanted`` is asked before each sample of a question whether it is still needed. A sample whose
    tries all fail is counted and left out; the next run asks it again.

    Raises:
        ConfigError: the endpoint refuses for a reason that no retry mends, two questions share an
            id, or the journal is of other questions, another model or other settings.
    """
    if len({question.id for question in questions}) < len(questions):
        raise ConfigError("questions: two have the same id; give a column of unique ids")
    asked, total = Asked(), len(questions) * plan.samples
    with _Journal(journal, _identity(endpoint, plan), questions) as kept:
        for key, answer in kept.answers.items():
            _count(asked, key, answer, "from_journal")
        waits = _Waits(plan.rate)
        with ThreadPoolExecutor(plan.concurrency) as pool:
            try:
                for sample in range(plan.samples):
                    todo = [
                        q
                        for q in questions
                        if (q.id, sample) not in asked.answers and wanted(q.id, asked)
                    ]
                    _round(pool, endpoint, todo, sample, plan, waits, kept, asked, progress, total)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
    return asked


def _round(
    pool: ThreadPoolExecutor,
    endpoint: Endpoint,
    todo: Sequence[Question],
    sample: int,
    plan: Plan,
    waits: _Waits,
    kept: _Journal,
    asked: Asked,
    progress: Callable[[int, int], None],
    total: int,
) -> None:
    """One sample of every question in ``todo``; at most ``concurrency`` in flight."""
    settings = {**plan.settings, **({} if plan.seed is None else {"seed": plan.seed + sample})}

    def one(question: Question) -> Answer:
        waits.turn()
        return chat(endpoint, question.messages, **settings)

    flying: dict[Future[Answer], Question] = {}
    left = list(reversed(todo))
    while left or flying:
        spent = asked.prompt_tokens + asked.completion_tokens
        if plan.budget is not None and spent >= plan.budget and left:
            asked.counts["not_asked"] += len(left)
            left = []
        while left and len(flying) < plan.concurrency:
            question = left.pop()
            flying[pool.submit(one, question)] = question
        if not flying:
            break
        done, _ = wait(flying, return_when=FIRST_COMPLETED)
        for future in done:
            question = flying.pop(future)
            try:
                answer = future.result()
            except EndpointError as error:
                asked.counts["failed"] += 1
                asked.failures = [*asked.failures, f"{question.id}: {error}"][:5]
                continue
            kept.add((question.id, sample), answer)
            _count(asked, (question.id, sample), answer, "answered")
        progress(len(asked.answers), total)


def _count(asked: Asked, key: tuple[str, int], answer: Answer, how: str) -> None:
    asked.answers[key] = answer
    asked.counts[how] += 1
    asked.prompt_tokens += answer.prompt_tokens or 0
    asked.completion_tokens += answer.completion_tokens or 0


def _identity(endpoint: Endpoint, plan: Plan) -> dict[str, Any]:
    """What an answer depends on besides its question."""
    return {"model": endpoint.model, "settings": dict(plan.settings), "seed": plan.seed}


def digest(messages: Messages) -> str:
    """A name for a conversation."""
    text = json.dumps([dict(message) for message in messages], sort_keys=True)
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


class _Waits:
    """Spreads requests over time so that at most ``rate`` a minute begin."""

    def __init__(self, rate: float | None) -> None:
        self.gap = 60.0 / rate if rate else 0.0
        self.next = 0.0
        self.lock = threading.Lock()

    def turn(self) -> None:
        """Return when the next request may begin."""
        if not self.gap:
            return
        with self.lock:
            now = time.monotonic()
            at = max(now, self.next)
            self.next = at + self.gap
        time.sleep(at - now)


class _Journal:
    """Answers on disk, one JSON object a line behind a line that says what they answer.

    A line that a kill cut off is dropped. Only one process writes at a time.
    """

    def __init__(self, path: Path, identity: dict[str, Any], questions: Sequence[Question]) -> None:
        self.path = path
        self.identity = identity
        self.digests = {question.id: digest(question.messages) for question in questions}
        self.answers: dict[tuple[str, int], Answer] = {}
        self._file: IO[bytes] | None = None

    def __enter__(self) -> _Journal:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        file = self.path.open("a+b")
        self._file = file
        _hold(file, self.path)
        file.seek(0)
        whole = self._read(file)
        file.truncate(whole)
        if not whole:
            self._write(self.identity)
        return self

    def __exit__(self, *_: Any) -> None:
        assert self._file is not None
        self._file.close()

    def add(self, key: tuple[str, int], answer: Answer) -> None:
        """Write an answer."""
        id, sample = key
        self._write({"id": id, "sample": sample, "of": self.digests[id], **asdict(answer)})

    def _write(self, value: dict[str, Any]) -> None:
        assert self._file is not None
        self._file.write(json.dumps(value, ensure_ascii=True).encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def _read(self, file: IO[bytes]) -> int:
        """Take the answers to our questions; the length in bytes of what is whole."""
        whole = 0
        for number, line in enumerate(file):
            if not line.endswith(b"\n"):
                break
            whole += len(line)
            held = json.loads(line)
            if number == 0:
                if held != self.identity:
                    raise ConfigError(
                        f"{self.path}: holds answers to {held}, this run asks {self.identity}; "
                        "give another output, or remove the file"
                    )
                continue
            if self.digests.get(held["id"]) == held.pop("of"):
                key = (held.pop("id"), held.pop("sample"))
                self.answers[key] = Answer(**held)
        return whole


def _hold(file: IO[bytes], path: Path) -> None:
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise ConfigError(f"{path}: another process is writing to it") from error
