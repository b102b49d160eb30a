"""Runs of policies that search, on the page: numbers before and after, and episodes whole."""

import json
from pathlib import Path

from smepo.report.load import runs_report
from smepo.report.page import render
from test_report import EVIL
from test_report_load import write_run


def searching_run(folder: Path, said: str = "Nobody") -> Path:
    """A run whose policy answers at once at first, and searches at last."""
    run = write_run(folder)
    lines = []
    for text in (run / "evaluations.jsonl").read_text().split("\n")[:-1]:
        line = json.loads(text)
        late = line["step"] > 0
        line["episodes"] = {
            "count": 8,
            "em": 0.125 + late / 2,
            "f1": 0.25,
            "turns": 2.0 * late,
            "recall": 0.755 if late else None,
            "answered_before_search": float(not late),
            "faults": {"nothing_found": 3} if late else {},
        }
        lines.append(json.dumps(line) + "\n")
        episodes = []
        for n in range(5):
            call = {"name": "search", "arguments": {"query": f"Bako {n}"}}
            searched = [
                {"role": "assistant", "content": "", "tool_calls": [{"function": call}]},
                {"role": "tool", "name": "search", "content": said},
            ]
            last = {"role": "assistant", "content": f"<answer>{said}</answer>"}
            messages = [{"role": "user", "content": "Who?"}, *(searched if late else ()), last]
            one = {"id": f"p{n // 2}", "question": f"Who is {n // 2}?", "target": ["Tiro"]}
            one |= {"messages": messages, "reward": 0.0, "status": "wrong"}
            episodes.append(json.dumps({**one, "turns": len(messages) // 2 - 1 + (n % 2)}) + "\n")
        (run / "eval" / f"episodes-{line['step']:06d}.jsonl").write_text("".join(episodes))
    (run / "evaluations.jsonl").write_text("".join(lines))
    metrics = [{"step": n, "seconds": 1.0, "search/before_search": 1 / n} for n in (1, 2)]
    (run / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in metrics))
    return run


def test_a_run_shows_what_its_episodes_did_before_and_after(tmp_path: Path) -> None:
    data = runs_report([searching_run(tmp_path / "run")], title="one", command="")
    assert [(one.title, one.calls, one.recall) for one in data.searches] == [
        ("step 0", 0.0, None),
        ("step 2", 2.0, 0.755),
    ]
    assert [one.source for one in data.episodes] == ["step 0", "step 2"] * 5
    page = render(data)
    for cell in ("12.5 %", "62.5 %", "2.00", "75.5 %", "3 nothing_found"):
        assert f">{cell}</td>" in page
    assert "The first 3 episodes, whole" in page
    assert page.count("step 0, wrong</h4>") == page.count("step 2, wrong</h4>") == 3
    assert "{&#34;query&#34;: &#34;Bako 4&#34;}" in page, "of each question its first episode"
    assert "Bako 1&#34;" not in page
    assert "Share that answered without a look by step. SMEPO ends at 75.0 %." in page
    assert "step 2, 5 transcripts" in page


def test_runs_side_by_side_show_their_last_episodes(tmp_path: Path) -> None:
    runs = [searching_run(tmp_path / name) for name in ("a", "b")]
    data = runs_report(runs, title="two", command="")
    assert {one.source for one in data.episodes} == {"SMEPO (a)", "SMEPO (b)"}
    assert [one.title for one in data.searches][::2] == ["SMEPO (a), step 0", "SMEPO (b), step 0"]


def test_what_was_said_is_text_on_the_page(tmp_path: Path) -> None:
    page = render(runs_report([searching_run(tmp_path / "run", EVIL)], title="", command=""))
    assert EVIL not in page


def test_a_run_that_does_not_search_says_nothing_of_it(tmp_path: Path) -> None:
    page = render(runs_report([write_run(tmp_path / "run")], title="", command=""))
    assert "without a look" not in page
