"""A folder of files to a folder of files: the bytes of `smepo mask FILE`, on any file system."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from smepo.data import Row, choose_columns, find, iter_rows
from smepo.errors import InputError, SmepoError
from smepo.guidance import Example, Guidance
from smepo.pipeline.local import run
from smepo.pipeline.prepare import MaskOptions
from smepo.pipeline.shards import files_of, is_folder, run_shards

pytest.importorskip("fsspec")
MATH = MaskOptions(domain="math")
NAMES: dict[str, Any] = {"question": "question", "target": "target", "traces": ("trace",)}


def rows(first: int, count: int) -> list[dict[str, Any]]:
    return [
        {
            "question": f"What is {n} plus {n + 2}?",
            "target": str(2 * n + 2) if n != 13 else "",
            "trace": f"Add {n}+{n + 2} = {2 * n + 2}. The answer is {2 * n + 2}.",
        }
        for n in range(first, first + count)
    ]


def files(folder: Path) -> Path:
    """Three files, one in a folder below, one of another format; and what is no data."""
    (folder / "more").mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(rows(1, 6)), folder / "a.parquet")
    pq.write_table(pa.Table.from_pylist(rows(10, 6)), folder / "more" / "b.parquet")
    lines = "".join(json.dumps(row) + "\n" for row in rows(20, 4))
    (folder / "c.jsonl").write_text(lines)
    (folder / "_SUCCESS").write_text("")
    (folder / "notes.txt").write_text("x")
    return folder


def alone(folder: Path, out: Path) -> dict[str, bytes]:
    """What `smepo mask FILE` writes for each file."""
    found = {}
    for name in ("a.parquet", "more/b.parquet", "c.jsonl"):
        source, target = find(folder / name), out / name
        target.parent.mkdir(parents=True, exist_ok=True)
        run(source, target, choose_columns(source, **NAMES), MATH, workers=1)
        found[name] = target.read_bytes()
    return found


def written(folder: Path) -> dict[str, bytes]:
    names = ("a.parquet", "more/b.parquet", "c.jsonl")
    return {name: (folder / name).read_bytes() for name in names}


def test_each_file_is_as_if_it_were_alone(tmp_path: Path) -> None:
    source = files(tmp_path / "in")
    summary = run_shards(f"file://{source}", f"{tmp_path}/out/", MATH, NAMES, workers=1)
    assert written(tmp_path / "out") == alone(source, tmp_path / "alone")
    counts = summary.tally.counts
    assert (counts["rows"], counts["quarantined"], counts["guided"]) == (16, 1, 15)
    assert summary.resumed == 0
    bad = json.loads((tmp_path / "out" / "more" / "b.parquet.quarantine.jsonl").read_text())
    assert bad["file"] == f"file://{source}/more/b.parquet"


def test_what_is_done_is_not_done_again(tmp_path: Path) -> None:
    source, out = files(tmp_path / "in"), tmp_path / "out"
    whole = run_shards(str(source), f"{out}/", MATH, NAMES, workers=1)
    (out / "_smepo" / "more" / "b.parquet.json").unlink()  # killed before the marker
    (out / "more" / "b.parquet").write_bytes(b"torn")
    again = run_shards(str(source), f"{out}/", MATH, NAMES, workers=1)
    assert again.resumed == 10
    assert again.tally.counts == whole.tally.counts
    assert written(out) == alone(source, tmp_path / "alone")

    other = MaskOptions(domain="math", placeholders="plain")  # another run: nothing counts as done
    assert run_shards(str(source), f"{out}/", other, NAMES, workers=1).resumed == 0
    assert "[NUMBER]" in (out / "c.jsonl").read_text()


def test_other_file_systems(tmp_path: Path) -> None:
    import fsspec

    source = files(tmp_path / "in")
    memory = fsspec.filesystem("memory")
    memory.put(f"{source}/", "/shards/in/", recursive=True)
    run_shards("memory://shards/in/*.parquet", "memory://shards/out/", MATH, NAMES, workers=1)
    assert memory.cat_file("/shards/out/a.parquet") == alone(source, tmp_path / "x")["a.parquet"]
    assert not memory.exists("/shards/out/more/b.parquet")  # the glob does not name it
    memory.rm("/shards", recursive=True)


def test_what_cannot_work_says_so(tmp_path: Path) -> None:
    source = files(tmp_path / "in")
    (source / "c.json").write_text("[]")
    with pytest.raises(InputError, match="two files would be written to one name"):
        files_of(str(source), "out/")
    with pytest.raises(InputError, match="holds no data file"):
        files_of(f"{source}/*.arrow", "out/")
    with pytest.raises(InputError, match="no file system for it here"):
        files_of("nowhere://x/", "out/")
    with pytest.raises(InputError, match="end it with a slash"):
        is_folder("s3://bucket/out.parquet")
    (source / "c.json").unlink()
    with pytest.raises(InputError, match=r"--strict: file://.*b\.parquet.*empty target"):
        run_shards(str(source), f"{tmp_path}/out/", MATH, NAMES, workers=1, strict=True)


def test_the_plan_on_paper_is_what_the_command_prints() -> None:
    root = Path(__file__).resolve().parent.parent
    plan = runpy.run_path(str(root / "benchmarks" / "scale.py"))["plan"]
    assert "\n".join(plan(0.29)) in (root / "docs" / "scale.md").read_text()
    assert "7,663 core hours" in "\n".join(plan(0.145))


@pytest.mark.ray
def test_ray_writes_the_same_bytes_and_reads_back_the_same_guidance(tmp_path: Path) -> None:
    ray = pytest.importorskip("ray")
    source = files(tmp_path / "in")
    run_shards(str(source), f"{tmp_path}/local/", MATH, NAMES, workers=1)
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    try:
        summary = run_shards(str(source), f"{tmp_path}/ray/", MATH, NAMES, engine="ray")
        with pytest.raises(SmepoError, match=r"(?s)a Ray task failed.*empty target"):
            run_shards(str(source), f"{tmp_path}/no/", MATH, NAMES, engine="ray", strict=True)
    finally:
        ray.shutdown()
    assert summary.tally.counts["rows"] == 16
    assert written(tmp_path / "ray") == written(tmp_path / "local")
    guidance = Guidance.from_name("smepo")
    shown = [
        [guidance.text(Example.from_row(row), 0) for row in _rows(tmp_path / engine)]
        for engine in ("local", "ray")
    ]
    assert shown[0] == shown[1]
    assert len(shown[0]) == 6
    assert shown[0][0] == "Add 1+3 = [NUMBER_1]. The answer is [NUMBER_1]."


def _rows(folder: Path) -> list[Row]:
    source = str(folder / "a.parquet")
    return [row for row in iter_rows(source, choose_columns(find(source))) if isinstance(row, Row)]
