"""`run` over whole data sets: nothing lost, nothing changed, the same bytes however it ran."""

import gzip
import json
import os
import random
import signal
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import pipeline_helpers
from smepo.data import choose_columns, find, read_rows
from smepo.data.blanks import blanks_from_json
from smepo.data.readers import ROWS
from smepo.errors import InputError, SmepoError
from smepo.pipeline.local import run
from smepo.pipeline.pool import Workers
from smepo.pipeline.prepare import MaskOptions

TESTS = Path(__file__).parent
NUMBERS = MaskOptions(domain="pipeline_helpers:numbers", audit=False)
NAMES = {"question": "question", "target": "target", "traces": ("trace",)}


def rows_of(count, **more):
    return [
        {"question": f"q{n}?", "target": str(n), "trace": f"It is {n}.", "n": n, **more}
        for n in range(count)
    ]


def write(path, rows):
    if str(path).endswith(".parquet"):
        pq.write_table(pa.Table.from_pylist(rows), path)
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def masked(source, output, options=NUMBERS, names=NAMES, **more):
    source = find(source)
    return run(source, output, choose_columns(source, **names), options, workers=1, **more)


def read(path):
    """The rows of an output of any format."""
    path = Path(path)
    if path.suffix == ".parquet":
        return pq.read_table(path).to_pylist()
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return [json.loads(line) for line in data.decode().splitlines()]


def listing(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("output", ["out.jsonl", "out.jsonl.gz", "out.parquet"])
@pytest.mark.parametrize("name", ["in.jsonl", "in.parquet"])
def test_all_columns_survive_and_three_are_added(tmp_path, name, output):
    rows = rows_of(3, deep={"list": [{"x": 1, "y": None}], "text": "ü\x00😀"}, nothing=None)
    summary = masked(write(tmp_path / name, rows), tmp_path / output)
    found = read(tmp_path / output)
    for row, kept in zip(rows, found, strict=True):
        assert {key: kept[key] for key in row} == row
        assert kept["guidance"] == "It is [NUMBER_1]."
        assert kept["guidance_status"] == "unaudited"
        (blank,) = blanks_from_json(kept["guidance_blanks"])
        assert row["trace"][blank.start : blank.end] == blank.text == row["target"]
        assert len(kept) == len(row) + 3
    assert summary.tally.counts["rows"] == 3
    assert listing(tmp_path)[:2] == [name, output], "no work folder is left"


def test_every_arrow_type_goes_through_parquet_untouched(tmp_path):
    table = pa.table(
        {
            "question": ["q1?", "bad", "q2?"],
            "target": ["1", "", "2"],
            "trace": pa.array(["It is 1.", "", None], pa.large_string()),
            "money": pa.array([Decimal("1.50"), None, Decimal("2.25")]),
            "when": pa.array([0, 1, None], pa.timestamp("us", "UTC")),
            "kind": pa.array(["x", "y", "x"]).dictionary_encode(),
            "blob": pa.array([b"\x00\xff", None, b""]),
            "map": pa.array([[("a", 1)], None, []], pa.map_(pa.string(), pa.int32())),
            "vector": pa.array([[1.0, 2.0]] * 3, pa.list_(pa.float32(), 2)),
            "small": pa.array([1, 2, 3], pa.int8()),
        },
        metadata={"huggingface": json.dumps({"info": {"features": {"question": {}}}}), "own": "x"},
    )
    pq.write_table(table, tmp_path / "in.parquet")
    masked(tmp_path / "in.parquet", tmp_path / "out.parquet")
    found = pq.read_table(tmp_path / "out.parquet")
    kept = table.take([0, 2])
    for name in table.column_names:
        assert found.schema.field(name).type == table.schema.field(name).type, name
        assert found.column(name).to_pylist() == kept.column(name).to_pylist()
    assert found.column("guidance_status").to_pylist() == ["unaudited", "no_trace"]
    features = json.loads(found.schema.metadata[b"huggingface"])["info"]["features"]
    assert features["guidance"] == {"dtype": "string", "_type": "Value"}
    assert found.schema.metadata[b"own"] == b"x"
    with pytest.raises(InputError, match="which JSON cannot hold"):
        masked(tmp_path / "in.parquet", tmp_path / "out.jsonl")


def test_json_numbers_stay_as_they_are_written(tmp_path):
    line = (
        '{"question": "q?", "target": "1", "trace": "is 1", "id": 123456789012345678901, "x": 1e2}'
    )
    (tmp_path / "in.jsonl").write_text(line + "\n")
    masked(tmp_path / "in.jsonl", tmp_path / "out.jsonl")
    assert (tmp_path / "out.jsonl").read_text().startswith(line[:-1] + ", ")


def test_parquet_needs_one_type_a_column_and_names_both_rows(tmp_path):
    def refusal(*values):
        rows = [{**rows_of(1)[0], "odd": value} for value in values]
        with pytest.raises(InputError) as error:
            masked(write(tmp_path / "in.jsonl", rows), tmp_path / "out.parquet")
        assert not (tmp_path / "out.parquet").exists()
        masked(tmp_path / "in.jsonl", tmp_path / "out.jsonl")  # which holds anything
        assert [row["odd"] for row in read(tmp_path / "out.jsonl")] == list(values)
        return str(error.value)

    said = refusal(1, None, "text")
    assert "column odd: text in" in said
    assert "row 2" in said
    assert "row 0" in said
    assert "column odd.a[].b" in refusal({"a": [{"b": 1}]}, {"a": [{"b": True}]})
    assert "too large" in refusal(2**63)
    assert "only empty objects" in refusal({}, None)
    assert "beside fractions" in refusal(2**60, 0.5)


def test_objects_of_different_keys_and_numbers_of_two_kinds_share_a_type(tmp_path):
    rows = [
        {**row, "odd": odd}
        for row, odd in zip(rows_of(2), [{"a": 1}, {"b": [1.5, 2]}], strict=True)
    ]
    masked(write(tmp_path / "in.jsonl", rows), tmp_path / "out.parquet")
    found = [row["odd"] for row in read(tmp_path / "out.parquet")]
    assert found == [{"a": 1, "b": None}, {"a": None, "b": [1.5, 2.0]}]


def test_files_with_different_columns_become_one_table(tmp_path):
    write(tmp_path / "a.parquet", rows_of(2))
    write(tmp_path / "b.parquet", rows_of(2, extra="x"))
    masked(tmp_path / "*.parquet", tmp_path / "out" / "all.parquet")
    assert [row["extra"] for row in read(tmp_path / "out" / "all.parquet")] == [
        None,
        None,
        "x",
        "x",
    ]


def test_unusable_rows_are_set_aside_and_all_rows_are_accounted_for(tmp_path):
    good = [json.dumps(row) for row in rows_of(100)]
    lines = [
        *good[:70],
        "{broken",
        '{"question": "", "target": "1"}',
        *good[70:],
        '{"target": "1"}',
    ]
    (tmp_path / "in.jsonl").write_text("\n".join(lines))
    summary = masked(tmp_path / "in.jsonl", tmp_path / "out.jsonl")
    assert summary.quarantine == str(tmp_path / "out.jsonl.quarantine.jsonl")
    aside = read(summary.quarantine)
    assert [(row["row"], row["column"], row["raw"]) for row in aside] == [
        (70, None, "{broken"),
        (71, "question", lines[71]),
        (102, "question", lines[102]),
    ]
    assert all(row["file"] == str(tmp_path / "in.jsonl") and row["reason"] for row in aside)
    assert [row["n"] for row in read(tmp_path / "out.jsonl")] == list(range(100))
    counts = summary.tally.counts
    assert (counts["rows"], counts["usable"], counts["quarantined"]) == (103, 100, 3)
    masked(write(tmp_path / "in.jsonl", rows_of(3)), tmp_path / "out.jsonl")
    assert not Path(summary.quarantine).exists(), "a clean run leaves no old quarantine behind"


@pytest.mark.parametrize("name", ["out.jsonl", "out.jsonl.gz", "out.parquet"])
def test_whole_batches_without_a_usable_row(tmp_path, name):
    bad = [{"question": 1, "target": "1", "trace": "It is 1.", "n": n} for n in range(3 * ROWS)]
    summary = masked(write(tmp_path / "in.jsonl", bad), tmp_path / name)
    assert (summary.tally.counts["usable"], summary.tally.counts["quarantined"]) == (0, 3 * ROWS)
    assert read(tmp_path / name) == []
    assert len(read(summary.quarantine)) == 3 * ROWS


def test_rows_without_a_usable_trace_stay(tmp_path):
    traces = ["It is 1.", "", None, "  \n", 5, [{"role": "user", "content": "a"}] * 2]
    rows = [{**row, "trace": trace} for row, trace in zip(rows_of(6), traces, strict=True)]
    summary = masked(write(tmp_path / "in.jsonl", rows), tmp_path / "out.jsonl")
    found = read(tmp_path / "out.jsonl")
    assert [row["guidance_status"] for row in found] == [
        "unaudited",
        "no_trace",
        "no_trace",
        "broken",
        "broken",
        "broken",
    ]
    assert [row["guidance"] for row in found[1:]] == [None] * 5
    assert summary.tally.counts["guided"] == 1


def test_strict_stops_at_the_first_bad_row_with_nothing_written(tmp_path):
    for bad, said in [
        ({"target": ""}, "column target: empty target"),
        ({"trace": None}, "column trace: the row has no trace"),
        ({"trace": " "}, "column trace: the trace is blank space"),
    ]:
        rows = rows_of(100)
        rows[80] |= bad
        write(tmp_path / "in.jsonl", rows)
        with pytest.raises(InputError, match=rf"in.jsonl: row 80, {said}"):
            masked(tmp_path / "in.jsonl", tmp_path / "out.jsonl", strict=True)
        assert not (tmp_path / "out.jsonl").exists()


def test_the_first_trace_that_may_be_shown_is_taken(tmp_path):
    rows = [{**row, "trace": [None, " ", f"Sum: {row['n']}", "no"]} for row in rows_of(2)]
    for output in ("out.jsonl", "out.parquet"):
        masked(write(tmp_path / "in.jsonl", rows), tmp_path / output)
        found = read(tmp_path / output)
        assert [row["guidance_trace"] for row in found] == [2, 2]
        assert found[0]["guidance"] == "Sum: [NUMBER_1]"


def test_columns_that_would_be_replaced_are_refused_unless_asked_for(tmp_path):
    source = write(tmp_path / "in.jsonl", rows_of(2, guidance="old", guidance_trace=7))
    for output in ("out.jsonl", "out.parquet"):
        with pytest.raises(InputError, match="already has the columns guidance, guidance_trace"):
            masked(source, tmp_path / output)
        masked(source, tmp_path / output, overwrite=True)
        found = read(tmp_path / output)
        assert found[0]["guidance"] == "It is [NUMBER_1]."
        assert "guidance_trace" not in found[0]


@pytest.mark.parametrize("output", ["out.jsonl", "out.parquet"])
def test_own_output_is_read_back_without_flags(tmp_path, output):
    rows = [{"q": row["question"], "t": row["target"], "x": row["trace"]} for row in rows_of(3)]
    names = {"question": "q", "target": "t", "traces": ("x",)}
    masked(write(tmp_path / "in.jsonl", rows), tmp_path / output, names=names)
    found = read_rows(tmp_path / output)
    assert [(row.question, row.target, row.traces) for row in found] == [
        (row["q"], row["t"], (row["x"],)) for row in rows
    ]


def test_lone_surrogates_are_counted_and_written_as_replacement(tmp_path):
    source = tmp_path / "in.jsonl"
    source.write_text('{"question": "q?", "target": "1", "trace": "a\\ud800 is 1"}\n')
    for output in ("out.jsonl", "out.parquet"):
        summary = masked(source, tmp_path / output)
        assert summary.tally.counts["repaired_text"] == 1
        (row,) = read(tmp_path / output)
        assert row["trace"] == "a\ufffd is 1"
        assert row["guidance"] == "a\ufffd is [NUMBER_1]"


def test_what_cannot_be_written_is_refused_first(tmp_path):
    source = write(tmp_path / "in.jsonl", rows_of(1))
    with pytest.raises(InputError, match=r"give .parquet, .jsonl or .jsonl.gz"):
        masked(source, tmp_path / "out.csv")
    with pytest.raises(InputError, match="is the input"):
        masked(source, source)
    (tmp_path / "dir.jsonl").mkdir()
    with pytest.raises(InputError, match="is a folder"):
        masked(source, tmp_path / "dir.jsonl")
    with pytest.raises(InputError, match="lies in the input folder"):
        masked(tmp_path, tmp_path / "out.jsonl")
    with pytest.raises(InputError, match="cannot be written"):
        masked(source, source / "below" / "a" / "file.jsonl")


def test_a_detector_that_is_a_function_works_too(tmp_path):
    options = MaskOptions(domain=pipeline_helpers.numbers, audit=False)
    summary = masked(write(tmp_path / "in.jsonl", rows_of(1)), tmp_path / "out.jsonl", options)
    assert summary.options.as_json()["domain"] == "pipeline_helpers:numbers"


# The same bytes however it ran


@pytest.mark.parametrize("output", ["jsonl.gz", "parquet"])
def test_the_number_of_workers_does_not_show_in_the_output(tmp_path, output):
    rows = rows_of(300)
    rows[200]["question"] = ""
    source = find(write(tmp_path / "in.jsonl", rows))
    columns = choose_columns(source, **NAMES)
    for workers in (1, 2):
        run(source, tmp_path / f"{workers}.{output}", columns, NUMBERS, workers=workers)
    for name in (output, f"{output}.quarantine.jsonl"):
        assert (tmp_path / f"1.{name}").read_bytes() == (tmp_path / f"2.{name}").read_bytes()


SCRIPT = """
import sys
from smepo.data import choose_columns, find
from smepo.pipeline.local import run
from smepo.pipeline.prepare import MaskOptions

if __name__ == "__main__":
    source = find(sys.argv[1])
    columns = choose_columns(source, question="question", target="target", traces=("trace",))
    run(source, sys.argv[2], columns, MaskOptions(domain="pipeline_helpers:slowly", audit=False),
        workers=2)
"""


def killed_run(source, output, batches):
    """Start a run with two workers and kill -9 it when ``batches`` are done."""
    script = output.parent / "script.py"
    script.write_text(SCRIPT)
    command = [sys.executable, str(script), str(source), str(output)]
    path = os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")])
    process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": path})
    journal = output.with_name(output.name + ".parts") / "journal"
    deadline = time.monotonic() + 60
    while not (journal.is_file() and journal.read_bytes().count(b"\n") >= batches):
        assert process.poll() is None, "it ended before it was killed"
        assert time.monotonic() < deadline
        time.sleep(0.01)
    children = [int(pid) for pid in children_of(process.pid)]
    process.send_signal(signal.SIGKILL)
    process.wait()
    return journal, children


def children_of(pid):
    tasks = Path(f"/proc/{pid}/task/{pid}/children")
    return tasks.read_text().split() if tasks.exists() else []


def runs(pid):
    """True for a living process; one that nobody reaped is dead."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("output", ["out.jsonl", "out.parquet"])
def test_kill_9_and_run_again_gives_the_same_bytes(tmp_path, output):
    rows = rows_of(700)
    rows[1]["target"] = rows[650]["target"] = ""
    source = write(tmp_path / "in.jsonl", rows)
    slowly = MaskOptions(domain="pipeline_helpers:slowly", audit=False)
    masked(source, tmp_path / "whole" / output, slowly)
    journal, workers = killed_run(source, tmp_path / output, batches=2)
    assert not (tmp_path / output).exists(), "no half output"
    done = journal.read_bytes().count(b"\n")
    with journal.open("ab") as torn, (journal.parent / "rows").open("ab") as rest:
        torn.write(b'{"rows": 99')
        rest.write(b"half a batch")
    summary = masked(source, tmp_path / output, slowly)
    assert summary.resumed == 64 * done, "finished batches are not done again"
    whole = tmp_path / "whole" / output
    assert (tmp_path / output).read_bytes() == whole.read_bytes()
    aside = f"{output}.quarantine.jsonl"
    assert (tmp_path / aside).read_bytes() == (tmp_path / "whole" / aside).read_bytes()
    assert summary.tally.counts["rows"] == 700
    assert summary.tally.counts["quarantined"] == 2
    assert not journal.parent.exists()
    deadline = time.monotonic() + 30
    while any(map(runs, workers)):
        assert time.monotonic() < deadline, "workers end with the run"
        time.sleep(0.1)


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_killed_again_and_again_at_any_moment(tmp_path, form):
    """Two workers, rows that take no time: the kills hit reading, writing and putting in place."""
    source = write(tmp_path / f"in.{form}", rows_of(3000, pad="x" * 500))
    whole = tmp_path / "whole" / f"out.{form}"
    masked(source, whole)
    output = tmp_path / f"out.{form}"
    (tmp_path / "script.py").write_text(SCRIPT.replace("slowly", "numbers"))
    path = os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")])
    moment = random.Random(form)
    journal = output.with_name(output.name + ".parts") / "journal"
    done = kills = 0
    while not output.exists():
        command = [sys.executable, str(tmp_path / "script.py"), str(source), str(output)]
        process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": path})
        deadline = time.monotonic() + 60
        until = done + moment.randrange(6, 14)
        while process.poll() is None and journal_lines(journal) < until:
            assert time.monotonic() < deadline
            time.sleep(0.001)
        time.sleep(moment.random() / 50)
        process.send_signal(signal.SIGKILL)
        killed = process.wait() == -signal.SIGKILL
        assert killed or output.exists(), "it ended by itself without an output"
        kills += killed
        assert journal_lines(journal) >= done or output.exists(), "what was done is not lost"
        done = journal_lines(journal)
    assert kills >= 2
    assert output.read_bytes() == whole.read_bytes()
    summary = masked(source, output)  # a kill while the output was put in place leaves no harm
    assert output.read_bytes() == whole.read_bytes()
    assert summary.tally.counts["rows"] == 3000
    assert not journal.parent.exists()


def journal_lines(journal):
    try:
        return journal.read_bytes().count(b"\n")
    except FileNotFoundError:  # not begun, or put away between two looks
        return 0


def test_bytes_that_are_not_those_that_were_written_are_done_again(tmp_path):
    """As after a loss of power: the journal is whole, what it counts is not."""
    rows = rows_of(200)
    rows[180]["trace"] = None
    source = write(tmp_path / "in.jsonl", rows)
    masked(source, tmp_path / "whole.jsonl")
    with pytest.raises(InputError, match="row 180"):
        masked(source, tmp_path / "out.jsonl", strict=True)
    held = tmp_path / "out.jsonl.parts" / "rows"
    data = bytearray(held.read_bytes())
    data[-100:] = bytes(100)
    held.write_bytes(data)
    summary = masked(source, tmp_path / "out.jsonl")
    assert summary.resumed == 64, "the second batch is broken, the first is not"
    assert (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


def test_unfinished_work_of_other_options_or_input_is_not_taken(tmp_path):
    source = write(tmp_path / "in.jsonl", rows_of(100))
    rows = rows_of(100)
    rows[90]["trace"] = None
    write(source, rows)
    with pytest.raises(InputError):
        masked(source, tmp_path / "out.jsonl", strict=True)
    assert (tmp_path / "out.jsonl.parts").exists()
    write(source, rows_of(100))
    summary = masked(source, tmp_path / "out.jsonl")
    assert (summary.resumed, summary.stale) == (0, True)
    assert [row["guidance_status"] for row in read(tmp_path / "out.jsonl")] == ["unaudited"] * 100


def test_two_runs_of_one_output_do_not_mix(tmp_path):
    from smepo.pipeline.parts import Parts

    source = write(tmp_path / "in.jsonl", rows_of(1))
    held = Parts(tmp_path / "out.jsonl", {"another": "run"})
    with pytest.raises(InputError, match="another process is writing it"):
        masked(source, tmp_path / "out.jsonl")
    held.close(remove=True)
    masked(source, tmp_path / "out.jsonl")


def test_a_worker_that_dies_is_an_error_that_says_what_to_do(tmp_path):
    source = find(write(tmp_path / "in.jsonl", rows_of(200)))
    columns = choose_columns(source, **NAMES)
    dies = MaskOptions(domain="pipeline_helpers:dies", audit=False)
    with pytest.raises(SmepoError, match=r"worker process died.*run the same command again"):
        run(source, tmp_path / "out.jsonl", columns, dies, workers=2)
    assert not (tmp_path / "out.jsonl").exists()


def test_work_ahead_is_bounded():
    taken = 0

    def items():
        nonlocal taken
        for number in range(1000):
            taken += 1
            yield number

    with Workers(2) as pool:
        results = pool.ordered(abs, items())
        assert [next(results) for _ in range(3)] == [0, 1, 2]
        assert taken <= 12
        results.close()
        assert list(pool.ordered(abs, [-1, 2])) == [1, 2], "another pass"
