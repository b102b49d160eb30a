"""`smepo.masker`: `smepo mask` as a function for `datasets.Dataset.map`."""

from __future__ import annotations

import pickle
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import smepo
from smepo.data import choose_columns, find
from smepo.data.output import ADDED
from smepo.errors import ConfigError, InputError
from smepo.pipeline.local import run
from smepo.pipeline.prepare import MaskOptions
from smepo.testbed import problems

datasets = pytest.importorskip("datasets")
ROOT = Path(__file__).resolve().parent.parent
NAMES = {"question": "problem", "target": "answer", "trace": "solution"}


def rows(n: int = 6) -> list[dict[str, Any]]:
    """The first has no trace."""
    made = [problem.row() for problem in problems("math", split="train", level="hard", n=n)]
    found = [{"problem": r.question, "answer": r.target, "solution": r.traces[0]} for r in made]
    return [{**found[0], "solution": None}, *found[1:]]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    datasets.disable_progress_bars()


def test_map_gives_what_smepo_mask_writes(tmp_path: Path) -> None:
    """One row at a time, in batches, and in two processes."""
    table = datasets.Dataset.from_list(rows())
    table.to_parquet(tmp_path / "rows.parquet")
    source = find(tmp_path / "rows.parquet")
    columns = choose_columns(
        source, question="problem", target="answer", traces=("solution",), id="-"
    )
    run(source, tmp_path / "out.jsonl", columns, MaskOptions("math"), workers=1)
    told = datasets.Dataset.from_json(str(tmp_path / "out.jsonl")).to_list()
    masker = smepo.masker("math", **NAMES)
    features = masker.features(table.features)
    for made in (
        table.map(masker, features=features, writer_batch_size=1),
        table.map(masker.batch, batched=True, batch_size=4, num_proc=2),
    ):
        assert [{**row, "guidance_trace": None} for row in told] == [
            {**row, "guidance_trace": None} for row in made.to_list()
        ]
        assert made[0]["guidance_status"] == "no_trace"
        assert made[1]["guidance_status"] == "clean"
        assert made["guidance_trace"][:2] == [None, 0]


def test_streams_are_masked_too() -> None:
    stream = datasets.Dataset.from_list(rows()).to_iterable_dataset()
    made = list(stream.map(smepo.masker("math", **NAMES).batch, batched=True))
    assert [row["guidance"] is None for row in made] == [True, *[False] * 5]


def test_its_fingerprint_is_that_of_its_options_in_every_process() -> None:
    code = (
        "import smepo, datasets; from datasets.fingerprint import Hasher; "
        f"print(Hasher.hash(smepo.masker('math', **{NAMES!r})))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    fingerprint = datasets.fingerprint.Hasher.hash
    masker = smepo.masker("math", **NAMES)
    masker(rows()[1])  # what it did before is no part of it
    assert fingerprint(masker) == done.stdout.strip()
    assert fingerprint(masker) != fingerprint(smepo.masker("math", **NAMES, audit=False))
    assert pickle.loads(pickle.dumps(masker)) == masker


def test_without_an_audit_the_status_says_so() -> None:
    made = smepo.masker("math", **NAMES, audit=False)(rows()[1])
    assert made["guidance_status"] == "unaudited"
    assert "[NUMBER_1]" in made["guidance"]
    with pytest.raises(ConfigError, match="or audit=False"):
        smepo.masker("tests.test_masker:rows")
    with pytest.raises(ConfigError, match="mode"):
        smepo.masker("math", mode="no such mode")


def test_a_row_that_cannot_be_used_is_named() -> None:
    masker = smepo.masker("math", **NAMES)
    with pytest.raises(InputError, match=r"column answer: null, in the row .*jars"):
        masker({"problem": "How many jars?", "answer": None, "solution": "2"})
    with pytest.raises(InputError, match=r"column question: missing"):
        smepo.masker("math")({"problem": "How many jars?"})
    batch = {name: [row[name] for row in rows()] for name in NAMES.values()}
    with pytest.raises(InputError, match=r"with batched=True give `masker\(\.\.\.\)\.batch`"):
        masker(batch)


def test_of_several_traces_it_says_which() -> None:
    row = rows()[1]
    given = {**row, "more": [None, row["solution"]]}
    made = smepo.masker("math", **{**NAMES, "trace": "more"})(given)
    assert (made["guidance_status"], made["guidance_trace"]) == ("clean", 1)
    assert tuple(made) == ADDED


def test_the_example_of_the_documentation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    said = re.findall(r"^(.*?)  # (clean|unaudited)$", code, re.MULTILINE)
    names: dict[str, Any] = {}
    exec(code, names)
    assert len(said) == 2
    for expression, value in said:
        assert eval(expression, names) == value
    held = datasets.Dataset.from_parquet("masked.parquet")
    assert "72" not in held[0]["guidance"]
