"""What a report shows, as frozen dataclasses: the page knows these and nothing else.

All rates, rewards and shares are in [0, 1]; times are in seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from smepo.types import Blank, Leak, Status


@dataclass(frozen=True, slots=True)
class Part:
    """One text of a trace: the whole trace, or one message of it. Blanks index into ``text``."""

    text: str
    blanks: tuple[Blank, ...] = ()
    speaker: str = ""  # the role of a message; empty for a trace that is plain text


@dataclass(frozen=True, slots=True)
class TraceCard:
    """One trace in the viewer."""

    id: str
    domain: str
    mode: str
    status: Status
    question: str
    target: str
    parts: tuple[Part, ...]
    reason: str = ""
    leaks: tuple[Leak, ...] = ()


@dataclass(frozen=True, slots=True)
class MaskSummary:
    """What masking and audit did to one set of rows in one mode.

    ``leaks``, ``incidental`` and ``expression_leaks`` count candidates, ``leaking`` the traces with
    at least one leak. ``metrics`` are pooled shares: ``hidden`` of the characters, and what is kept
    of ``givens``, ``operators``, ``labels`` and ``words``. With ``audited`` 0 nothing is known
    about leaks, which is not to say that there are none.
    """

    name: str
    mode: str
    rows: int
    statuses: Mapping[Status, int]
    audited: int = 0
    candidates: int = 0
    leaking: int = 0
    leaks: int = 0
    incidental: int = 0
    expression_leaks: int = 0
    undecided: int = 0
    metrics: Mapping[str, float] = field(default_factory=dict)
    seconds: float | None = None
    control: bool = False  # measured only: its leaks are no failure of the mask

    @property
    def shown(self) -> int:
        """Rows whose guidance may reach a prompt."""
        return sum(count for status, count in self.statuses.items() if status.shown)


@dataclass(frozen=True, slots=True)
class Point:
    """A value at a training step, with its 95 % interval where one is known."""

    step: int
    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Arm:
    """One training run of a comparison. ``error`` is empty unless it failed."""

    name: str
    title: str
    note: str = ""
    error: str = ""
    transform: str = ""
    seed: int | None = None
    steps: int = 0
    seconds: float | None = None
    unguided: tuple[Point, ...] = ()  # held-out accuracy without guidance
    reward: tuple[Point, ...] = ()  # mean training reward, under the arm's own prompts
    copy_rate: tuple[Point, ...] = ()
    live_groups: tuple[Point, ...] = ()  # share of groups whose rewards differ
    unsearched: tuple[Point, ...] = ()  # share of training episodes that answered without a look
    probe_guided: tuple[Point, ...] = ()  # the probe's training problems, with guidance
    probe_unguided: tuple[Point, ...] = ()  # the same without
    alarms: tuple[str, ...] = ()  # likely reward hacking, in words
    config: str = ""  # TOML
    command: str = ""  # that started it

    @property
    def final(self) -> Point | None:
        """The last unguided accuracy; None for an arm that failed on the way or was never judged
        after training."""
        if self.error or not self.unguided or self.unguided[-1].step == 0:
            return None
        return self.unguided[-1]


@dataclass(frozen=True, slots=True)
class Answer:
    """What one policy wrote to a problem, without guidance."""

    policy: str  # the title of the arm, or what stands for the policy before training
    text: str
    correct: bool


@dataclass(frozen=True, slots=True)
class Problem:
    """A held-out problem with an answer of each policy."""

    question: str
    target: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Arms that saw the same rows, steps and seeds, all judged on the same unguided problems."""

    arms: tuple[Arm, ...]
    problems: int
    samples: int  # completions a problem (k of avg@k)
    baseline: str  # name of the arm that the others are compared with
    subject: str = "held-out problems"
    base: Point | None = None  # the policy before training
    problems_shown: tuple[Problem, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """One thing that was said: ``kind`` is system, user, assistant, call (of a tool) or tool."""

    speaker: str
    text: str
    kind: str


@dataclass(frozen=True, slots=True)
class Episode:
    """A transcript: everything that a policy and its tools said about one question.

    ``count`` is the number of answered calls of tools; ``source`` says where it comes from, such as
    the arm of a comparison; ``reward`` is None where nothing was paid or judged.
    """

    id: str
    question: str
    target: str
    turns: tuple[Turn, ...]
    status: str
    reward: float | None = None
    count: int = 0
    source: str = ""


@dataclass(frozen=True, slots=True)
class Searched:
    """What the episodes of one evaluation did, in the mean; ``faults`` are counts. ``calls`` are
    those of tools, ``recall`` the share of the gold titles that were shown (None without any),
    ``unsearched`` the share that answered without a look."""

    title: str
    count: int
    reward: float
    f1: float
    calls: float
    recall: float | None
    unsearched: float
    faults: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Measure:
    """A number of an evaluation, such as avg@4, and the problems that it rests on."""

    name: str
    point: Point | None  # None where no problem could be judged
    problems: int


@dataclass(frozen=True, slots=True)
class Result:
    """An evaluation in sum. ``statuses`` counts completions."""

    title: str
    k: int
    problems: int
    measures: tuple[Measure, ...]
    statuses: Mapping[str, int]
    undecided: int = 0  # problems of which nothing was judged
    truncated: int | None = None  # completions that reached the length limit
    settings: Mapping[str, str] = field(default_factory=dict)
    searched: Searched | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """A completion and what became of it; ``extracted`` is what was judged."""

    text: str
    status: str
    extracted: str = ""
    tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A problem of one evaluation or of two: its attempts, one tuple an evaluation, empty where it
    is not in that one. ``rates``: the share of judged attempts that are right, None for nothing
    judged."""

    id: str
    question: str
    target: str
    sides: tuple[tuple[Attempt, ...], ...]
    rates: tuple[float | None, ...]
    level: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """The paired difference of two evaluations, with its 95 % interval over shared problems.

    ``p`` is McNemar's, None for several completions a problem; ``aside`` counts problems that are
    in one evaluation alone or have nothing judged on one side.
    """

    problems: int
    difference: Point  # step 0
    gained: int
    lost: int
    p: float | None = None
    aside: int = 0


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One evaluation, or two of the same problems; ``cases_total`` may exceed what is carried."""

    results: tuple[Result, ...]
    cases: tuple[Case, ...]
    cases_total: int
    change: Change | None = None
    domain: str = ""


@dataclass(frozen=True, slots=True)
class ReportData:
    """A whole page. ``traces_total`` and ``episodes_total`` may exceed what the page carries."""

    title: str
    created: str
    command: str
    summaries: tuple[MaskSummary, ...] = ()
    traces: tuple[TraceCard, ...] = ()
    traces_total: int = 0
    episodes: tuple[Episode, ...] = ()
    episodes_total: int = 0
    searches: tuple[Searched, ...] = ()
    comparison: Comparison | None = None
    evaluation: Evaluation | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    seconds: float | None = None
