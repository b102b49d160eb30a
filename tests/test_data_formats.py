"""Rows in and out: every format, every type, and files that are broken."""

import gzip
import io
import json
import os
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import smepo.data.array
from smepo.data import choose_columns, find, iter_rows, read_rows
from smepo.data.readers import batches
from smepo.data.records import Problem, Record, records
from smepo.data.source import format_of
from smepo.errors import InputError
from smepo.pipeline.local import run
from smepo.pipeline.prepare import MaskOptions

ROWS = [
    {"question": "one?", "answer": "so #### 1", "meta": {"a": [1, 2], "b": None}, "level": 1.5},
    {"question": "two?", "answer": "so #### 2", "meta": {"a": [], "b": "x"}, "level": None},
    {"question": "twö?\u2028\x00", "answer": "so #### 3", "meta": None, "level": 3.0},
]
TARGETS = ["1", "2", "3"]


def as_lines(rows):
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def write(path: Path, rows=ROWS) -> Path:
    """The rows in the format that the name announces."""
    name = path.name
    if name.endswith(".parquet"):
        pq.write_table(pa.Table.from_pylist(rows), path, row_group_size=2)
    elif name.endswith(".arrow"):
        table = pa.Table.from_pylist(rows)
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)
    else:
        array = format_of(path) == "json"
        data = json.dumps(rows, indent=2).encode() if array else as_lines(rows)
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


def saved_dataset(folder: Path, rows=ROWS) -> Path:
    """The layout of `datasets.save_to_disk`: arrow streams and a state.json that orders them."""
    folder.mkdir(parents=True)
    names = []
    for index in range(len(rows)):
        names.append(f"data-{index:05d}-of-{len(rows):05d}.arrow")
        table = pa.Table.from_pylist(
            rows[index : index + 1], schema=pa.Table.from_pylist(rows).schema
        )
        with (
            pa.OSFile(str(folder / names[-1]), "wb") as sink,
            pa.ipc.new_stream(sink, table.schema) as writer,
        ):
            writer.write_table(table)
    state = {"_data_files": [{"filename": name} for name in names], "_split": "train"}
    (folder / "state.json").write_text(json.dumps(state))
    (folder / "dataset_info.json").write_text("{}")
    return folder


def values(path) -> list:
    found = [record for batch in batches(find(path)) for record in records(batch)]
    return [record.value for record in found if isinstance(record, Record)]


@pytest.mark.parametrize(
    "name",
    ["a.jsonl", "a.jsonl.gz", "a.ndjson", "a.json", "a.json.gz", "a.parquet", "a.arrow", "A.JSONL"],
)
def test_every_format_gives_the_same_rows(tmp_path, name):
    path = write(tmp_path / name)
    assert values(path) == ROWS
    assert [row.target for row in read_rows(path)] == TARGETS
    assert [row.location.row for row in read_rows(path)] == [0, 1, 2]


def test_a_datasets_folder_is_read_in_the_order_of_its_state(tmp_path):
    folder = saved_dataset(tmp_path / "train")
    rows = read_rows(folder)
    assert [row.target for row in rows] == TARGETS
    assert [row.id for row in rows] == ["0", "1", "2"]
    assert rows[2].location.file.endswith("data-00002-of-00003.arrow")


def test_a_datasets_folder_with_one_split_needs_no_choice_and_with_two_one(tmp_path):
    saved_dataset(tmp_path / "both" / "train")
    splits = tmp_path / "both" / "dataset_dict.json"
    splits.write_text('{"splits": ["train"]}')
    assert len(read_rows(tmp_path / "both")) == 3
    saved_dataset(tmp_path / "both" / "test")
    splits.write_text('{"splits": ["train", "test"]}')
    with pytest.raises(InputError, match=r"several splits; give one of .*train.*test"):
        find(tmp_path / "both")


def test_a_datasets_folder_with_an_index_over_its_rows_is_refused(tmp_path):
    folder = saved_dataset(tmp_path / "d")
    state = json.loads((folder / "state.json").read_text())
    state["_indices_data_files"] = [{"filename": "indices.arrow"}]
    (folder / "state.json").write_text(json.dumps(state))
    with pytest.raises(InputError, match="flatten_indices"):
        find(folder)


def test_a_folder_and_a_glob_are_their_files_by_name(tmp_path):
    write(tmp_path / "b.jsonl", ROWS[1:])
    write(tmp_path / "a.jsonl", ROWS[:1])
    (tmp_path / "README.md").write_text("no data")
    (tmp_path / "a.jsonl.quarantine.jsonl").write_text("{}\n")
    for path in (tmp_path, tmp_path / "*.jsonl"):
        rows = read_rows(path)
        assert [row.target for row in rows] == TARGETS
        assert [row.id for row in rows] == ["0", "1", "2"], "positions run through all files"
        assert [row.location.row for row in rows] == [0, 0, 1]


def test_a_folder_of_mixed_formats_is_refused(tmp_path):
    write(tmp_path / "a.jsonl")
    write(tmp_path / "a.parquet")
    with pytest.raises(InputError, match=r"several formats \(jsonl, parquet\)"):
        find(tmp_path)


@pytest.mark.parametrize("rows", [1, 2, 3, 64])
def test_batches_know_where_their_rows_stand(tmp_path, rows):
    for name in ("a.jsonl", "a.json", "a.parquet"):
        found = list(batches(find(write(tmp_path / name)), rows=rows))
        assert [batch.rows for batch in found] == [
            len(ROWS[i : i + rows]) for i in range(0, 3, rows)
        ]
        assert [batch.first for batch in found] == list(range(0, 3, rows))


def test_blank_lines_and_a_byte_order_mark_are_no_rows(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\xef\xbb\xbf\n" + as_lines(ROWS[:1]) + b"  \r\n\n" + as_lines(ROWS[1:2]))
    rows = read_rows(path)
    assert [row.location.row for row in rows] == [1, 4]


def test_json_lines_in_a_json_file_are_read_as_lines(tmp_path):
    path = tmp_path / "a.json"
    path.write_bytes(b"\n" + as_lines(ROWS))
    assert values(path) == ROWS


# Files that cannot be read


def refusal(path) -> str:
    with pytest.raises(InputError) as error:
        list(iter_rows(path))
    assert str(path).split("*")[0] in str(error.value)
    return str(error.value)


def test_what_is_not_there_or_unknown_is_named(tmp_path):
    assert "no such file" in refusal(tmp_path / "none.jsonl")
    assert "no data file matches" in refusal(tmp_path / "*.jsonl")
    assert "holds no data file" in refusal(tmp_path)
    (tmp_path / "a.csv").write_text("question,answer\n")
    assert "'.csv'; give one of .jsonl" in refusal(tmp_path / "a.csv")


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.json", "a.parquet"])
def test_a_file_without_rows_is_refused(tmp_path, name):
    if name.endswith("parquet"):
        pq.write_table(pa.table({"question": pa.array([], pa.string())}), tmp_path / name)
    else:
        write(tmp_path / name, [])
    assert "holds no rows" in refusal(tmp_path / name)


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.json.gz", "a.parquet", "a.arrow"])
def test_an_empty_or_cut_file_is_refused(tmp_path, name):
    path = write(tmp_path / name, ROWS * 50)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    assert "broken or cut short" in refusal(path) or "cannot be read" in refusal(path)


def test_what_is_no_gzip_is_refused(tmp_path):
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(as_lines(ROWS))
    assert "gzip" in refusal(path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[{"a": 1}, {"a": ', "row 1 of the array is not JSON"),
        ('[{"a": 1}, {"a" 2}]', "row 1 of the array is not JSON"),
        ('[{"a": 1} {"a": 2}]', "breaks after row 0"),
        ('[{"a": 1},]', "breaks after row 0"),
        ('[{"a": 1}', "breaks after row 0"),
        ('[{"a": 1}] x', "behind the end"),
        ('[{"a": 1}]]', "behind the end"),
        ('{\n "rows": [1, 2]\n}', "one object a line"),
        ("12", "one object a line"),
    ],
)
def test_a_broken_array_is_refused_with_its_place(tmp_path, text, said):
    path = tmp_path / "a.json"
    path.write_text(text)
    assert said in refusal(path)


@given(
    st.lists(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        )
    ),
    st.sampled_from([None, 1]),
    st.integers(1, 40),
)
def test_an_array_is_cut_into_its_elements_at_any_chunk(values, indent, chunk):
    text = json.dumps(values, indent=indent, ensure_ascii=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(smepo.data.array, "CHUNK", chunk)
        data = io.BytesIO(text.encode("utf-8", "surrogatepass"))
        found = [json.loads(raw) for raw in smepo.data.array.elements("a.json", data)]
    assert found == values


# Rows that cannot be read


def test_unreadable_rows_say_why_and_keep_their_text(tmp_path):
    path = tmp_path / "a.jsonl"
    bad = [b"{oops", b"[1, 2]", b"17", b'"text"', b"null", b'{"a": "\xff"}', b"[" * 50_000]
    path.write_bytes(as_lines(ROWS[:1]) + b"\n".join(bad) + b"\n" + as_lines(ROWS[1:]))
    found = list(iter_rows(path))
    problems = [row for row in found if isinstance(row, Problem)]
    assert len(found) - len(problems) == 3
    assert [problem.location.row for problem in problems] == [1, 2, 3, 4, 5, 6, 7]
    reasons = [problem.reason for problem in problems]
    for said, reason in zip(
        ["not JSON", "a list", "a number", "text", "null", "not UTF-8", "nested too deep"],
        reasons,
        strict=True,
    ):
        assert said in reason
    assert problems[0].raw == "{oops"
    assert problems[5].raw == '{"a": "\\xff"}'


def test_broken_text_in_an_array_spoils_its_own_row_only(tmp_path):
    path = tmp_path / "a.json"
    rows = [json.dumps(row).encode() for row in ROWS]
    path.write_bytes(b"[" + b", ".join([rows[0], b'{"question": "\xff"}', rows[1]]) + b"]")
    found = list(iter_rows(path))
    assert [isinstance(row, Problem) for row in found] == [False, True, False]


def test_lone_surrogates_are_replaced_and_pairs_are_not(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(rb'{"question": "a\ud800\ud83d\ude00", "answer": "#### 1", "k\udc00": 1}')
    batch = next(batches(find(path)))
    (record,) = records(batch)
    assert record.repaired
    assert record.value == {"question": "a\ufffd😀", "answer": "#### 1", "k\ufffd": 1}


def test_text_that_is_not_utf8_in_parquet_is_one_problem(tmp_path):
    text = pa.array([b"one?", b"\xff\xfe", b"three?"], pa.binary()).view(pa.string())
    answers = pa.array(["#### 1", "#### 2", "#### 3"])
    pq.write_table(pa.table({"question": text, "answer": answers}), tmp_path / "a.parquet")
    found = list(iter_rows(tmp_path / "a.parquet"))
    assert [isinstance(row, Problem) for row in found] == [False, True, False]


def test_every_arrow_type_is_read(tmp_path):
    table = pa.table(
        {
            "question": ["q?"],
            "answer": ["#### 1"],
            "money": pa.array([Decimal("1.50")]),
            "when": pa.array([0], pa.timestamp("us", "UTC")),
            "kind": pa.array(["x"]).dictionary_encode(),
            "blob": pa.array([b"\x00\xff"]),
            "map": pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int32())),
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    (row,) = read_rows(tmp_path / "a.parquet")
    assert row.columns["money"] == Decimal("1.50")
    assert row.columns["kind"] == "x"


@pytest.mark.trainer
def test_what_datasets_itself_saves_and_loads(tmp_path):
    datasets = pytest.importorskip("datasets")
    table = datasets.Dataset.from_list([{**row, "label": "a"} for row in ROWS])
    table = table.class_encode_column("label")
    table.save_to_disk(tmp_path / "d", num_shards=2)
    datasets.DatasetDict({"train": table}).save_to_disk(tmp_path / "dict")
    for folder in ("d", "dict"):
        assert [row.target for row in read_rows(tmp_path / folder)] == TARGETS

    source = find(tmp_path / "d")
    options = MaskOptions(domain="pipeline_helpers:numbers", audit=False)
    run(source, tmp_path / "out.parquet", choose_columns(source), options, workers=1)
    found = datasets.load_dataset(
        "parquet", data_files=str(tmp_path / "out.parquet"), cache_dir=str(tmp_path), split="train"
    )
    assert found.features["label"] == table.features["label"], "a class label stays one"
    assert found["guidance"][0] == "so #### [NUMBER_1]"


def test_a_row_group_larger_than_memory_is_never_held_whole(tmp_path):
    texts = [os.urandom(300).hex() for _ in range(64_000)]
    path = tmp_path / "large.parquet"
    table = pa.table({"question": texts})
    pq.write_table(table, path, row_group_size=len(texts), compression=None)
    del table
    before = pa.total_allocated_bytes()
    held = [pa.total_allocated_bytes() - before for _ in batches(find(path))]
    assert len(held) == 1000
    assert max(held) < 12e6 < path.stat().st_size / 3
