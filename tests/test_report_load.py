"""From folders and files to a report: run folders, masked data sets, prepared rows."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from smepo.data import choose_columns, find
from smepo.errors import InputError
from smepo.pipeline.local import run as mask_file
from smepo.pipeline.prepare import MaskOptions, prepare
from smepo.report.collect import card, parts, summarize, target_text
from smepo.report.headline import headline
from smepo.report.load import data_report, run_folders, runs_report
from smepo.report.page import render
from smepo.report.runs import read_arm
from smepo.types import Blank, Kind, Role, Row, Status


def estimate(value):
    return {"value": value, "low": value - 0.02, "high": value + 0.02, "problems": 64}


def write_run(folder: Path, transform="masked", *, finished=True, problems=64, last=0.3):
    """A run folder as training leaves it, with two steps."""
    folder.mkdir(parents=True)
    config = {"guidance": {"transform": transform}, "seed": 7, "steps": 2}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "config.toml").write_text("steps = 2\n")
    metrics = [
        {"step": 1, "seconds": 1.5, "reward": 0.25, "frac_reward_zero_std": 0.75},
        {"step": 2, "seconds": 3.0, "reward": 0.5, "frac_reward_zero_std": 0.5, "copy_rate": 0.1},
    ]
    evaluations = [
        {"step": step, "k": 1, "problems": problems, "avg_at_k": estimate(value)}
        for step, value in ((0, 0.1), (2, last))
    ]
    for name, lines in (("metrics", metrics), ("evaluations", evaluations)):
        text = "".join(json.dumps(line) + "\n" for line in lines)
        (folder / f"{name}.jsonl").write_text(text + '{"step": 3, "torn')
    (folder / "eval").mkdir()
    for step, correct in ((0, False), (2, True)):
        record = {"id": "p1", "question": "What is 1 + 1?", "target": "2"}
        status = "correct" if correct else "wrong"
        record |= {"completions": [f"step {step}: 2", "no"], "statuses": [status, "wrong"]}
        record |= {"scores": [float(status == "correct"), 0.0]}
        (folder / "eval" / f"step-{step:06d}.jsonl").write_text(json.dumps(record) + "\n")
    starts = [{"python": "3.11.7", "versions": {"torch": "2.13.0", "trl": None}}]
    (folder / "environment.json").write_text(json.dumps(starts))
    if finished:
        (folder / "result.json").write_text("{}")
    return folder


def test_a_run_becomes_an_arm(tmp_path):
    arm = read_arm(write_run(tmp_path / "smepo"))
    assert (arm.title, arm.seed, arm.steps, arm.seconds, arm.error) == ("SMEPO", 7, 2, 3.0, "")
    assert [(p.step, p.value) for p in arm.reward] == [(1, 0.25), (2, 0.5)]
    assert [(p.step, p.value) for p in arm.live_groups] == [(1, 0.25), (2, 0.5)]
    assert [p.step for p in arm.copy_rate] == [2]
    assert (arm.final.value, arm.final.low) == (0.3, pytest.approx(0.28))
    assert arm.config == "steps = 2\n"


def test_probe_and_alarm_are_on_the_page_and_a_baseline_has_its_name(tmp_path):
    run = write_run(tmp_path / "runs" / "smepo")
    probe = {"step": 0, "guided": [1.0, 0.5], "unguided": [0.0, 0.5], "reliance": 0.5}
    (run / "probe.jsonl").write_text(json.dumps(probe) + "\n")
    (run / "alarms.jsonl").write_text(
        json.dumps({"text": "likely reward hacking at step 2"}) + "\n"
    )
    arm = read_arm(run)
    assert (arm.probe_guided[0].value, arm.probe_unguided[0].value) == (0.75, 0.25)
    luffy = write_run(tmp_path / "runs" / "luffy", "none")
    config = json.loads((luffy / "config.json").read_text())
    (luffy / "config.json").write_text(json.dumps({**config, "baseline": {"method": "luffy"}}))
    data = runs_report(run_folders(tmp_path), title="runs", command="smepo report")
    assert {a.title for a in data.comparison.arms} == {"SMEPO", "LUFFY"}
    page = render(data)
    assert "likely reward hacking at step 2." in page
    assert "Reliance on guidance" in page


def test_an_unfinished_run_is_a_failed_arm(tmp_path):
    arm = read_arm(write_run(tmp_path / "smepo", finished=False))
    assert arm.error == "it did not finish; the last step is 2"


def test_runs_are_found_where_the_demo_puts_them(tmp_path):
    write_run(tmp_path / "runs" / "b")
    write_run(tmp_path / "runs" / "a")
    (tmp_path / "runs" / "notes").mkdir()
    assert [folder.name for folder in run_folders(tmp_path)] == ["a", "b"]
    assert run_folders(tmp_path / "runs" / "a") == [tmp_path / "runs" / "a"]
    assert run_folders(tmp_path / "runs" / "notes") == []


def test_a_comparison_takes_the_unguided_run_as_baseline(tmp_path):
    folders = [write_run(tmp_path / "a"), write_run(tmp_path / "b", "none", last=0.12)]
    data = runs_report(folders, title="two runs", command="smepo report .")
    assert data.comparison.baseline == "b"
    assert data.comparison.problems == 64
    assert "SMEPO is above GRPO (+18.0 points" in headline(data).detail
    assert "2.13.0" in render(data)


def test_the_first_problems_come_with_the_answers_of_every_policy(tmp_path):
    folders = [write_run(tmp_path / "a"), write_run(tmp_path / "b", "none")]
    data = runs_report(folders, title="two runs", command="")
    (problem,) = data.comparison.problems_shown
    assert [(a.policy, a.text, a.correct) for a in problem.answers] == [
        ("Before training", "step 0: 2", False),
        ("SMEPO", "step 2: 2", True),
        ("GRPO", "step 2: 2", True),
    ]
    assert "What is 1 + 1?" in render(data)


def test_arms_of_one_kind_are_told_apart(tmp_path):
    folders = [write_run(tmp_path / "seed-1"), write_run(tmp_path / "seed-2")]
    data = runs_report(folders, title="seeds", command="")
    assert [arm.title for arm in data.comparison.arms] == ["SMEPO (seed-1)", "SMEPO (seed-2)"]


def test_runs_on_different_problems_are_not_compared(tmp_path):
    folders = [write_run(tmp_path / "a"), write_run(tmp_path / "b", problems=32)]
    with pytest.raises(InputError, match="cannot be compared"):
        runs_report(folders, title="two runs", command="")


def smepo(*arguments):
    command = [sys.executable, "-c", "from smepo.cli import main; main()", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_the_command_builds_the_page_and_says_where(tmp_path):
    write_run(tmp_path / "a")
    write_run(tmp_path / "b", "none", last=0.12)
    ran = smepo("report", tmp_path, "--json")
    assert ran.returncode == 0, ran.stderr
    summary = json.loads(ran.stdout)
    assert summary["report"] == str(tmp_path / "report.html")
    assert summary["headline"].endswith("SMEPO is above GRPO.")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert f"smepo report {tmp_path} --json" in page


def test_the_command_fails_for_failed_runs_and_for_nothing(tmp_path):
    write_run(tmp_path / "a", finished=False)
    assert smepo("report", tmp_path).returncode == 1
    assert (tmp_path / "report.html").is_file()
    assert smepo("report", tmp_path / "absent").returncode == 2


ROWS = [
    {"question": "What is 6 * 7 - 2?", "answer": "6*7=<<6*7=42>>42.\n42-2=<<42-2=40>>40.\n#### 40"},
    {"question": "What is 8 + 9?", "answer": ""},
]


@pytest.fixture
def masked(tmp_path):
    """A small data set that the pipeline has masked and audited."""
    source = tmp_path / "rows.jsonl"
    rows = [{"id": str(i), "target": "40", **row} for i, row in enumerate(ROWS)]
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = find(str(source))
    columns = choose_columns(
        found, question="question", target="target", traces=("answer",), id="id"
    )
    out = tmp_path / "masked.jsonl"
    mask_file(found, out, columns, MaskOptions(), workers=1)
    return out


def test_a_masked_file_becomes_a_report(masked):
    data = data_report(
        masked, title="rows", command="smepo report", limit=1, audit=True, advance=lambda: None
    )
    (one,) = data.summaries
    assert (one.rows, one.shown, one.audited, one.leaking) == (2, 1, 1, 0)
    assert one.candidates > 0
    assert one.metrics["operators"] == 1.0
    assert (len(data.traces), data.traces_total) == (1, 2)
    hidden = [blank.text for part in data.traces[0].parts for blank in part.blanks]
    assert "40" in hidden
    assert "1 of 2 rows carry guidance" in headline(data).statement


def test_without_an_audit_nothing_is_claimed(masked):
    data = data_report(masked, title="rows", command="", limit=9, audit=False, advance=lambda: None)
    assert data.summaries[0].audited == 0
    assert "not known" in headline(data).statement


def test_a_file_that_smepo_did_not_write_is_refused(tmp_path):
    plain = tmp_path / "plain.jsonl"
    plain.write_text(json.dumps({"question": "q", "answer": "1\n#### 1"}) + "\n")
    with pytest.raises(InputError, match="not written by `smepo mask`"):
        data_report(plain, title="", command="", limit=1, audit=True, advance=lambda: None)


def test_leaks_that_are_held_back_do_not_count_as_passed_on():
    row = Row("1", "What is 6 * 7?", "42", ("6 * 7 = 42",))
    done = prepare(row, MaskOptions(mode="random", seed=1))
    whole = summarize("rows", "random", [done], domain="math", seconds=None, control=True)
    assert (whole.rows, whole.audited, whole.shown) == (1, 1, 1)
    assert whole.leaks == len(done.report.leaks)
    shown = card(done, "math", "random")
    assert shown.status is Status.CONTROL
    assert shown.parts[0].text == "6 * 7 = 42"


def test_messages_become_parts():
    blank = Blank(Kind.ENTITY, Role.RESULT, 0, 3, "Ada", "[ENTITY_1]", message=1)
    trace = [{"role": "user", "content": "Who?"}, {"role": "assistant", "content": "Ada"}]
    first, second = parts(trace, (blank,))
    assert (first.speaker, first.blanks) == ("user", ())
    assert (second.text, second.blanks) == ("Ada", (blank,))


def test_targets_in_one_line():
    assert target_text(["a", "b"]) == "a · b"
    assert target_text({"entry_point": "f"}) == '{"entry_point": "f"}'
    assert target_text("x" * 1000).endswith("...")
