"""The index and its corpora: what is found, what is counted, what survives."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

pytest.importorskip("tantivy", reason="the extra search is not installed")

from smepo.cli import index as command
from smepo.errors import ConfigError, InputError
from smepo.search import Index, Passage, build
from smepo.search.corpus import of_record
from smepo.search.index import key_of

RIVERS = [
    {"title": "Elbe", "text": "The Elbe rises in the Giant Mountains.", "aliases": ["Labe"]},
    {"title": "Vltava", "text": "The Vltava runs through Prague and joins the Elbe."},
    {"title": "Prague", "text": "Prague is the capital of the Czech Republic."},
    {"title": "Curaçao", "text": "An island in the Caribbean Sea."},
]


def lines(path: Path, rows: list[Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def rivers(tmp_path_factory: pytest.TempPathFactory) -> Index:
    folder = tmp_path_factory.mktemp("index")
    build(lines(folder / "rivers.jsonl", RIVERS), folder / "out")
    return Index.open(folder / "out")


def test_titles_and_aliases_come_before_mentions(rivers: Index) -> None:
    assert [found.title for found in rivers.search("elbe")] == ["Elbe", "Vltava"]
    assert rivers.search("labe", 1)[0].title == "Elbe"
    assert [found.title for found in rivers.search("capitals of republics")] == ["Prague"]
    assert rivers.search("curacao islands", 1)[0].title == "Curaçao"
    assert len(rivers) == 4


def test_a_passage_is_read_by_title_or_alias_in_any_case(rivers: Index) -> None:
    for title in ("Elbe", " elbe. ", "LABE", '"Elbe"'):
        found = rivers.read(title)
        assert found is not None
        assert found.text == RIVERS[0]["text"]
    assert rivers.read("Rhine") is None
    assert key_of("Curaçao") == "curacao"


@given(st.one_of(st.text(), st.text(alphabet='+-!(){}[]^"~*?:\\/AND OR NOT title', max_size=60)))
def test_no_query_raises(rivers: Index, query: str) -> None:
    rivers.search(query)
    rivers.read(query)


@pytest.mark.parametrize("query", ["a" * 10**6, "a b " * 10**5, "\ud800 elbe", "\0", "", "!?"])
def test_odd_queries_are_answered(rivers: Index, query: str) -> None:
    assert len(rivers.search(query)) <= 4


@pytest.mark.parametrize(
    "record",
    [
        {"title": "Elbe", "text": "A river."},
        {"id": "1", "contents": '"Elbe"\nA river.'},
        {"question": "?", "context": [["Elbe", ["A ", "river."]]]},
        {"context": {"title": ["Elbe"], "sentences": [["A", "river."]]}},
        {"paragraphs": [{"title": "Elbe", "paragraph_text": "A river."}]},
        {"Elbe": ["A ", " river."]},
        {"Elbe": "A river."},
    ],
)
def test_corpora_of_every_form(record: dict[str, Any]) -> None:
    assert of_record(record) == [Passage("Elbe", "A river.")]


def test_duplicates_and_broken_rows_are_counted_with_their_place(tmp_path: Path) -> None:
    rows = [RIVERS[0], RIVERS[1], RIVERS[0], {"title": 3}, {"title": "", "text": "x"}, 7]
    counts = build(lines(tmp_path / "c.jsonl", rows), tmp_path / "out")
    assert (counts.passages, counts.duplicates, counts.broken.total()) == (2, 1, 3)
    assert f"{tmp_path / 'c.jsonl'}, row 3, column text: no passage here" in counts.examples[0]


def test_several_corpora_are_one_index(tmp_path: Path) -> None:
    (tmp_path / "map.json").write_text(json.dumps({"Rhine": ["A river."]}, indent=1))
    parts = [lines(tmp_path / "a.jsonl", RIVERS), tmp_path / "map.json"]
    assert build(parts, tmp_path / "out").passages == 5
    assert Index.open(tmp_path / "out").read("rhine") is not None


def test_what_cannot_be_built_or_opened_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no passage in it"):
        build(lines(tmp_path / "empty.jsonl", [{"a": 1}]), tmp_path / "out")
    (tmp_path / "taken").mkdir()
    with pytest.raises(ConfigError, match="taken: exists"):
        build(lines(tmp_path / "c.jsonl", RIVERS), tmp_path / "taken")
    with pytest.raises(InputError, match="smepo index CORPUS"):
        Index.open(tmp_path / "taken")
    build(tmp_path / "c.jsonl", tmp_path / "old")
    note = tmp_path / "old" / "smepo_index.json"
    note.write_text(note.read_text().replace('"version": 1', '"version": 0'))
    with pytest.raises(InputError, match="version 0, this reads 1"):
        Index.open(tmp_path / "old")


SLOW = """
import sys, time
import smepo.search.index as index
index.COMMIT = 50
build, add = index.build, index._document
def slow(passage):
    time.sleep(0.002)
    return add(passage)
index._document = slow
build(sys.argv[1], sys.argv[2])
"""


def test_a_killed_build_goes_on_and_finds_the_same(tmp_path: Path) -> None:
    rows = [{"title": f"Town {n}", "text": f"Town {n} has {n * n} wells."} for n in range(600)]
    corpus = lines(tmp_path / "c.jsonl", [*rows, *rows[:50]])
    out, part = tmp_path / "out", tmp_path / ".out.part"
    process = subprocess.Popen([sys.executable, "-c", SLOW, str(corpus), str(out)])
    deadline = time.monotonic() + 60
    while len(list((part / "index").glob("*.store"))) < 2:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.kill()
    process.wait()
    assert not out.exists()
    with pytest.raises(InputError, match="a build of another corpus was cut off here"):
        build(lines(tmp_path / "other.jsonl", RIVERS), out)

    counts = build(corpus, out)

    assert counts.resumed_from >= 50
    assert (counts.passages, counts.duplicates) == (600, 50)
    resumed, whole = Index.open(out), tmp_path / "whole"
    build(corpus, whole)
    for n in (0, 49, 50, 51, 333, 599):
        wanted = Index.open(whole).search(f"town {n} wells", 1)
        assert wanted[0].title == f"Town {n}"
        assert resumed.search(f"town {n} wells", 1) == wanted
    assert len(resumed) == 600


def test_the_command_says_what_it_did(tmp_path: Path) -> None:
    corpus = lines(tmp_path / "c.jsonl", [*RIVERS, RIVERS[0], {"x": 1}])
    app = typer.Typer()
    command.register(app)
    done = CliRunner().invoke(app, [str(corpus), str(tmp_path / "out"), "--json"])
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert (said["passages"], said["duplicates"]) == (4, 1)
    assert said["bytes"] > 0
