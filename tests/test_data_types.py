"""Any JSON goes to jsonl as it is, and to parquet as it is or not at all."""

import json
import math

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from smepo.data import find
from smepo.data.output import assemble, encode, layout
from smepo.data.readers import batches
from smepo.data.records import records
from smepo.data.scan import scan
from smepo.data.schema import Columns
from smepo.data.shape import Shape
from smepo.errors import InputError
from smepo.types import Location

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
ADDED = {"guidance": "g", "guidance_blanks": "[]", "guidance_status": "clean"}
EVERY = settings(
    deadline=None,
    max_examples=100,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


NAMES = TEXT.filter(lambda name: name not in ADDED)  # a column of that name is refused


def through(folder, rows, name):
    """The rows as they stand in an output of that name."""
    source = folder / "in.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    source, path = find(source), folder / name
    found = scan(source, Columns("a", "b"), typed=name.endswith(".parquet"))
    target = layout(str(path), found.names, found.schema, several=False, note={}, overwrite=False)
    pieces = [
        encode(batch, [(record, ADDED) for record in records(batch)], target)
        for batch in batches(source, rows=2)
    ]
    if name.endswith(".parquet"):
        assemble(pieces, path, target)
    else:
        path.write_bytes(b"".join(pieces))
    return [record.value for batch in batches(find(path)) for record in records(batch)]


def same(before, after):
    """Equal, but that a parquet object has every key that its column has anywhere."""
    if isinstance(before, dict) and isinstance(after, dict):
        return all(same(before.get(key), after[key]) for key in after) and before.keys() <= set(
            after
        )
    if isinstance(before, list) and isinstance(after, list):
        return len(before) == len(after) and all(map(same, before, after))
    if isinstance(before, float) or isinstance(after, float):
        return math.isclose(before, after, rel_tol=0, abs_tol=0)
    return type(before) is type(after) and before == after


@EVERY
@given(st.lists(st.dictionaries(NAMES, VALUES, max_size=3), min_size=1, max_size=4))
def test_any_json_goes_to_jsonl_as_it_is(tmp_path, rows):
    assert through(tmp_path, rows, "out.jsonl") == [{**row, **ADDED} for row in rows]


@EVERY
@given(st.lists(st.dictionaries(NAMES, VALUES, max_size=3), min_size=1, max_size=4))
def test_any_json_goes_to_parquet_as_it_is_if_it_is_not_refused(tmp_path, rows):
    try:
        found = through(tmp_path, rows, "out.parquet")
    except InputError:
        reject()
    assert all(same({**row, **ADDED}, kept) for row, kept in zip(rows, found, strict=True))


ROWS = st.lists(st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3), max_size=6)


def shape_of(rows, first=0):
    """The shape of rows that stand behind ``first`` others."""
    shape = Shape("")
    for row, value in enumerate(rows, first):
        shape.add(value, Location("in.jsonl", row))
    return shape


def outcome(make):
    """The Arrow schema, or that there is none."""
    try:
        return make().schema()
    except InputError:
        return "refused"


@EVERY
@given(ROWS, st.integers(0, 6))
def test_a_type_does_not_depend_on_how_rows_are_split_among_workers(rows, cut):
    def merged():
        shape = shape_of(rows[:cut])
        shape.merge(shape_of(rows[cut:], first=len(rows[:cut])))
        return shape

    assert outcome(merged) == outcome(lambda: shape_of(rows))


def test_a_refusal_across_workers_names_both_rows():
    shape = shape_of([{"a": "text"}])
    with pytest.raises(InputError, match=r"column a: a number in in.jsonl row 1.*text in .* row 0"):
        shape.merge(shape_of([{"a": 5}], first=1))
