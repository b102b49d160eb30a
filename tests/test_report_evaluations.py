"""Results of `smepo eval` on the page: one, two side by side, and those of a run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from browser import chromium, opened
from smepo.cli import report as command
from smepo.errors import InputError
from smepo.evaluation import evaluate_given, write
from smepo.evaluation.flips import compare
from smepo.report import build
from smepo.report.evaluations import evaluation, is_evaluation
from smepo.report.headline import headline
from smepo.report.load import evaluations_report
from smepo.report.page import render
from smepo.types import Row
from smepo.verifiers import verifier
from test_report import EVIL
from test_report_browser import PHONE
from test_report_load import write_run

ROWS = [
    Row(str(n), f"What is {n} + 1?" if n else EVIL, str(n + 1), (), {"level": n % 2 + 1})
    for n in range(30)
]


def answered(folder: Path, name: str, right: Any, rows: Any = ROWS, k: int = 2) -> Path:
    """A result on disk; ``right(n, i)`` says whether completion i of problem n is right."""
    given = {
        row.id: [
            f"So \u2028 {EVIL if i else ''} the answer is \\boxed{{{int(row.id) + right(n, i)}}}."
            for i in range(k)
        ]
        for n, row in enumerate(rows)
    }
    path = folder / f"{name}.json"
    write(evaluate_given(rows, given, verifier("math"), settings={"model": name}), path)
    return path


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Before: every fifth problem is solved. After: those below 20, but not problem 0."""
    folder = tmp_path_factory.mktemp("results")
    before = answered(folder, "before", lambda n, i: n % 5 == 0)
    return before, answered(folder, "after", lambda n, i: 0 < n < 20)


def made(*paths: Path, limit: int = 100) -> Any:
    return evaluations_report(paths, title="t", command="smepo report", limit=limit)


def test_one_result_shows_its_measures_and_every_completion(pair: tuple[Path, Path]) -> None:
    data = made(pair[0])
    (result,) = data.evaluation.results
    assert [m.name for m in result.measures] == ["avg@2", "pass@2", "maj@2"]
    assert result.measures[0].point.value == pytest.approx(0.2)
    assert result.measures[0].point.low < 0.2 < result.measures[0].point.high
    assert result.statuses == {"correct": 12, "wrong": 48}
    assert headline(data).statement.startswith("Without guidance (avg@2): before 20 % (")
    case = data.evaluation.cases[1]
    assert (case.level, case.rates, len(case.sides[0])) == ("2", (0.0,), 2)
    assert made(pair[0].with_suffix(".jsonl")).evaluation == data.evaluation
    few = made(pair[0], limit=3).evaluation
    assert (len(few.cases), few.cases_total) == (3, 30)


def test_two_results_tell_what_the_paired_interval_allows(pair: tuple[Path, Path]) -> None:
    data = made(*pair)
    change, found = data.evaluation.change, compare(*pair)
    assert (change.gained, change.lost) == (len(found.gained), len(found.lost)) == (16, 3)
    assert (change.difference.value, change.difference.low) == (found.difference, found.low)
    said = headline(data).statement
    assert said.endswith("after is above before (+43.3 points).")
    back = headline(made(*reversed(pair))).statement
    assert back.endswith("before is below after (-43.3 points).")
    same = headline(made(pair[0], pair[0])).statement
    assert "not separable from noise" in same
    page = render(data)
    assert "16 went up, 3 went down" in page
    assert EVIL not in page


def test_a_problem_in_one_result_alone_says_so(pair: tuple[Path, Path], tmp_path: Path) -> None:
    shorter = answered(tmp_path, "shorter", lambda n, i: 1, rows=ROWS[:10])
    data = made(pair[0], shorter)
    assert data.evaluation.change.problems == 10
    assert data.evaluation.change.aside == 20
    assert data.evaluation.cases[-1].sides[1] == ()
    render(data)


def test_a_result_without_its_summary_is_summed_up_from_its_records(
    pair: tuple[Path, Path], tmp_path: Path
) -> None:
    alone = tmp_path / "alone.jsonl"
    alone.write_bytes(pair[0].with_suffix(".jsonl").read_bytes())
    with_summary, without = (evaluation([p], 5).results[0] for p in (pair[0], alone))
    assert without.measures == with_summary.measures
    assert (without.truncated, with_summary.truncated) == (None, 0)
    assert "not known" in render(made(alone))


def test_what_is_no_result_is_refused(pair: tuple[Path, Path], tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text('{"a": 1}')
    assert not is_evaluation(other)
    with pytest.raises(InputError, match="no result of `smepo eval"):
        made(pair[0], other)
    with pytest.raises(InputError, match=r"this folder has: after\.json, before\.json"):
        made(pair[0].parent)
    lonely = tmp_path / "lonely.json"
    lonely.write_bytes(pair[0].read_bytes())
    with pytest.raises(InputError, match="its records are missing"):
        made(lonely)
    broken = tmp_path / "broken.jsonl"
    broken.write_text('{"question": "q", "completions": [], "statuses": []}\n')
    with pytest.raises(InputError, match=r"broken\.jsonl, row 0: .* no id, scores, target"):
        made(broken)


def test_the_page_of_a_run_has_its_first_and_last_answers(tmp_path: Path) -> None:
    from smepo.report.load import run_folders, runs_report

    run = write_run(tmp_path / "run")
    data: Any = runs_report(run_folders(run), title="run", command="")
    assert [result.title for result in data.evaluation.results] == ["step 0", "step 2"]
    assert (data.evaluation.change.gained, data.evaluation.change.lost) == (1, 0)
    assert headline(data).statement.startswith("Without guidance, after 2 steps")
    assert "What was answered" in render(data)


def test_the_command_takes_one_result_or_two(pair: tuple[Path, Path], tmp_path: Path) -> None:
    app = typer.Typer()
    command.register(app)
    app.callback()(lambda: None)
    out = tmp_path / "page.html"
    ran = CliRunner().invoke(app, ["report", *map(str, pair), "--out", str(out), "--json"])
    assert ran.exit_code == 0, ran.output
    assert "after is above before" in json.loads(ran.stdout)["headline"]
    assert "What was answered" in out.read_text()
    missing = CliRunner().invoke(app, ["report", str(pair[0]), str(tmp_path / "none.json")])
    assert isinstance(missing.exception, InputError)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def page(pair: tuple[Path, Path]) -> Path:
    return build(made(*pair), pair[0].parent / "page.html")


def test_problems_can_be_filtered_by_what_became_of_them(browser: Any, page: Path) -> None:
    with opened(browser, page) as tab:
        tab.wait_for_selector("#problems-viewer[data-ready]")
        viewer = tab.locator("#problems-viewer")
        assert viewer.locator(".count").inner_text() == "30 problems"
        viewer.get_by_label("Change").select_option("down")
        tab.wait_for_selector("text=3 of 30 problems")
        assert viewer.locator("article .question").inner_text() == EVIL
        assert tab.locator("img").count() == 0
        viewer.get_by_label("Change").select_option("up")
        viewer.get_by_label("Level").select_option("level 2")
        tab.wait_for_selector("text=8 of 30 problems")
        viewer.locator("select[data-key=b]").select_option("unsolved")
        tab.wait_for_selector("text=None of the problems matches.")
        viewer.get_by_label("Change").select_option("same")
        tab.wait_for_selector("text=4 of 30 problems")
        viewer.get_by_label("Level").select_option("")
        viewer.locator("select[data-key=b]").select_option("")
        viewer.get_by_label("Change").select_option("")
        viewer.get_by_role("searchbox").fill("what is 7 + 1")
        tab.wait_for_selector("text=1 of 30 problems")
        headings = viewer.locator("article h4").all_inner_texts()
        assert headings == ["before: 0 of 2 right", "after: 2 of 2 right"]
        assert viewer.locator("article .completion").count() == 4
        assert viewer.locator("article summary b").all_inner_texts() == [
            "wrong",
            "wrong",
            "correct",
            "correct",
        ]
        assert "\\boxed{8}" in viewer.locator("article .text").nth(2).inner_text()


def test_problems_on_a_phone(browser: Any, page: Path) -> None:
    with opened(browser, page, **PHONE) as tab:
        tab.wait_for_selector("#problems-viewer[data-ready]")
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert tab.evaluate(wide) == 0
        first = tab.locator("#problems-viewer .completion summary").first
        assert first.is_visible()
        first.tap()
        assert not tab.locator("#problems-viewer .completion .text").first.is_visible()
