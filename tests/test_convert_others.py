"""Converters of MuSiQue, HotpotQA and FireAct."""

import json

import pytest
import typer
from typer.testing import CliRunner

import smepo.cli.mask
from smepo.data.convert import UnusableError, convert
from smepo.data.convert.fireact import convert as fireact
from smepo.data.convert.hotpotqa import convert as hotpotqa
from smepo.data.convert.musique import convert as musique

MUSIQUE = {
    "id": "2hop__1_2",
    "question": "When did the country of the Vell become independent?",
    "answer": "4 July 1901",
    "answer_aliases": ["July 4, 1901", "4 July 1901"],
    "answerable": True,
    "question_decomposition": [
        {"question": "Vell >> country", "answer": "Orland", "paragraph_support_idx": 1},
        {
            "question": "When did #1 become independent?",
            "answer": "4 July 1901",
            "paragraph_support_idx": 0,
        },
    ],
    "paragraphs": [
        {"title": "History of Orland", "paragraph_text": "Free since 4 July 1901."},
        {"title": "Vell (river)", "paragraph_text": "The Vell is a river in Orland."},
    ],
}
HOTPOT = {
    "_id": "h1",
    "type": "bridge",
    "question": "In which town was the author of Salt Wind born?",
    "answer": "Dunmere",
    "supporting_facts": [["Ruth Okoye", 1], ["Salt Wind (novel)", 0], ["Salt Wind (novel)", 9]],
    "context": [
        ["Ruth Okoye", ["Ruth Okoye writes.", " She was born in Dunmere."]],
        ["Salt Wind (novel)", ["Salt Wind is a novel by Ruth Okoye.", " It sold well."]],
    ],
}
FIREACT = {
    "messages": [
        {"role": "user", "content": "Where was the author of Salt Wind born?"},
        {"role": "assistant", "content": "Thought: who wrote it?\nAction: search[Salt Wind]"},
        {"role": "user", "content": "Observation: a novel by Ruth Okoye"},
        {"role": "assistant", "content": "Thought: born in Dunmere.\nAction: finish[Dunmere]"},
        {"role": "user", "content": "Observation: Episode finished, reward = True"},
    ]
}


def ended(word):
    said = {"role": "user", "content": f"Observation: Episode finished, reward = {word}"}
    return {"messages": [*FIREACT["messages"][:-1], said]}


def test_musique_sub_questions_are_filled_with_what_was_found():
    row = musique(MUSIQUE)
    lines = row.trace.split("\n")
    assert "the country of Vell" in lines[0]
    assert "when did the first result become independent" in lines[0]
    assert lines[1] == "Action: search[Vell country]"
    assert lines[2] == "Observation: Vell (river): The Vell is a river in Orland."
    assert "The country of Vell is Orland." in lines[3]
    assert lines[4] == "Action: search[When did Orland become independent]"
    assert lines[-1] == "Action: finish[4 July 1901]"
    assert row.target == ["4 July 1901", "July 4, 1901"]
    assert row.aliases == ["Orland", "4 July 1901", "History of Orland"]
    assert row.titles == ["Vell (river)", "History of Orland"]
    assert row.type == "2hop"


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"answerable": False}, "answerable"),
        ({"paragraphs": []}, "paragraphs"),
        (
            {"question_decomposition": MUSIQUE["question_decomposition"][:1]},
            "question_decomposition",
        ),
        (
            {"question_decomposition": [{"question": "a", "answer": "b"}] * 2},
            "question_decomposition",
        ),
        (
            {
                "question_decomposition": [
                    {"question": "#7 >> country", "answer": "b", "paragraph_support_idx": 0}
                ]
                * 2
            },
            "question_decomposition",
        ),
    ],
)
def test_musique_names_what_is_missing(change, column):
    with pytest.raises(UnusableError) as caught:
        musique({**MUSIQUE, **change})
    assert caught.value.column == column


def test_hotpotqa_goes_from_what_the_question_names_to_the_answer():
    row = hotpotqa(HOTPOT)
    lines = row.trace.split("\n")
    assert [line for line in lines if line.startswith("Action")] == [
        "Action: search[Salt Wind]",
        "Action: search[Ruth Okoye]",
        "Action: finish[Dunmere]",
    ]
    assert "Salt Wind is a novel by Ruth Okoye." in lines[3]
    assert "more about Ruth Okoye" in lines[3]
    assert "She was born in Dunmere." in lines[6]
    assert row.titles == ["Salt Wind (novel)", "Ruth Okoye"]
    assert row.aliases == ["Ruth Okoye"]


def test_hotpotqa_names_what_is_missing():
    for facts in ([["Ruth Okoye", 7]], [["Nobody", 0]], []):
        with pytest.raises(UnusableError):
            hotpotqa({**HOTPOT, "supporting_facts": facts})


def test_fireact_takes_trajectories_that_were_right():
    row = fireact(FIREACT)
    assert row.question == "Where was the author of Salt Wind born?"
    assert row.target == ["Dunmere"]
    assert row.trace.startswith("Thought: who wrote it?\nAction: search[Salt Wind]\nObservation:")
    assert row.trace.endswith("Action: finish[Dunmere]")
    assert fireact(FIREACT, "messages").trace == FIREACT["messages"][:-1]
    assert fireact(ended("True")) == row
    for broken in (ended("False"), {"messages": FIREACT["messages"][:3]}, {"messages": ["x"]}):
        with pytest.raises(UnusableError):
            fireact(broken)


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "file", "rows"),
    [
        ("musique", "musique_train100.json", 100),
        ("hotpotqa", "hotpotqa_train100.json", 100),
        ("fireact", "fireact_hotpotqa.jsonl", 500),
    ],
)
def test_public_data(public, tmp_path, name, file, rows):
    made, masked = tmp_path / "made.jsonl", tmp_path / "masked.jsonl"
    summary = convert(name, public / "search" / file, made)
    assert (summary.rows, summary.converted) == (rows, rows)
    app = typer.Typer()
    smepo.cli.mask.register(app)
    call = [str(made), str(masked), "--domain", "search", "--workers", "1", "--json"]
    said = json.loads(CliRunner().invoke(app, call).stdout)
    assert said["counts"]["leaking_shown"] == 0
    assert said["counts"]["guided"] >= 0.99 * rows
