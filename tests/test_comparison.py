"""A comparison: its file, its records, its table; and a whole one that is killed and goes on."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from click.testing import Result
from rich.console import Console

import tiny_run
from smepo.comparison import Results, build, collect, execute, export, load, read, runner, summarize
from smepo.comparison.config import ArmPlan
from smepo.comparison.records import Evaluation, RunRecord, from_json, to_json
from smepo.comparison.screening import find_hard
from smepo.comparison.table import header, markdown, rows
from smepo.errors import ConfigError, InputError

ROOT = Path(__file__).resolve().parent.parent
BASE: dict[str, Any] = {
    "model": "testbed:math",
    "steps": 4,
    "data": {"path": "testbed:math"},
    "evaluation": {"every": 2, "data": {"path": "testbed:math", "options": {"split": "heldout"}}},
}
GRPO = {"name": "grpo", "title": "GRPO", "guidance": {"transform": "none"}}
SMEPO = {"name": "smepo", "title": "SMEPO", "guidance": {"transform": "masked"}}


def written(folder: Path, **over: Any) -> Path:
    """A comparison's file."""
    file = folder / "compare.toml"
    values = {"seeds": [0, 1], "base": BASE, "arms": [GRPO, SMEPO], **over}
    file.write_text(tomli_w.dumps({k: v for k, v in values.items() if v is not None}))
    return file


def test_seeds_come_first_and_every_arm_has_the_same_rows_and_budget(tmp_path: Path) -> None:
    families = {"a": {}, "b": {"steps": 8}}
    plan = load(written(tmp_path, families=families, out=str(tmp_path / "runs")))
    assert [cell.name for cell in plan.cells[:5]] == [
        "a/grpo/0",
        "a/smepo/0",
        "b/grpo/0",
        "b/smepo/0",
        "a/grpo/1",
    ]
    assert plan.against == "grpo"
    first, second = (cell.config for cell in plan.cells[:2])
    differ = {"guidance", "output_dir"}
    assert first.model_dump(exclude=differ) == second.model_dump(exclude=differ)
    assert first.checkpoints.save_steps == 2, "a killed run goes on from its last evaluation"
    assert len({cell.folder for cell in plan.cells}) == len(plan.cells) == 8


def test_filters_name_runs(tmp_path: Path) -> None:
    plan = load(written(tmp_path, families={"a": {}, "b": {}}))
    assert [c.name for c in plan.only(["a/smepo"])] == ["a/smepo/0", "a/smepo/1"]
    assert [c.name for c in plan.only(["*/grpo/1", "b/smepo/0"])] == [
        "b/smepo/0",
        "a/grpo/1",
        "b/grpo/1",
    ]
    with pytest.raises(ConfigError, match="--only c: no such run"):
        plan.only(["c"])


@pytest.mark.parametrize(
    ("over", "message"),
    [
        ({"arms": [GRPO, {**SMEPO, "steps": 9}]}, "arm smepo: steps: differs from that of arm"),
        ({"arms": [GRPO, {**SMEPO, "data": {"limit": 3}}]}, "arm smepo: data: differs"),
        (
            {"arms": [GRPO, {**SMEPO, "sampling": {"num_generations": 4}}]},
            "arm smepo: sampling: differs",
        ),
        ({"arms": [GRPO, {**SMEPO, "seed": 3}]}, "arms.smepo.seed: not for an arm"),
        ({"arms": [GRPO, {**SMEPO, "guidance": {"transfrom": "x"}}]}, "arm smepo: guidance.transf"),
        ({"arms": [GRPO, GRPO]}, "the name 'grpo' stands twice"),
        ({"arms": [{**GRPO, "name": "../x"}]}, "'../x' is no name for a folder"),
        ({"against": "nobody"}, "against: 'nobody' is no arm"),
        ({"seeds": [1, 1]}, "seeds: a seed stands twice"),
        ({"seeds": []}, "seeds: "),
        ({"base": {**BASE, "output_dir": "x"}}, "base.output_dir: the comparison sets it"),
        ({"base": {k: v for k, v in BASE.items() if k != "evaluation"}}, "judged without guidance"),
        ({"base": {**BASE, "evaluation": {**BASE["evaluation"], "after": False}}}, "judged"),
        ({"nonsense": 1}, "nonsense: unknown field"),
        ({"screen": {}, "base": {**BASE, "search": {"index": "x"}}}, "screen: family math answers"),
    ],
)
def test_a_file_that_cannot_work_is_refused(
    tmp_path: Path, over: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError) as error:
        load(written(tmp_path, **over))
    assert message in str(error.value)
    assert str(tmp_path / "compare.toml") in str(error.value)


@pytest.mark.parametrize("file", sorted((ROOT / "examples").glob("compare*.toml")), ids=str)
def test_the_examples_load(file: Path) -> None:
    plan = load(file)
    assert plan.against == "grpo"
    assert len(plan.cells) == len(plan.arms) * len(plan.seeds) * len(plan.families)
    assert all(cell.config.checkpoints.save_steps for cell in plan.cells)


STEPS = (0, 10, 20, 40)


def record(arm: str, seed: int, rates: tuple[float, ...], problems: int = 200) -> RunRecord:
    """A run with the given accuracy at each evaluation; the problems differ in difficulty."""
    draw = random.Random(f"{arm}{seed}")
    hard = [random.Random(i).random() * 2 for i in range(problems)]
    evaluations = tuple(
        Evaluation(
            step=step,
            k=4,
            correct=tuple(sum(draw.random() < rate * h for _ in range(4)) for h in hard),
            judged=(4,) * problems,
            seconds=float(step),
            tokens=100.0 * step,
        )
        for step, rate in zip(STEPS, rates, strict=True)
    )
    training = tuple({"step": s, "reward": r} for s, r in zip(STEPS[1:], rates[1:], strict=True))
    guided = arm == "smepo"
    return RunRecord(
        "math", arm, seed, "done", steps=40, problems="x", evaluations=evaluations,
        training=training, environment={"commit": "abc", "command": ["secret"]},
        probes=({"step": 40, "guided": 0.9 if guided else None, "unguided": 0.4},),
        alarms=("likely reward hacking at step 40",) if guided and seed == 2 else (),
    )  # fmt: skip


ARMS = (ArmPlan("grpo", "GRPO"), ArmPlan("smepo", "SMEPO"), ArmPlan("bad", "Bad"))
SLOW, FAST = (0.1, 0.15, 0.2, 0.3), (0.1, 0.3, 0.4, 0.45)


@pytest.fixture(scope="module")
def records() -> list[RunRecord]:
    return [
        *(record("grpo", seed, SLOW) for seed in range(3)),
        *(record("smepo", seed, FAST) for seed in range(3)),
        RunRecord("math", "bad", 0, "failed", error="exit status 1, it broke"),
        RunRecord("math", "bad", 1, "waiting"),
    ]


def test_a_better_arm_is_better_and_faster(records: list[RunRecord]) -> None:
    (family,) = summarize(records, ARMS, "grpo")
    grpo, smepo, bad = family.arms
    assert family.problems == 200
    assert family.base is not None
    assert family.base.value == pytest.approx(0.1, abs=0.02)
    assert family.beats_base is not None
    assert family.beats_base.sign == 1
    assert smepo.average is not None
    assert smepo.average.value == pytest.approx(0.45, abs=0.03)
    assert smepo.gap is not None
    assert smepo.gap.low < 0.15 < smepo.gap.high
    assert smepo.gap.low > 0.05
    assert smepo.area_gap is not None
    assert smepo.area_gap.sign == 1
    assert smepo.reach is not None
    steps = smepo.reach["steps"]
    assert steps.baseline == 40
    assert steps.at == pytest.approx(10, abs=2)
    assert steps.ratio.low < 4 < steps.ratio.high
    assert smepo.reach["tokens"].ratio.value == pytest.approx(steps.ratio.value)
    assert grpo.gap is None
    assert "cpu_seconds" not in smepo.reach, "no record has processor time"
    assert bad.failed == {0: "exit status 1, it broke"}
    assert bad.missing == 1
    assert bad.average is None


def test_time_is_not_told_where_the_baseline_does_not_learn() -> None:
    flat = [record("grpo", seed, (0.1, 0.1, 0.1, 0.1)) for seed in range(3)]
    fast = [record("smepo", seed, FAST) for seed in range(3)]
    (family,) = summarize([*flat, *fast], ARMS, "grpo")
    assert family.beats_base is not None
    assert family.beats_base.sign == 0
    assert family.arms[1].reach is None
    assert "times to it are not told" in markdown([family])


def test_an_arm_that_never_gets_there_is_not_reached(records: list[RunRecord]) -> None:
    slow = [record("smepo", seed, (0.1, 0.1, 0.12, 0.12)) for seed in range(3)]
    (family,) = summarize([*records[:3], *slow], ARMS, "grpo")
    line = dict(zip(header(family), rows(family)[1].cells, strict=True))
    assert line["steps to GRPO's best"] == "not reached"
    assert line["ratio"] == "reached in 0 % of resamples"


def test_runs_on_other_problems_are_not_compared(records: list[RunRecord]) -> None:
    other = replace(records[3], problems="y")
    with pytest.raises(InputError, match="evaluated on other problems than math/grpo/0"):
        summarize([*records[:3], other], ARMS, "grpo")


def test_only_seeds_that_both_arms_have_are_paired(records: list[RunRecord]) -> None:
    lone = [r for r in records if r.arm == "smepo" and r.seed == 2]
    (family,) = summarize([*records[:2], *lone], ARMS, "grpo")
    assert family.arms[1].gap is None


def test_records_come_back_from_json(records: list[RunRecord]) -> None:
    undecided = Evaluation(5, 4, (1, 0, 4), (4, 3, 4))
    many = Evaluation(5, 64, (1, 0, 64), (64, 64, 64))
    for one in [*records, replace(records[0], evaluations=(undecided, many))]:
        assert from_json(json.loads(json.dumps(to_json(one)))) == one


def test_exported_records_give_the_same_table_without_the_runs(
    tmp_path: Path, records: list[RunRecord]
) -> None:
    results = Results("x", "grpo", ARMS, tuple(records), "seeds = [0]", "smepo compare x.toml")
    export(results, tmp_path / "out")
    back = read(tmp_path / "out")
    assert markdown(summarize(back.records, back.arms, back.against)) == markdown(
        summarize(records, ARMS, "grpo")
    )
    assert (back.source, back.command) == (results.source, results.command)
    written = "".join(p.read_text() for p in (tmp_path / "out").iterdir())
    assert "secret" not in written, "the worker's command names folders of the machine"
    assert len(written) < 20_000


def test_the_page_and_the_plots_are_made_from_records(
    tmp_path: Path, records: list[RunRecord]
) -> None:
    results = Results("x", "grpo", ARMS, tuple(records), "<script>", "smepo compare x.toml")
    families = summarize(records, ARMS, "grpo")
    page = build(results, families, tmp_path / "page.html").read_text()
    assert "Above it, in points: SMEPO +" in page
    assert "seed 0 failed: exit status 1, it broke" in page
    assert "Alarm, SMEPO, seed 2: likely reward hacking at step 40" in page
    assert "Reliance on guidance" in page
    assert "+50.0" in page, "reliance at the end"
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "").replace("http://www.w3.org", "")
    pytest.importorskip("matplotlib")
    from smepo.comparison.plots import plot

    paths = plot(families, tmp_path / "plots")
    assert [path.name for path in paths[:3]] == [f"math-curves.{f}" for f in ("pdf", "svg", "png")]
    first = paths[1].read_bytes()
    assert plot(families, tmp_path / "plots")[1].read_bytes() == first


def test_another_arm_may_be_the_baseline(
    tmp_path: Path, records: list[RunRecord], smepo_run: Callable[..., Result]
) -> None:
    runs = tuple(r for r in records if r.status == "done")
    export(Results("x", "grpo", ARMS[:2], runs, "seeds = [0]", "x"), tmp_path)

    def arms(*arguments: str) -> dict[str, dict[str, Any]]:
        told = smepo_run("compare", "--from", tmp_path, "--json", *arguments)
        return {arm["arm"]["name"]: arm for arm in json.loads(told.stdout)["families"][0]["arms"]}

    plain, turned = arms(), arms("--against", "smepo")
    assert (plain["grpo"]["gap"], turned["smepo"]["gap"]) == (None, None)
    gap = turned["grpo"]["average"]["value"] - turned["smepo"]["average"]["value"]
    assert turned["grpo"]["gap"]["value"] == pytest.approx(gap)
    assert plain["smepo"]["gap"]["value"] == pytest.approx(-gap)
    with pytest.raises(ConfigError, match="'nobody' is no arm; there are"):
        arms("--against", "nobody")


def test_what_is_no_export_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no comparison\.json"):
        read(tmp_path)


def test_an_interrupt_ends_the_processes_at_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job that would last an hour, and one that waits; the interrupt comes while it is read."""
    begun: list[subprocess.Popen[str]] = []

    def sleeper(job: runner.Job, environment: dict[str, str]) -> subprocess.Popen[str]:
        command = "import time; print('{}', flush=True); time.sleep(3600)"
        begun.append(
            subprocess.Popen([sys.executable, "-c", command], stdout=subprocess.PIPE, text=True)
        )
        return begun[-1]

    def interrupt(*_: Any) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(3600)

    monkeypatch.setattr(runner, "_start", sleeper)
    monkeypatch.setattr(runner, "_follow", interrupt)
    jobs = [runner.Job(name, name, tmp_path / f"{name}.toml", 1) for name in ("one", "two")]
    # a job in the background of a shell starts with interrupts ignored, and so would this test
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            runner.run_all(jobs, Console(quiet=True), processes=1)
    finally:
        signal.signal(signal.SIGINT, before)
    assert [process.poll() for process in begun] == [-signal.SIGTERM]


def tiny(folder: Path) -> Path:
    """Two arms, one of which cannot work: there is no such number type."""
    values = tiny_run.config(folder, steps=8, checkpoints={"save_steps": 2})
    del values["output_dir"], values["guidance"]
    plan = {"path": str(folder / "eval.jsonl"), "question": "question", "target": "target"}
    values["evaluation"] = {"every": 4, "k": 2, "data": plan}
    values["model"] = str(folder / "model")
    good = {"name": "good", "guidance": {"transform": "none"}}
    bad = {**good, "name": "bad", "trl": {"model_init_kwargs": {"dtype": "no such type"}}}
    return written(folder, base=values, arms=[good, bad], seeds=[0], out=str(folder / "runs"))


def start(file: Path, *arguments: str) -> subprocess.Popen[str]:
    command = "from smepo.cli import main; main()"
    return subprocess.Popen(
        [sys.executable, "-c", command, "compare", str(file), "--json", *arguments],
        cwd=file.parent,
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def steps_of(run: Path) -> list[int]:
    file = run / "metrics.jsonl"
    return [json.loads(line)["step"] for line in file.read_text().splitlines()]


@pytest.mark.trainer
def test_arms_train_on_the_rows_that_the_base_policy_finds_hard(tmp_path: Path) -> None:
    base = {
        **BASE,
        "data": {"path": "testbed:math", "options": {"level": "hardest", "n": 8}},
        "sampling": {"max_completion_length": 80},
    }
    file = written(tmp_path, base=base, screen={"k": 2, "below": 0.6}, out=str(tmp_path / "runs"))
    plan = load(file)
    (screen,) = plan.screens
    assert {cell.config.data.path for cell in plan.cells} == {str(screen.path)}
    assert all(not cell.config.data.options for cell in plan.cells)
    assert not screen.done()
    done: list[int] = []
    find_hard(screen.config, screen.path, screen.k, screen.below, done.append)
    assert sum(done) == 16
    assert screen.done()
    assert "of 8 rows are solved in under 60 % of 2 completions" in screen.told()
    rows = [json.loads(line) for line in screen.path.read_text().splitlines()]
    assert rows
    assert all(row["base_pass_rate"] < 0.6 and row["trace"] for row in rows)
    stale = written(tmp_path, base=base, screen={"k": 2, "below": 0.5}, out=str(tmp_path / "runs"))
    with pytest.raises(ConfigError, match="rows of another screen"):
        execute(load(stale), load(stale).cells, Console(quiet=True))


@pytest.mark.trainer
def test_killed_it_goes_on_and_a_failed_arm_stops_no_other(tmp_path: Path) -> None:
    """Killed without warning after a checkpoint; then the good arm goes on from there."""
    file = tiny(tiny_run.make(tmp_path, pause=0.02))
    run = tmp_path / "runs" / "math" / "good" / "seed-0"
    process = start(file)
    deadline = time.monotonic() + 400  # a stuck run, not a slow one
    while not list(run.glob("checkpoints/checkpoint-*/smepo_state.json")):
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    tiny_run.write_reward(tmp_path)  # the same rewards, without the pauses
    out, err = start(file).communicate(timeout=400)
    said = json.loads(out)
    assert said["runs"] == {"done": 1, "failed": 1}, err
    assert "exit status 1" in said["failed"]["math/bad/0"]
    assert steps_of(run) == list(range(1, 9)), "every step once"
    starts = json.loads((run / "environment.json").read_text())
    assert len(starts) == 2
    assert json.loads((run / "result.json").read_text())["resumed_from"] >= 2
    assert not (run / "checkpoints").exists()

    before = (run / "result.json").stat().st_mtime_ns
    plan = load(file)
    results = collect(plan, plan.cells, source="", command="")
    assert [r.status for r in results.records] == ["done", "failed"]
    assert [e.step for e in results.records[0].evaluations] == [0, 4, 8]
    assert (run / "result.json").stat().st_mtime_ns == before

    changed = tomllib.loads(file.read_text())
    changed["base"]["optimizer"]["learning_rate"] = 0.5
    file.write_text(tomli_w.dumps(changed))
    with pytest.raises(ConfigError, match=r"another optimizer\.learning_rate"):
        execute(load(file), load(file).cells, Console(quiet=True))
    with pytest.raises(ConfigError, match=r"another optimizer\.learning_rate"):
        collect(load(file), load(file).cells, source="", command="")
