"""`smepo convert`: public multi-hop records to expert trajectories."""

import json
import re

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import smepo.cli.convert
import smepo.cli.mask
from smepo.data.convert import FORMATS, UnusableError, convert
from smepo.data.convert.trajectory import Hop, Step, names, pick, react, steps
from smepo.data.convert.twowiki import convert as twowiki
from smepo.errors import ConfigError, GateError, InputError

CHAIN = {
    "_id": "a1",
    "type": "compositional",
    "question": "When was the director of film Harbour Lights born?",
    "answer": "3 May 1931",
    "supporting_facts": [["Harbour Lights (film)", 0], ["Ilse Brandt", 0]],
    "evidences": [
        ["Harbour Lights (film)", "director", "Ilse Brandt"],
        ["Ilse Brandt", "date of birth", "3 May 1931"],
    ],
    "qa_pairs": [
        {"question": "Who directed Harbour Lights?", "answer": "Ilse Brandt directed it"},
        {"question": "When was Ilse Brandt born?", "answer": "Ilse Brandt was born on 3 May 1931."},
    ],
    "context": [
        ["Ilse Brandt", ["Ilse Brandt (born 3 May 1931) makes films.", "She lives in Kiel."]],
        ["Kiel", ["Kiel is a city."]],
        ["Harbour Lights (film)", ["Harbour Lights is a film [1] by Ilse Brandt."]],
    ],
}
PAIR = {
    **CHAIN,
    "_id": "a2",
    "type": "comparison",
    "question": "Who is older, Ilse Brandt or Tom Reyes?",
    "answer": "Ilse Brandt",
    "supporting_facts": [["Ilse Brandt", 0], ["Tom Reyes", 0]],
    "evidences": [
        ["Ilse Brandt", "date of birth", "3 May 1931"],
        ["Tom Reyes", "date of birth", "1 June 1940"],
    ],
    "qa_pairs": [
        {"question": "?", "answer": "Ilse Brandt was born on 3 May 1931"},
        {"question": "?", "answer": "Tom Reyes was also born on 1 June 1940"},
    ],
    "context": [*CHAIN["context"], ["Tom Reyes", ["Tom Reyes (born 1 June 1940) sings."]]],
}


def without(record, column):
    return {name: value for name, value in record.items() if name != column}


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def read(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_chain_of_evidences_becomes_a_trajectory_with_a_plan():
    row = twowiki(CHAIN)
    lines = row.trace.split("\n")
    assert "the director of Harbour Lights (film)" in lines[0]
    assert "the date of birth of that person" in lines[0]
    assert lines[1] == "Action: search[Harbour Lights (film) director]"
    assert lines[2] == (
        "Observation: Harbour Lights (film): Harbour Lights is a film (1) by Ilse Brandt."
    )
    assert "Ilse Brandt directed it." in lines[3]
    assert lines[4] == "Action: search[Ilse Brandt date of birth]"
    assert lines[-1] == "Action: finish[3 May 1931]"
    assert row.target == ["3 May 1931"]
    assert row.aliases == ["Ilse Brandt", "3 May 1931"]
    assert row.titles == ["Harbour Lights (film)", "Ilse Brandt"]
    assert row.note is None


def test_a_comparison_says_what_decides_but_not_who_wins():
    thoughts = [line for line in twowiki(PAIR).trace.split("\n") if line.startswith("Thought")]
    assert thoughts[-1].endswith("the earlier date decides.")
    assert "Tom Reyes was born on 1 June 1940." in thoughts[-1]
    assert "Ilse Brandt" not in thoughts[-1]


def test_aliases_are_what_the_question_does_not_name():
    question = "Who directed Get Low (2014 film)?"
    found = ["Get Low (film)", "Dion (singer)", "Dion (singer)", "Low"]
    assert names(question, found) == ["Dion (singer)", "Dion"]
    assert names("Is Dionysus a god?", ["Dion"]) == ["Dion"]


def test_things_are_called_what_the_question_calls_them():
    evidences = [["Leuchtfeuer", "director", "Ilse Brandt"], CHAIN["evidences"][1]]
    row = twowiki({**CHAIN, "evidences": evidences})
    assert "Action: search[Harbour Lights (film) director]" in row.trace
    assert "Leuchtfeuer" in row.aliases


def test_without_qa_pairs_the_evidences_word_the_findings_and_the_row_says_so():
    row = twowiki(without(CHAIN, "qa_pairs"))
    assert "The director of Harbour Lights (film) is Ilse Brandt." in row.trace
    assert row.note == "no qa_pairs: worded from the evidences"


def test_wording_differs_from_row_to_row_and_never_from_run_to_run():
    openings = {twowiki({**CHAIN, "_id": f"r{n}"}).trace.split("\n")[0] for n in range(40)}
    assert len(openings) > 3
    assert twowiki(CHAIN) == twowiki(CHAIN)
    assert pick("abc", "row", "opening") == "a"  # the same on every machine


def test_columns_of_hugging_face_copies_are_read():
    held = {
        "title": [title for title, _ in CHAIN["context"]],
        "sentences": [lines for _, lines in CHAIN["context"]],
    }
    facts = {"title": ["Harbour Lights (film)", "Ilse Brandt"], "sent_id": [0, 0]}
    record = {**without(CHAIN, "_id"), "id": "a1", "context": held, "supporting_facts": facts}
    assert twowiki(record) == twowiki(CHAIN)


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"answer": None}, "answer"),
        ({"question": " "}, "question"),
        ({"evidences": []}, "evidences"),
        ({"evidences": [["a", "b"]]}, "evidences"),
        ({"evidences": CHAIN["evidences"] * 2}, "supporting_facts"),
        ({"qa_pairs": CHAIN["qa_pairs"][:1]}, "qa_pairs"),
        ({"supporting_facts": [["Kiel", 0]]}, "supporting_facts"),
        ({"supporting_facts": [["Kiel", 0], ["Bonn", 0]]}, "context"),
        ({"context": "text"}, "context"),
    ],
)
def test_what_is_missing_is_named(change, column):
    with pytest.raises(UnusableError) as caught:
        twowiki({**CHAIN, **change})
    assert caught.value.column == column


@given(st.text(min_size=1), st.text(), st.text())
def test_every_action_stays_on_one_line_and_in_its_brackets(query, passage, answer):
    made = steps("id", "First.", [Hop("x", query, passage, "It is so")], "Done.", answer)
    lines = react(made).split("\n")
    assert [line.partition(":")[0] for line in lines] == [
        "Thought",
        "Action",
        "Observation",
        "Thought",
        "Action",
    ]
    for line in (lines[1], lines[4]):
        assert re.fullmatch(r"Action: (search|finish)\[[^\[\]]*\]", line)


def test_the_last_step_has_no_observation():
    assert react([Step("Done.", "finish", "x")]) == "Thought: Done.\nAction: finish[x]"


def test_convert_then_mask_without_flags(smepo_run, tmp_path):
    source = write(tmp_path / "in.jsonl", [CHAIN, {"_id": "a3"}, PAIR])
    made, masked = tmp_path / "made.jsonl", tmp_path / "masked.jsonl"
    said = json.loads(smepo_run("convert", "twowiki", source, made, "--json").stdout)
    assert (said["rows"], said["converted"]) == (3, 2)
    assert said["reasons"] == {"question: text expected, not null": 1}
    assert read(made.with_name("made.jsonl.quarantine.jsonl"))[0]["row"] == 1

    smepo_run("mask", made, masked, "--domain", "search", "--workers", 1, "--strict")
    chain, pair = read(masked)
    assert {chain["guidance_status"], pair["guidance_status"]} == {"clean"}
    assert "Ilse Brandt" not in chain["guidance"]
    assert "1931" not in chain["guidance"] + pair["guidance"]
    assert "Action: search[[ENTITY_1] date of birth]" in chain["guidance"]
    assert "the director of Harbour Lights (film)" in chain["guidance"]


def test_aliases_of_the_file_hide_other_names(smepo_run, tmp_path):
    row = {
        "question": "Where does the painter live?",
        "target": ["Oslo"],
        "aliases": ["the tiger city"],
        "trace": "Thought: he lives in the tiger city.\nAction: finish[Oslo]",
    }
    source, out = write(tmp_path / "in.jsonl", [row]), tmp_path / "out.jsonl"
    smepo_run("mask", source, out, "--domain", "search", "--workers", 1)
    assert "tiger" not in read(out)[0]["guidance"]


def test_parquet_and_messages(smepo_run, tmp_path):
    source = tmp_path / "in.json"
    source.write_text(json.dumps([CHAIN, PAIR]))
    out = tmp_path / "out.parquet"
    smepo_run("convert", "twowiki", source, out, "--style", "messages")
    rows = pq.read_table(out).to_pylist()
    assert [row["id"] for row in rows] == ["a1", "a2"]
    roles = [message["role"] for message in rows[0]["trace"]]
    assert roles == ["user", "assistant", "user", "assistant", "user", "assistant"]
    assert rows[0]["trace"][0]["content"] == CHAIN["question"]

    masked = tmp_path / "masked.jsonl"
    smepo_run("mask", out, masked, "--domain", "search", "--workers", 1)
    assert "Ilse Brandt" not in read(masked)[0]["guidance"]


def test_a_failed_conversion_leaves_what_was_there(smepo_run, tmp_path):
    source = write(tmp_path / "in.jsonl", [{"question": "x"}])
    out = tmp_path / "out.jsonl"
    out.write_text("kept\n")
    with pytest.raises(InputError, match=r"no record could be converted as twowiki: answer"):
        smepo_run("convert", "twowiki", source, out)
    assert out.read_text() == "kept\n"
    assert [path.name for path in tmp_path.iterdir() if "part" in path.name] == []


def test_strict_and_unknown_formats(smepo_run, tmp_path):
    source = write(tmp_path / "in.jsonl", [CHAIN, {"_id": "a3"}])
    with pytest.raises(GateError, match="1 records gave no row"):
        smepo_run("convert", "twowiki", source, tmp_path / "out.jsonl", "--strict")
    with pytest.raises(ConfigError, match="use one of twowiki, musique"):
        smepo_run("convert", "squad", source, tmp_path / "out.jsonl")


@pytest.mark.data
def test_public_2wiki(public, smepo_run, tmp_path):
    made, masked = tmp_path / "made.jsonl", tmp_path / "masked.jsonl"
    summary = convert("twowiki", public / "search" / "twowiki_train500.json", made)
    assert (summary.rows, summary.converted, summary.quarantine) == (500, 500, None)
    call = ("mask", made, masked, "--domain", "search", "--workers", 1, "--json")
    said = json.loads(smepo_run(*call).stdout)
    assert said["counts"]["guided"] == 500
    assert said["counts"]["leaking_shown"] == 0


def test_every_format_has_a_converter():
    for name in FORMATS:
        assert callable(smepo.data.convert.converter(name))
