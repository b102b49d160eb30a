"""Schedules and presets: their decisions on scripted histories, purity, state."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smepo.errors import ConfigError
from smepo.guidance import (
    PRESETS,
    AnotherRow,
    Example,
    Fade,
    Gate,
    Guidance,
    Handover,
    Ladder,
    Levels,
    Masked,
    Mix,
    Product,
    Sample,
    Target,
    uniform,
)
from smepo.masking import mask_trace
from smepo.training.config import parse
from smepo.training.plan import guidance as of_config
from smepo.types import Status

QUESTION = "Add 3 and 4, then double the sum, then add 5."
TRACE = "Add them: 3 + 4 = 7.\nDouble it: 2 * 7 = 14.\nAdd five: 14 + 5 = 19.\nThe answer is 19."
STEPS = 20

# What a row's groups come to, step by step: it fails, is helped, succeeds, fails again, succeeds.
HISTORY = [0.0, 0.0, 0.0, 0.5, 1.0, 1.0, 0.5, 0.0, 0.0, 0.25, 0.5, 1.0, 1.0, 1.0, 1.0, 0.0]


def example(row_id: str = "r1") -> Example:
    masked = mask_trace(TRACE, domain="math", question=QUESTION, target="19")
    return Example.from_masked(row_id, masked)


def rewards(rate: float) -> list[float | None]:
    return [1.0] * round(4 * rate) + [0.0] * (4 - round(4 * rate)) + [None]


def levels(guidance: Guidance, history: list[float], start: int = 0) -> list[float]:
    """The level of one row at every step, when its groups come to ``history``."""
    row, found = example(), []
    for step, rate in enumerate(history, start):
        decision = guidance.decide(row, step)
        found.append(round(decision.level, 3))
        guidance.observe(row.id, step, rewards(rate), guided=decision.text is not None)
    return found


PINNED = {
    "grpo": [0.0] * 16,
    "full": [1.0] * 16,
    "prefix": [1.0] * 16,
    "random": [1.0] * 16,
    "smepo": [1.0] * 16,
    "smepo+gate": [0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    "smepo+mix": [1, 1, 0, 0, 1, 0, 1, 1, 0, 1, 0, 0, 0, 1, 0, 1],
    "smepo+sample": [
        0.318,
        0.365,
        0.644,
        0.585,
        0.564,
        0.816,
        0.129,
        0.988,
        0.555,
        0.178,
        0.817,
        0.952,
        0.724,
        0.823,
        0.569,
        0.111,
    ],
    "smepo+fade": [1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 0, 0, 0, 0, 0, 0],
    "smepo+handover": [1.0] * 16,
    "ghpo": [0, 0.25, 0.5, 0.75, 0.75, 0.5, 0.25, 0.25, 0.5, 0.75, 0.75, 0.75, 0.5, 0.25, 0, 0],
    "questa": [0.5] * 10 + [0.25] * 6,
    "uft": [1, 0.983, 0.933, 0.854, 0.75, 0.629, 0.5, 0.371, 0.25, 0.146, 0.067, 0.017, 0, 0, 0, 0],
    "seele": [0.5, 0.759, 1, 1, 1, 0.791, 0.528, 0.528, 0.786, 1, 1, 1, 0.761, 0.502, 0.255, 0.013],
    "scaf": [0, 0, 0, 0.333, 0.333, 0, 0, 0, 0.333, 0.667, 0.667, 0.667, 0.333, 0, 0, 0],
    "ruscarl": [1, 0.992, 0.973, 0.917, 0.769, 0.5, 0.231, 0.083, 0.027, 0.008, 0, 0, 0, 0, 0, 0],
}


def test_every_preset_is_pinned() -> None:
    assert set(PINNED) == set(PRESETS)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_decides_as_it_always_did(name: str) -> None:
    assert levels(Guidance.from_name(name, seed=3, steps=STEPS), HISTORY) == PINNED[name]


@pytest.mark.parametrize("name", PRESETS)
@pytest.mark.parametrize("cut", [1, 7, 12])
def test_a_resumed_preset_goes_on_as_if_nothing_had_been(name: str, cut: int) -> None:
    def make() -> Guidance:
        return Guidance.from_name(name, seed=3, steps=STEPS)

    first = make()
    levels(first, HISTORY[:cut])
    resumed = make()
    resumed.load_state_dict(json.loads(json.dumps(first.state_dict())))

    assert levels(resumed, HISTORY[cut:], start=cut) == PINNED[name][cut:]


@given(
    st.sampled_from(sorted(PRESETS)),
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from([0.0, 0.25, 1.0]), st.booleans()),
        max_size=30,
    ),
)
def test_levels_are_shares_and_equal_on_all_ranks(name: str, groups: list[Any]) -> None:
    ranks = [Guidance.from_name(name, seed=1, steps=STEPS) for _ in range(2)]
    for step in range(0, len(groups), 3):
        now = groups[step : step + 3]
        for rank in ranks:
            for row_id, rate, guided in now:
                rank.observe(row_id, step, rewards(rate), guided=guided)
        ranks[1].decide(example("elsewhere"), step)  # asking changes nothing
        for row_id in "abc":
            one, other = (rank.decide(example(row_id), step + 1) for rank in ranks)
            assert one == other
            assert 0.0 <= one.level <= 1.0


def test_a_group_that_saw_nothing_teaches_handover_nothing() -> None:
    plan = Handover()
    plan.observe("r", 0, [1.0, 1.0], 0.0)
    plan.observe("r", 0, [None, None], 1.0)
    assert plan.passed == 0.0
    plan.observe("r", 0, [1.0, 0.0], 1.0)
    assert plan.passed == 0.5 * plan.rate


def test_a_quick_handover_is_pinned() -> None:
    quick = Guidance(Masked(), Handover(rate=0.3), seed=3)
    assert levels(quick, HISTORY) == [1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]


def test_handover_leaves_as_many_groups_alone_as_guided_ones_pass() -> None:
    plan = Handover(most=0.8)
    for passed, wanted in ((0.0, 0.0), (0.4, 0.4), (1.0, 0.8)):
        plan.load_state_dict({"passed": passed})
        alone = sum(plan.level(f"row-{n}", 5, 0) == 0.0 for n in range(4000)) / 4000
        assert alone == pytest.approx(wanted, abs=0.03)


def test_target_settles_where_the_pass_rate_is_wanted() -> None:
    plan = Target(wanted=0.5, rate=1.0)
    for step in range(300):  # a row that passes as often as it is helped, and three times in eight
        level = plan.level("r", step, 0)
        passed = sum(uniform("t", step, n) < 0.3 + 0.6 * level for n in range(8)) / 8
        plan.observe("r", step, [passed], level)
    late = [plan.level("r", step, 0) for step in range(3)]
    assert late[0] == pytest.approx((0.5 - 0.3) / 0.6, abs=0.3)


def test_fade_goes_from_first_to_last_in_every_shape() -> None:
    for shape in ("linear", "cosine", "sigmoid"):
        plan = Fade(start=10, end=30, first=0.8, last=0.2, shape=shape)
        values = [plan.level("r", step, 0) for step in range(40)]
        assert values[10] == 0.8
        assert values[20] == pytest.approx(0.5)
        assert values[30:] == [0.2] * 10
        assert values == sorted(values, reverse=True)
    groups = Fade(end=100, by="groups")
    shown = [sum(groups.level(f"r{n}", step, 0) for n in range(500)) for step in (1, 50, 99)]
    assert shown == pytest.approx([495, 250, 5], abs=40)


def test_schedules_multiply() -> None:
    plan = Product((Mix(0.5), Sample(0.5)))
    drawn = [plan.level(f"r{n}", 0, 0) for n in range(1000)]
    assert sum(level == 0.0 for level in drawn) == pytest.approx(500, abs=60)
    assert all(level == 0.0 or level >= 0.5 for level in drawn)


def test_a_ladder_climbs_only_by_what_its_rung_has_shown() -> None:
    withheld = Product((Fade(start=3, end=3, first=0.0, last=1.0), Ladder()))
    for step in range(6):
        withheld.observe("r", step, [0.0, 0.0], withheld.level("r", step, 0))
    assert withheld.parts[1].state_dict() == {"rows": {"r": 4.0}}, (
        "one rung unaided, three with help"
    )
    assert withheld.level("r", 6, 0) == 1.0
    withheld.observe("r", 6, [1.0, 1.0], 0.0)
    assert withheld.level("r", 7, 0) == 0.75, "solved alone counts all the same"


def test_only_the_latest_rows_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smepo.guidance.adaptive.ROWS", 2)
    plan = Gate()
    for row_id in "abac":
        plan.observe(row_id, 0, [0.0], 1.0)
    assert list(plan.state_dict()["rows"]) == ["a", "c"]


def test_levels_uncover_from_the_start_and_never_the_answer() -> None:
    def shown(level: float) -> str | None:
        return Levels()(example(), level=level, seed=0)

    assert shown(0.0) == example().guidance
    texts = [shown(level) for level in (0.0, 0.5, 1.0)]
    assert texts[2] is not None
    assert "3 + 4 = 7" in texts[2]
    assert "19" not in texts[2]
    assert len(set(texts)) == 3


def test_levels_keep_whatever_holds_the_answer() -> None:
    trace = "Each is \\frac{1}{12}.\nSo 5 + 7 = 12.\nThe answer is 12."
    masked = mask_trace(trace, domain="math", question="Add.", target="12")
    text = Levels()(Example.from_masked("r", masked), level=1.0, seed=0)
    assert text is not None
    assert "5 + 7" in text
    assert "12" not in text


def test_another_row_is_never_this_one_and_never_tells_its_target() -> None:
    pool = [Example(f"r{n}", f"Question {n}", str(n), f"So {n} and 7.") for n in range(8)]
    for row in pool:
        text = AnotherRow(tuple(pool))(row, level=1.0, seed=0)
        assert text is None or (row.question not in text and f" {row.target} " not in text)
    assert AnotherRow(tuple(pool))(pool[7], level=1.0, seed=0) is None, "every row tells a 7"
    with pytest.raises(ConfigError, match="at least two rows"):
        AnotherRow(())


def test_another_row_is_judged_by_what_its_text_tells() -> None:
    row = Example("r", "How many?", "1234", trace="So 1234.")

    def shown(other: Example, masked: bool = False) -> str | None:
        return AnotherRow((row, other), masked=masked)(row, level=1.0, seed=0)

    fine = Example("o", "What else?", "7", "It is 7.", "It is [NUMBER_1].")
    assert shown(fine) == "What else?\n\nIt is 7."
    assert shown(fine, masked=True) == "What else?\n\nIt is [NUMBER_1]."
    assert shown(replace(fine, trace="It is 1,234 - 1227 = 7.")) is None, "the target, grouped"
    assert shown(replace(fine, question="How many?")) is None, "the same question"
    assert shown(replace(fine, status=Status.LEAKS)) is None
    tests = {"tests": "assert f(1) == 2"}
    code = Example("c", "Write f.", tests, "```\ndef f(x): return x + 1\n```")
    twin = replace(code, id="d", question="Write f, please.")
    assert AnotherRow((code, twin))(code, level=1.0, seed=0) is None, "its program passes ours"


BASE = {"model": "m", "data": {"path": "p"}, "output_dir": "o", "steps": STEPS}


@pytest.mark.parametrize(
    ("table", "repr_of_schedule"),
    [
        ({}, "Always()"),
        ({"schedule": "handover"}, "Handover(most=0.9, rate=0.03)"),
        ({"schedule": {"name": "mix", "unguided": 0.25}}, "Mix(unguided=0.25)"),
        (
            {"schedule": ["sample", {"name": "fade", "end": 9}]},
            "Product(parts=(Sample(low=0.0), Fade(end=9, start=0, first=1.0, last=0.0, "
            "shape='linear', by='amount')))",
        ),
        ({"preset": "seele"}, "Target(wanted=0.5, rate=2.0)"),
    ],
)
def test_a_configuration_names_schedules(table: dict[str, Any], repr_of_schedule: str) -> None:
    config = parse({**BASE, "guidance": table})
    assert repr(of_config(config).schedule) == repr_of_schedule
    again = parse(json.loads(config.model_dump_json()))
    assert repr(of_config(again).schedule) == repr_of_schedule


@pytest.mark.parametrize("name", PRESETS)
def test_a_configured_preset_is_the_one_of_that_name(name: str) -> None:
    config = parse({**BASE, "guidance": {"preset": name}, "seed": 3})
    assert levels(of_config(config), HISTORY) == PINNED[name]
    assert config.guidance.on is (name != "grpo")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"preset": "smepoo"}, "guidance: preset: 'smepoo' is none of grpo"),
        ({"preset": "ghpo", "transform": "full"}, "transform: preset = 'ghpo' is 'prefix'"),
        ({"preset": "ghpo", "schedule": "gate"}, "schedule: preset = 'ghpo' has its own"),
        ({"schedule": "often"}, "guidance.schedule.0: .*'often'"),
        ({"schedule": {"name": "fade"}}, "guidance.schedule.0.fade.end: Field required"),
        ({"schedule": {"name": "fade", "start": 5, "end": 2}}, "end: 2 is before start = 5"),
        ({"schedule": {"name": "ladder", "rungs": [0.5, 0.2]}}, "the rungs must rise"),
        ({"schedule": {"name": "mix", "share": 1}}, "guidance.schedule.0.mix.share: unknown"),
        ({"schedule": []}, "guidance.schedule: names nothing"),
        ({"transform": "none", "schedule": "mix"}, "has nothing to schedule"),
        ({"level": "skeleton"}, "guidance.level: 'skeleton' is for domain = 'code'"),
        ({"level": "skeleton", "mode": "paper"}, "guidance.level: needs a transform"),
        ({"another": "masked"}, "guidance.another: belongs to"),
    ],
)
def test_bad_guidance_tables_are_refused_by_field(table: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        parse({**BASE, "guidance": table})


def test_masks_of_code_have_a_level() -> None:
    code = {**BASE, "domain": "code", "guidance": {"mode": "random", "level": "skeleton"}}
    transform = of_config(parse(code)).transform
    assert transform == Masked("random", "code", "skeleton")
    assert repr(transform) == "Masked(mode='random', domain='code', level='skeleton')"
    assert repr(Masked()) == "Masked(mode='critical-path', domain='math')"
    rows = [example("a"), example("b")]
    another = parse({**BASE, "guidance": {"transform": "another-row", "another": "masked"}})
    assert of_config(another, rows).transform == AnotherRow(tuple(rows), masked=True)


def test_a_preset_that_depends_on_the_length_of_the_run_asks_for_it() -> None:
    with pytest.raises(ConfigError, match=r"guidance uft: .*give `steps`"):
        Guidance.from_name("uft")
    with pytest.raises(ConfigError, match="do not rise"):
        Ladder(rungs=(0.5, 0.5))
