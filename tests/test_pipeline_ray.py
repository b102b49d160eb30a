"""`engine="ray"`: the same bytes as the local engine, also where it continues a killed run."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from smepo.data import choose_columns, find
from smepo.errors import InputError, SmepoError
from smepo.pipeline.local import run
from smepo.pipeline.prepare import MaskOptions

pytestmark = pytest.mark.ray
NUMBERS = MaskOptions(domain="pipeline_helpers:numbers", audit=False)
NAMES = {"question": "question", "target": "target", "traces": ("trace",)}


@pytest.fixture(scope="module", autouse=True)
def cluster():
    """A local Ray of two cores, once for all tests of this file."""
    ray = pytest.importorskip("ray")
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    yield
    ray.shutdown()


def rows():
    made = [
        {"question": f"q{n}?", "target": str(n), "trace": f"It is {n}.", "n": n} for n in range(700)
    ]
    made[650]["target"] = ""
    return made


def write(path):
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows()), path, row_group_size=300)
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in rows()))
    return path


def masked(source, output, engine, options=NUMBERS, **more):
    source = find(source)
    columns = choose_columns(source, **NAMES)
    return run(source, output, columns, options, engine=engine, workers=2, **more)


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_the_bytes_are_those_of_the_local_engine(tmp_path, form):
    source = write(tmp_path / f"in.{form}")
    for engine in ("local", "ray"):
        summary = masked(source, tmp_path / f"{engine}.{form}", engine)
        assert (summary.tally.counts["rows"], summary.tally.counts["quarantined"]) == (700, 1)
    for name in (form, f"{form}.quarantine.jsonl"):
        ours, theirs = tmp_path / f"ray.{name}", tmp_path / f"local.{name}"
        assert ours.read_bytes() == theirs.read_bytes()


def test_what_is_done_is_not_done_again(tmp_path):
    source = write(tmp_path / "in.jsonl")
    masked(source, tmp_path / "whole.jsonl", "local")
    with pytest.raises(InputError, match=r"--strict: .*row 650, column target: empty target"):
        masked(source, tmp_path / "out.jsonl", "local", strict=True)
    summary = masked(source, tmp_path / "out.jsonl", "ray")
    assert summary.resumed == 640
    assert (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


def test_errors_say_what_they_say_without_ray(tmp_path):
    source = write(tmp_path / "in.jsonl")
    with pytest.raises(InputError, match=r"--strict: .*row 650, column target: empty target"):
        masked(source, tmp_path / "out.jsonl", "ray", strict=True)
    broken = MaskOptions(domain="pipeline_helpers:fails", audit=False)
    with pytest.raises(SmepoError, match=r"(?s)a Ray task failed.*no such luck"):
        masked(source, tmp_path / "other.jsonl", "ray", broken)
    assert not (tmp_path / "other.jsonl").exists()
