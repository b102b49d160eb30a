"""`smepo audit` over whole data sets: modes side by side, hints of other tools, the JSON export."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from smepo.errors import ConfigError, GateError, InputError

ROWS = [
    {
        "question": "Ann has 3 apples and buys 4 more. How many apples does she have?",
        "answer": "She has 3 + 4 = <<3+4=7>>7 apples.\nThat is all.\n#### 7",
    },
    {
        "question": "A box holds 6 eggs. How many eggs are in 5 boxes?",
        "answer": "Multiply.\nThere are 6 * 5 = <<6*5=30>>30 eggs.\n#### 30",
    },
]
FLAGS = ("--question", "q", "--target", "t", "--domain", "math", "--workers", 1)


@pytest.fixture
def audited(smepo_run):
    """What `smepo audit --json` says."""
    return lambda *arguments: json.loads(smepo_run("audit", *arguments, "--json").stdout)


def write(path, rows):
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


# Modes side by side


def test_modes_are_measured_by_the_same_verifier(audited, tmp_path):
    source = write(tmp_path / "in.jsonl", ROWS)
    names = "critical-path,paper,random,prefix,full"
    found = audited(source, "--domain", "math", "--modes", names, "--workers", 1)["modes"]
    assert list(found) == names.split(",")
    leaking = {mode: totals["counts"]["leaking"] for mode, totals in found.items()}
    assert leaking["critical-path"] == 0
    assert leaking["paper"] == 0
    assert leaking["full"] == 2
    kept = {mode: totals["structure_kept"] for mode, totals in found.items()}
    assert kept["critical-path"]["givens"] == kept["full"]["givens"] == 1.0
    assert kept["paper"]["givens"] == 0.0
    assert kept["prefix"]["operators"] < 1.0
    hidden = {mode: totals["hidden_by_kind"]["characters"] for mode, totals in found.items()}
    assert list(hidden["critical-path"]) == list(hidden["paper"]) == ["number"]
    assert 0.3 < hidden["prefix"]["cut"] < 0.7
    assert hidden["full"] == {}
    assert {totals["statuses"].get("control") for totals in found.values()} == {None, 2}


def test_the_table_has_a_column_a_mode(smepo_run, tmp_path):
    source = write(tmp_path / "in.jsonl", ROWS)
    call = ("audit", source, "--domain", "math", "--modes", "critical-path,paper", "--workers", 1)
    said = smepo_run(*call).stdout
    for word in ("2 rows of", "critical-path", "paper", "rows that leak", "givens kept"):
        assert word in said
    with pytest.raises(ConfigError, match="'mask' is none of"):
        smepo_run(*call, "--modes", "mask,paper")


def test_the_page_has_a_line_a_mode(smepo_run, tmp_path):
    source, page = write(tmp_path / "in.jsonl", ROWS), tmp_path / "page.html"
    call = ("audit", source, "--domain", "math", "--modes", "critical-path,full", "--workers", 1)
    smepo_run(*call, "--html", page)
    text = page.read_text()
    assert "2 of 2 rows carry guidance" in text, "the control is not in the headline"
    assert "critical-path" in text
    assert "full" in text


def test_controls_may_leak_under_strict_and_the_column_may_not(smepo_run, tmp_path):
    rows = [{"q": r["question"], "t": r["answer"].split()[-1], "hint": r["answer"]} for r in ROWS]
    source = write(tmp_path / "in.jsonl", rows)
    call = ("audit", source, *FLAGS, "--trace", "hint", "--guidance", "hint", "--strict")
    smepo_run(*call, "--modes", "full,critical-path")
    with pytest.raises(GateError, match="2 rows leak"):
        smepo_run(*call, "--modes", "guidance,critical-path")


def test_the_number_of_workers_does_not_show(audited, tmp_path):
    source = write(tmp_path / "in.jsonl", [{"id": n, **ROWS[n % 2]} for n in range(40)])
    call = (source, "--domain", "math", "--modes", "critical-path,random")
    one, two = audited(*call, "--workers", 1), audited(*call, "--workers", 2)
    for said in (one, two):
        del said["wall_seconds"], said["workers"]
        for totals in said["modes"].values():
            del totals["seconds"]
    assert one == two


# The JSON export


def test_every_leak_is_exported_with_its_place(smepo_run, tmp_path):
    hints = ["7 it is: 7 apples", "Multiply 6 * 5."]
    rows = [
        {"q": r["question"], "t": t, "h": h}
        for r, t, h in zip(ROWS, ("7", "30"), hints, strict=True)
    ]
    source = write(tmp_path / "in.jsonl", rows)
    report = tmp_path / "deep" / "report.json"
    call = ("audit", source, *FLAGS, "--guidance", "h", "--report-json", report, "--json")
    result = smepo_run(*call)
    said = json.loads(report.read_text())
    assert said == json.loads(result.stdout)
    place = {"mode": "guidance", "file": str(source), "shown": True}
    seven = {**place, "id": "0", "row": 0, "leak": "answer", "candidate": "7", "attack": "number"}
    product = {"candidate": "6 * 5", "attack": "expression", "leak": "expression"}
    assert said["leaks"] == [
        {**seven, "start": 0, "end": 1},
        {**seven, "start": 9, "end": 10},
        {**place, "id": "1", "row": 1, **product, "start": 9, "end": 14},
    ]
    assert said["omission"]["left_out"] + sum(said["omission"]["rows"].values()) == 2


# Hints of other tools


@pytest.mark.parametrize("name", ["hints.jsonl", "hints.parquet"])
def test_foreign_masks_are_compared_with_their_trace(audited, tmp_path, name):
    trace = "There are 6 * 5 = 30 eggs."
    rows = [
        {"q": ROWS[1]["question"], "t": "30", "solution": trace, "masked": masked}
        for masked in ("There are 6 * 5 = [NUMBER] eggs.", trace, "Just multiply ____.", None)
    ]
    source = write(tmp_path / name, rows)
    said = audited(source, *FLAGS, "--guidance", "masked", "--trace", "solution")
    assert said["counts"]["guided"] == 3
    assert said["counts"]["compared"] == 2, "the third is not made of its trace"
    assert said["counts"]["leaking"] == 1
    assert said["leaks"][0]["candidate"] == "6 * 5"
    assert {leak["row"] for leak in said["leaks"] if leak["leak"] == "answer"} == {1}
    without = audited(source, *FLAGS, "--guidance", "masked")
    assert without["counts"]["compared"] == 0
    assert without["counts"]["leaking"] == 1


@pytest.mark.parametrize("name", ["hints.jsonl", "hints.parquet"])
def test_hints_may_be_messages(audited, tmp_path, name):
    def said_by(role, text):
        return [{"role": role, "content": text}]

    hints = [
        said_by("system", "Be brief.") + said_by("user", "It comes to 30."),
        said_by("user", "30 or 31?") + said_by("assistant", "Multiply both numbers."),
        said_by("assistant", "So"),
    ]
    rows = [{"q": ROWS[1]["question"], "t": "30", "hint": hint} for hint in hints]
    said = audited(write(tmp_path / name, rows), *FLAGS, "--guidance", "hint")
    assert said["counts"]["guided"] == 3
    assert [row["row"] for row in said["worst"]] == [0], "the user's part is no guidance in row 1"


def test_hints_that_are_no_text_are_named_not_passed_over(audited, tmp_path):
    rows = [{"q": "5 and 7?", "t": "12", "hint": hint} for hint in ("Add.", ["Add."], 12, None)]
    said = audited(write(tmp_path / "in.jsonl", rows), *FLAGS, "--guidance", "hint")
    assert said["counts"]["quarantined"] == 2
    assert said["counts"]["guided"] == 1
    assert said["reasons"] == {"hint: guidance is text or a list of messages, not a list": 1} | {
        "hint: guidance is text or a list of messages, not a number": 1
    }


@pytest.mark.parametrize("guidance", ["Add them.", None])
@pytest.mark.parametrize("status", ["fine", 3])
def test_a_status_that_is_none_is_an_error_with_its_place(smepo_run, tmp_path, guidance, status):
    row = {"q": "5 and 7?", "t": "12", "guidance": guidance, "guidance_status": status}
    rows = [{**row, "guidance": "x", "guidance_status": "clean"}, row]
    source = write(tmp_path / "in.jsonl", rows)
    with pytest.raises(InputError, match=r"in.jsonl: row 1, column guidance_status: .* is none of"):
        smepo_run("audit", source, *FLAGS)


def test_guidance_that_was_edited_after_the_masking_is_not_taken_on_trust(
    smepo_run, audited, tmp_path
):
    out = tmp_path / "out.jsonl"
    smepo_run("mask", write(tmp_path / "in.jsonl", ROWS), out, "--domain", "math", "--workers", 1)
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    rows[0]["guidance"] = "It is 7, of course. " + rows[0]["guidance"]
    write(out, rows)
    said = audited(out, "--workers", 1)
    assert {leak["candidate"] for leak in said["leaks"] if leak["leak"] == "answer"} == {"7"}
    assert said["counts"]["compared"] == 1


# Rewards that take arithmetic


def test_a_reward_that_takes_arithmetic_is_named(smepo_run, tmp_path):
    source = write(tmp_path / "in.jsonl", ROWS)
    call = ("audit", source, "--domain", "math", "--modes", "paper", "--workers", 1)
    assert "--mode expressions" not in smepo_run(*call).stdout
    for flags in (("--no-final-form",), ("--verifier", "audit_rewards:arithmetic")):
        assert "accepts unevaluated arithmetic" in smepo_run(*call, *flags).stdout


def test_the_mask_that_hides_arithmetic_is_advised_and_leaves_none(smepo_run, audited, tmp_path):
    source, out = write(tmp_path / "in.jsonl", ROWS), tmp_path / "out.jsonl"
    call = ("mask", source, out, "--domain", "math", "--workers", 1, "--no-final-form")
    assert "--mode expressions" in smepo_run(*call).stdout
    assert "--mode expressions" not in smepo_run(*call, "--mode", "expressions").stdout
    said = audited(out, "--workers", 1, "--no-final-form")
    assert said["options"]["mode"] == "expressions"
    assert said["leaks"] == []
