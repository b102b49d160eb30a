"""Columns: known schemas, names into structs and JSON text, and what cannot be a row."""

import json

import pytest

from smepo.data import Problem, choose_columns, find, iter_rows, read_rows
from smepo.data.rows import has_several
from smepo.data.scan import scan
from smepo.data.schema import Columns, lookup
from smepo.errors import InputError

CHAT = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "What is 2+2?"}]
TRUTH = {"style": "rule", "ground_truth": "4"}


@pytest.fixture
def rows_of(tmp_path):
    """Write rows as jsonl and read them."""

    def read(*rows, **names):
        path = tmp_path / "in.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        columns = choose_columns(find(path), **names)
        return list(iter_rows(path, columns))

    return read


SCHEMAS = {
    "official release": (
        {"question": "What is 2+2?", "reward_model": TRUTH, "teacher_ds": "2+2=4"},
        ("2+2=4",),
    ),
    "official release, chat": (
        {"question": CHAT, "reward_model": json.dumps(TRUTH), "teacher_ds": "2+2=4"},
        ("2+2=4",),
    ),
    "GSM8K": (
        {"question": "What is 2+2?", "answer": "It is <<2+2=4>>4.\n#### 4"},
        ("It is <<2+2=4>>4.\n#### 4",),
    ),
    "Open-R1": (
        {
            "problem": "What is 2+2?",
            "solution": "By hand: 4",
            "answer": "4",
            "generations": ["<think>5</think> 5", "<think>4</think> 4"],
            "correctness_math_verify": [False, True],
        },
        (None, "<think>4</think> 4", "By hand: 4"),
    ),
    "smepo": ({"question": "What is 2+2?", "target": "4", "trace": "2+2=4"}, ("2+2=4",)),
    "MATH": ({"problem": "What is 2+2?", "solution": "It is 4", "answer": "4"}, ("It is 4",)),
    "verl": (
        {
            "data_source": "openai/gsm8k",
            "prompt": CHAT,
            "reward_model": {"style": "rule", "ground_truth": ["4"]},
            "extra_info": {"answer": "2+2=4\n#### 4", "index": 0},
        },
        ("2+2=4\n#### 4",),
    ),
    "LUFFY": (
        {
            "data_source": "math",
            "prompt": CHAT,
            "target": [{"role": "assistant", "content": "<think>2+2</think> 4"}],
            "reward_model": TRUTH,
            "extra_info": {"index": 0},
        },
        ("<think>2+2</think> 4",),
    ),
}


@pytest.mark.parametrize("name", SCHEMAS)
def test_known_schemas_need_no_flags(rows_of, name):
    row, traces = SCHEMAS[name]
    (found,) = rows_of(row)
    assert (found.question, found.target, found.traces) == ("What is 2+2?", "4", traces)
    assert found.id == "0", "without an id column: the position in the input"
    assert found.columns == row


def test_unknown_columns_are_refused_with_what_to_do(rows_of):
    with pytest.raises(InputError) as error:
        rows_of({"q": "?", "a": "1"})
    for said in ("Columns found: q, a", "Open-R1", "--question", "--target-after"):
        assert said in str(error.value)


def test_question_and_answer_without_a_marker_are_not_gsm8k(rows_of):
    with pytest.raises(InputError, match="no known schema"):
        rows_of({"question": "?", "answer": "Paris"})


def test_two_schemas_that_both_fit_are_refused(rows_of):
    row = {**SCHEMAS["MATH"][0], **SCHEMAS["official release"][0]}
    with pytest.raises(InputError, match="several known schemas: official release and MATH"):
        rows_of(row)


def test_a_known_schema_without_its_trace_is_known_where_none_is_needed(rows_of):
    for name in ("official release", "verl", "MATH"):
        row = dict(SCHEMAS[name][0])
        for trace in ("teacher_ds", "extra_info", "solution"):
            row.pop(trace, None)
        with pytest.raises(InputError, match="no known schema"):
            rows_of(row)
        (found,) = rows_of(row, need_traces=False)
        assert (found.question, found.target, found.traces) == ("What is 2+2?", "4", ())
        (found,) = rows_of({**row, "hint": "Add."}, traces=("hint",))
        assert (found.target, found.traces) == ("4", ("Add.",))


def test_flags_name_any_columns(rows_of):
    row = {"key": 7, "in": {"q": "?"}, "truth": '{"value": "so: 5"}', "a": "one", "b": ["two", "x"]}
    (found,) = rows_of(
        row,
        question="in.q",
        target="truth.value",
        target_after="so:",
        traces=("a", "b"),
        id="key",
    )
    assert (found.id, found.question, found.target) == ("7", "?", "5")
    assert found.traces == ("one", "two", "x")


def test_flags_override_a_known_schema_one_by_one(rows_of):
    row = {**SCHEMAS["MATH"][0], "hint": "Add.", "uid": "a"}
    (found,) = rows_of(row, traces=("hint",), id="uid")
    assert (found.id, found.target, found.traces) == ("a", "4", ("Add.",))


def test_a_flag_that_names_nothing_is_refused(rows_of):
    with pytest.raises(InputError, match=r"no column 'truth'.*Columns found: q, a, t"):
        rows_of({"q": "?", "a": "1", "t": "x"}, question="q", target="truth", traces=("t",))


def test_a_column_called_id_is_the_id(rows_of):
    rows = [{"id": name, **SCHEMAS["MATH"][0]} for name in ("x", "y")]
    assert [row.id for row in rows_of(*rows)] == ["x", "y"]


def test_dotted_names():
    row = {"a": {"b": [{"c": 1}]}, "a.b": "flat", "j": '{"k": {"l": 2}}', "s": "text"}
    assert lookup(row, "a.b") == "flat", "a column of that very name wins"
    assert lookup(row, "j.k.l") == 2
    assert lookup({"a": {"b": [{"c": 1}]}}, "a.b.0.c") == 1
    for missing in ("a.x", "s.t", "j.k.x", "nothing", "a.b.9"):
        assert repr(lookup(row, missing)).startswith("<object")


GOOD = {"question": "?", "target": "1", "trace": "so 1", "id": "good"}
NAMES = {"question": "question", "target": "target", "traces": ("trace",), "id": "id"}


@pytest.mark.parametrize(
    ("change", "column", "reason"),
    [
        ({"question": None}, "question", "null"),
        ({"question": "  \n"}, "question", "empty question"),
        ({"question": 5}, "question", "not a number"),
        ({"question": [{"role": "system", "content": "x"}]}, "question", "empty question"),
        ({"target": None}, "target", "null"),
        ({"target": ""}, "target", "empty target"),
        ({"target": []}, "target", "empty target"),
        ({"target": True}, "target", "not true or false"),
        ({"id": None}, "id", "null"),
        ({"id": 1.5}, "id", "not a number"),
    ],
)
def test_a_row_without_question_target_or_id_is_a_problem(rows_of, change, column, reason):
    bad = {**GOOD, "id": "bad", **change}
    good, problem = rows_of(GOOD, bad, **NAMES)
    assert good.id == "good"
    assert isinstance(problem, Problem)
    assert (problem.location.row, problem.column) == (1, column)
    assert reason in problem.reason
    assert json.loads(json.loads(problem.as_json())["raw"]) == bad


def test_a_missing_column_in_one_row_is_a_problem(rows_of):
    bad = {"question": "?", "trace": "x", "id": "bad"}
    _, problem = rows_of(GOOD, bad, **NAMES)
    assert (problem.column, problem.reason) == ("target", "missing")


def test_a_target_without_its_marker_is_a_problem(rows_of):
    rows = rows_of(
        {"question": "?", "answer": "a #### 1 #### 2"},
        {"question": "?", "answer": "no mark"},
        question="question",
        target="answer",
        traces=("answer",),
        target_after="####",
    )
    assert rows[0].target == "2", "the last marker counts"
    assert rows[1].reason == "no '####' before the target"


def test_a_missing_trace_is_no_problem(rows_of):
    traces = [None, "", 5, "so 1"]
    rows = [{**GOOD, "id": str(i), "trace": trace} for i, trace in enumerate(traces)]
    rows.append({"question": "?", "target": "1", "id": "none"})
    assert [row.traces for row in rows_of(*rows, **NAMES)] == [(), ("",), (5,), ("so 1",), ()]


@pytest.mark.parametrize(("given", "kept"), [(60, "60"), (0.5, "0.5"), (["a"], "a"), (0, "0")])
def test_numbers_become_text_and_a_list_of_one_its_only_target(rows_of, given, kept):
    (row,) = rows_of({**GOOD, "target": given}, **NAMES)
    assert row.target == kept


def test_several_accepted_targets_and_structs_stay(rows_of):
    for target in (["a", "b"], {"tests": "assert True", "entry_point": "f"}):
        (row,) = rows_of({**GOOD, "target": target}, **NAMES)
        assert row.target == target


def test_messages_with_one_answer_are_its_text_and_others_stay_messages(rows_of):
    def said(*roles):
        return [{"role": role, "content": role} for role in roles]

    talks = [
        (said("assistant"), "assistant"),
        (said("system", "user", "assistant"), "assistant"),
        (said("user"), "user"),
        (said("user", "assistant", "user", "assistant"), None),
        (said("assistant", "tool"), None),
    ]
    for talk, text in talks:
        (row,) = rows_of({**GOOD, "trace": talk}, **NAMES)
        assert row.traces == (text or talk,)
        assert not has_several({"trace": talk}, Columns("q", "t", ("trace",)))
    (row,) = rows_of({**GOOD, "trace": [said("assistant"), "b"]}, **NAMES)
    assert row.traces == ("assistant", "b")
    assert has_several({"trace": ["a", "b"]}, Columns("q", "t", ("trace",)))


def test_a_column_called_id_is_left_alone_where_it_is_no_id_or_not_wanted(rows_of):
    rows = [{"id": name, **SCHEMAS["MATH"][0]} for name in (None, "y")]
    assert [row.id for row in rows_of(*rows)] == ["0", "1"]
    rows = [{"id": name, **SCHEMAS["MATH"][0]} for name in ("x", "x")]
    assert [row.id for row in rows_of(*rows, id="-")] == ["0", "1"]


@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
def test_duplicate_ids_are_refused_with_both_places(tmp_path, suffix):
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [{**GOOD, "id": str(number)} for number in range(150)]
    rows[140]["id"] = "7"
    path = tmp_path / ("in" + suffix)
    if suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    source = find(path)
    columns = choose_columns(source, **NAMES)
    with pytest.raises(
        InputError, match=r"'7' \(column id\) stands twice: .* row 7 and .* row 140"
    ):
        scan(source, columns, typed=False)


# The public files


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "rows", "schema", "target"),
    [
        ("math/gsm8k_train.jsonl", 7473, "GSM8K", "72"),
        ("math/aime_1983_2023.json", 975, "MATH", "60"),
    ],
)
def test_public_files_of_known_schemas(public, name, rows, schema, target):
    source = find(public / name)
    assert choose_columns(source).schema == schema
    found = read_rows(public / name)
    assert len(found) == rows
    assert found[0].target == target


@pytest.mark.data
def test_a_public_file_with_flags(public):
    path = public / "math/scaf800.json"
    columns = choose_columns(
        find(path),
        question="query",
        target="ground_truth",
        traces=("full_reasoning",),
        id="sample_id",
    )
    rows = read_rows(path, columns)
    assert len(rows) == 800
    assert (rows[0].id, rows[0].target) == ("line_6125", "51")
