"""Guidance: transforms, the schedule, purity, state."""

import doctest
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smepo.errors import ConfigError, InputError
from smepo.guidance import (
    Always,
    Decision,
    Example,
    Full,
    Guidance,
    Masked,
    NoGuidance,
    Prefix,
    RandomMask,
    draw,
    prefix,
    uniform,
)
from smepo.masking import mask_trace
from smepo.prompting import PLACEHOLDER
from smepo.types import Location, Prepared, Role, Row, Status

TRACE = "Add them: 3 + 4 = 7.\nDouble it: 2 * 7 = 14.\nThe answer is 14."
QUESTION = "Add 3 and 4, then double the sum."
ROW = Example.from_masked("r1", mask_trace(TRACE, domain="math", question=QUESTION, target="14"))


def shown(transform: Any, row: Example = ROW, **options: Any) -> str | None:
    return Guidance(transform, **options).text(row, step=0)


def test_transforms_show_nothing_everything_or_a_part() -> None:
    assert shown(NoGuidance()) is None
    assert shown(Full()) == TRACE
    assert shown(Prefix(0.3)) == "Add them: 3 + 4 = 7."
    assert shown(Masked()) == ROW.guidance
    assert ROW.guidance is not None
    assert "14" not in ROW.guidance


def test_masked_controls_are_made_from_the_trace() -> None:
    assert shown(Masked("paper")) == mask_trace(TRACE, domain="math", mode="paper").text
    assert shown(Masked("random")) != shown(Masked("random"), seed=1)


def test_random_hides_as_much_as_the_mask_does() -> None:
    hidden = sum(len(blank.text) for blank in ROW.blanks)
    for seed in range(5):
        text = shown(RandomMask(), seed=seed)
        assert text is not None
        kept = len(PLACEHOLDER.sub("", text))
        assert hidden <= len(TRACE) - kept <= hidden + len("answer")
    texts = {shown(RandomMask(), replace(ROW, id=str(n))) for n in range(5)}
    assert len(texts) == 5, "the draw depends on the row"
    assert shown(RandomMask(share=0.0)) == TRACE
    everything = shown(RandomMask(share=1.0))
    assert everything is not None
    assert not any(letter.isalnum() for letter in PLACEHOLDER.sub("", everything))


def test_literal_placeholders_of_a_trace_are_no_blanks() -> None:
    row = Example("r", QUESTION, trace="Fill in [NUMBER] and 7.")
    assert shown(Full(), row) == "Fill in (NUMBER) and 7."
    assert shown(RandomMask(0.0), row) == "Fill in [EXPR_1] and 7."


@given(
    st.lists(st.sampled_from([*TRACE.split(" "), "\n", "[NUMBER_1]", "$x$"]), max_size=40),
    st.floats(0, 1),
)
def test_a_prefix_ends_at_a_line_or_sentence_near_its_ratio(words: list[str], ratio: float) -> None:
    text = " ".join(words)
    part = prefix(text, ratio)
    assert text.startswith(part)
    rest = text[len(part) :]
    assert not part or not rest or rest[0].isspace()
    assert not (part.strip() and rest.strip()) or part[-1] in ".])\"'`" or "\n" in rest
    assert len(prefix(text, ratio / 2)) <= len(part)


def test_rows_that_must_not_be_shown_are_counted_by_reason() -> None:
    guidance = Guidance.from_name("smepo")
    rows = [ROW, replace(ROW, status=Status.LEAKS), replace(ROW, status=Status.NO_TRACE)]
    rows += [Example("raw", QUESTION, trace=TRACE), replace(ROW, guidance=" \n")]
    assert [guidance.text(row, 0) is not None for row in rows] == [True, *[False] * 4]
    assert guidance.counts == {"shown": 1, "leaks": 1, "no_trace": 1, "not_prepared": 1, "empty": 1}
    assert guidance.decide(rows[1], 0) == Decision(None, "leaks", 0.0)


def test_every_arm_guides_the_same_rows() -> None:
    leaking = replace(ROW, guidance=None, status=Status.LEAKS)
    arms = [Guidance.from_name(name) for name in ("smepo", "full", "prefix", "random")]
    assert all(arm.text(ROW, 0) for arm in arms)
    assert not any(arm.text(leaking, 0) for arm in arms)
    assert Guidance.from_name("grpo").text(ROW, 0) is None


def test_examples_come_from_prepared_rows() -> None:
    row = Row("r2", QUESTION, "14", (None, TRACE))
    example = Example.from_prepared(Prepared(row, Status.CLEAN, "so", ROW.blanks, trace_index=1))
    assert (example.trace, example.guidance, example.blanks) == (TRACE, "so", ROW.blanks)
    messages = [{"role": "user", "content": "Add."}, {"role": "assistant", "content": "7"}]
    assert replace(example, trace=messages).trace_text == "Add.\n\n7"
    assert Example.from_masked("r", mask_trace(TRACE, domain="math")).blanks[-1].role in Role


@pytest.mark.parametrize(
    ("column", "value"), [("guidance_status", "fine"), ("guidance_blanks", "[{}]")]
)
def test_columns_of_another_tool_are_refused_by_row_and_name(column: str, value: str) -> None:
    columns = {"guidance": "6", "guidance_blanks": "[]", "guidance_status": "clean", column: value}
    row = Row("r", QUESTION, "14", (TRACE,), columns, Location("rows.jsonl", 3))

    with pytest.raises(InputError, match=f"rows.jsonl, row 3, column {column}"):
        Example.from_row(row)


SCRIPT = """
from smepo.guidance import Example, Guidance, draw
row = Example("r1", "q", trace=%r, guidance="g")
print([Guidance.from_name("random", share=0.4, seed=s).text(row, s) for s in range(3)])
print(draw("a", 1))
"""


def test_guidance_is_the_same_in_every_process() -> None:
    def run(salt: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT % TRACE],
            env={**os.environ, "PYTHONHASHSEED": salt},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    assert run("1") == run("2") != ""


def test_draws_are_uniform_and_named() -> None:
    numbers = [uniform("mix", f"row-{n}", 3, 0) for n in range(2000)]
    assert all(0 <= number < 1 for number in numbers)
    assert abs(sum(numbers) / 2000 - 0.5) < 0.03
    assert draw("a", "b") != draw("a\0b") != draw("ab")
    assert draw("1") != draw(1)


class Gate:
    """A schedule with state: guides a row until one of its groups has succeeded."""

    def __init__(self) -> None:
        self.solved: set[str] = set()

    def level(self, row_id: str, step: int, seed: int) -> float:
        return 0.0 if row_id in self.solved else 0.5

    def observe(
        self, row_id: str, step: int, rewards: Sequence[float | None], level: float
    ) -> None:
        if any(rewards):
            self.solved.add(row_id)

    def state_dict(self) -> dict[str, Any]:
        return {"solved": sorted(self.solved)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.solved = set(state["solved"])


def test_a_schedule_learns_from_rewards_and_resumes() -> None:
    guidance = Guidance(Full(), Gate())
    assert guidance.text(ROW, 0) == "Add them: 3 + 4 = 7."
    guidance.observe("r1", 0, [0.0, None])
    assert guidance.text(ROW, 1) is not None
    guidance.observe("r1", 1, [0.0, 1.0])
    assert guidance.decide(ROW, 1).text is not None, "a step's decisions share one state"
    assert guidance.decide(ROW, 2) == Decision(None, "schedule", 0.0)

    resumed = Guidance(Full(), Gate())
    resumed.load_state_dict(json.loads(json.dumps(guidance.state_dict())))
    assert resumed.decide(ROW, 2) == guidance.decide(ROW, 2)


def test_a_checkpoint_of_another_guidance_is_refused() -> None:
    state = Guidance(Prefix(0.5), Always(), seed=1).state_dict()
    Guidance(Prefix(0.5), seed=1).load_state_dict(state)
    for other in (
        Guidance(Prefix(0.6), seed=1),
        Guidance(Prefix(0.5)),
        Guidance(Full(), Gate(), 1),
    ):
        with pytest.raises(ConfigError, match="checkpoint has"):
            other.load_state_dict(state)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("smepoo", {}, "none of grpo, full, prefix, random, smepo, "),
        ("prefix", {"ratio": 1.5}, "ratio: 1.5"),
        ("random", {"share": -1}, "share: -1"),
        ("full", {"ratio": 0.5}, "guidance full: .*ratio"),
        ("smepo", {"mode": "none"}, "mode: 'none'"),
    ],
)
def test_bad_presets_are_refused(name: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Guidance.from_name(name, **options)


@pytest.mark.parametrize(
    "module",
    [
        "guidance.guide",
        "guidance.more",
        "guidance.transforms",
        "guidance.draws",
        "prompting.wording",
        "prompting.neutralise",
        "prompting.thinking",
        "training.copying",
    ],
)
def test_the_examples_in_docstrings_run(module: str) -> None:
    tried = doctest.testmod(importlib.import_module(f"smepo.{module}"))
    assert tried.attempted > 0
    assert tried.failed == 0
