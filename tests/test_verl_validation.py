"""Evaluation in verl never sees guidance, whatever file it is pointed at (law 2)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from smepo.errors import InputError
from smepo.prompting import compose
from smepo.verl.score import compute_score
from smepo.verl.turns import FAULTS, Told, last_said
from smepo.verl.validation import refuse_guided

QUESTION = "What is 6 times 7?"
GUIDED = compose(QUESTION, "Multiply: 6*7 = [NUMBER_1].")
UNBLANKED = compose(QUESTION, "Multiply: 6*7 = 42.")


def row(**columns: Any) -> dict[str, Any]:
    bare = {"prompt": [{"role": "user", "content": QUESTION}], "extra_info": {"split": "test"}}
    return {**bare, **columns}


def write(folder: Path, rows: list[dict[str, Any]], form: str) -> Path:
    path = folder / f"rows.{form}"
    if form == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    else:
        path.write_text("".join(json.dumps(one) + "\n" for one in rows))
    return path


@pytest.mark.parametrize("form", ["parquet", "jsonl"])
@pytest.mark.parametrize(
    ("guided", "found"),
    [
        ({"guidance": "6*7 = [NUMBER_1]"}, "column guidance"),  # what `smepo mask` wrote
        ({"guidance_blanks": "[]"}, "column guidance_blanks"),
        ({"smepo": {"id": "a"}}, "column smepo"),  # of an online schedule
        ({"extra_info": {"split": "train"}}, "training rows"),  # our note is lost, the split not
        ({"agent_name": "smepo_tool_agent"}, "column agent_name"),
        ({"prompt": [{"role": "user", "content": GUIDED}]}, "column prompt"),
        ({"prompt": [{"role": "user", "content": UNBLANKED}]}, "column prompt"),
    ],
)
def test_what_could_show_guidance_is_refused(
    guided: dict[str, Any], found: str, form: str, tmp_path: Path
) -> None:
    first = dict.fromkeys(guided) if "prompt" not in guided else {}
    if "extra_info" in guided:
        first = {}
    path = write(tmp_path, [row(**first), row(**guided)], form)
    with pytest.raises(InputError, match=rf"val.parquet .*{found}.* \(row 1\).*never sees"):
        refuse_guided(path, "val.parquet", "prompt")


def test_rows_of_ones_own_are_taken(tmp_path: Path) -> None:
    path = write(tmp_path, [row(guidance=None, agent_name="tool_agent")], "parquet")
    refuse_guided(path, "own", "prompt")
    refuse_guided(write(tmp_path, [row(prompt=QUESTION)], "jsonl"), "own", "prompt")
    refuse_guided(tmp_path / "missing.parquet", "own", "prompt")
    (tmp_path / "x.csv").write_text("guidance\n")
    refuse_guided(tmp_path / "x.csv", "own", "prompt")  # verl refuses the format


def test_a_page_does_not_answer_for_the_policy() -> None:
    ids, mask = [1, 2, 9, 9, 3, 4], [1, 1, 0, 0, 1, 1]
    assert last_said(ids, mask) == [3, 4]
    assert last_said(ids[:4], mask[:4]) == []
    turns = "<tool_call>...</tool_call> Page: <answer>Rome</answer> I do not know."
    told = Told("I do not know.", {"calls": 2, "timeout": 1}).as_fields()
    asked = ("smepo/search", turns, ["Rome"])
    found = compute_score(*asked, {"domain": "search", **told})
    assert found["score"] == 0.0
    assert (found["search_calls"], found["search_before"]) == (2.0, 0.0)
    assert (found["search_timeout"], found["search_refused"]) == (1.0, 0.0)
    assert {f"search_{name}" for name in FAULTS} <= set(found)
    assert compute_score(*asked, {"domain": "search"})["score"] == 1.0  # what verl's text would pay
    said = Told("<answer>Rome</answer>").as_fields()
    assert compute_score(*asked, {"domain": "search", **said})["score"] == 1.0
