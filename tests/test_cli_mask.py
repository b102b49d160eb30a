"""`smepo mask` and `smepo audit` as they are called."""

import json

import pytest

from smepo.errors import ConfigError, GateError, InputError

GSM8K = [
    {
        "question": "Ann has 3 apples and buys 4 more. How many apples does she have?",
        "answer": "She has 3 + 4 = <<3+4=7>>7 apples.\n#### 7",
    },
    {
        "question": "A box holds 6 eggs. How many eggs are in 5 boxes?",
        "answer": "There are 6 * 5 = <<6*5=30>>30 eggs.\n#### 30",
    },
]


@pytest.fixture
def gsm8k(tmp_path):
    path = tmp_path / "gsm8k.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in GSM8K))
    return path


def read(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_mask_then_audit_a_known_schema_without_flags(smepo_run, gsm8k, tmp_path):
    out, report = tmp_path / "out.jsonl", tmp_path / "report.json"
    call = ("mask", gsm8k, out, "--domain", "math", "--workers", 1, "--report-json", report)
    result = smepo_run(*call, "--json")
    said = json.loads(result.stdout)
    assert said == json.loads(report.read_text())
    assert said["rows"] == said["counts"]["guided"] == 2
    assert said["counts"]["leaking_shown"] == 0
    assert said["structure_kept"]["operators"] == 1.0
    for row in read(out):
        assert row["guidance_status"] in ("clean", "repaired")
        assert row["answer"].split("#### ")[1] not in row["guidance"].split()
        assert "[NUMBER_1]" in row["guidance"]

    result = smepo_run("audit", out, "--workers", 1, "--strict")
    assert "leaking" in result.stdout
    said = json.loads(smepo_run("audit", out, "--workers", 1, "--json").stdout)
    assert said["leak_rate"] == 0.0
    assert said["structure_kept"]["operators"] == 1.0


def test_the_table_names_every_status_and_the_quarantine(smepo_run, tmp_path):
    rows = [*GSM8K, {"question": "no answer?"}]
    source = write(tmp_path / "in.jsonl", rows)
    result = smepo_run("mask", source, tmp_path / "out.jsonl", "--domain", "math", "--workers", 1)
    for said in ("3 rows, columns by GSM8K", "clean", "quarantined", "answer: missing", "output"):
        assert said in result.stdout


def test_hints_of_other_tools_are_audited_and_worst_rows_named(smepo_run, tmp_path):
    hints = ["Add them.", "The sum is 12 [/b]", None]
    rows = [
        {"id": f"[bold]{n}[/]", "q": "5 and 7?", "t": "12", "hint": hint}
        for n, hint in enumerate(hints)
    ]
    source = write(tmp_path / "in.jsonl", rows)
    call = ("audit", source, "--domain", "math", "--guidance", "hint", "--workers", 1)
    call += ("--question", "q", "--target", "t")
    result = smepo_run(*call)
    assert "[bold]1[/]" in result.stdout, "data is never markup"
    said = json.loads(smepo_run(*call, "--json").stdout)
    assert said["counts"]["guided"] == 2
    assert [row["id"] for row in said["worst"]] == ["[bold]1[/]"]
    assert said["worst"][0]["candidate"] == "12"
    with pytest.raises(GateError, match="1 rows leak"):
        smepo_run(*call, "--strict")


def test_audit_needs_to_know_the_domain_and_the_column(smepo_run, gsm8k):
    with pytest.raises(InputError, match="--domain math"):
        smepo_run("audit", gsm8k, "--guidance", "answer")
    with pytest.raises(InputError, match="no column 'guidance'"):
        smepo_run("audit", gsm8k, "--domain", "math")


def test_strict_fails_when_a_control_mode_leaks(smepo_run, tmp_path):
    trace = "Half of them, so twenty one eggs."
    rows = [{"q": "Half of 42 eggs?", "t": "21", "trace": trace}]
    source = write(tmp_path / "in.jsonl", rows)
    call = ("mask", source, tmp_path / "out.jsonl", "--domain", "math", "--workers", 1)
    call += ("--question", "q", "--target", "t", "--trace", "trace")
    with pytest.raises(GateError, match="1 rows leak"):
        smepo_run(*call, "--mode", "paper", "--strict")
    (row,) = read(tmp_path / "out.jsonl")
    assert row["guidance_status"] == "control"
    smepo_run(*call, "--strict")
    (row,) = read(tmp_path / "out.jsonl")
    assert "twenty one" not in row["guidance"]


def test_the_skeleton_of_code_stays_on_request(smepo_run, tmp_path):
    traces = [f"Add.\n```{x}\nfor x in a:\n    s += x\n```\nDone." for x in ("python", "js")]
    rows = [{"question": "Sum?", "target": "x", "trace": trace} for trace in traces]
    source = write(tmp_path / "in.jsonl", rows)
    call = ("mask", source, tmp_path / "out.jsonl", "--domain", "code", "--no-audit")
    said = json.loads(smepo_run(*call, "--workers", 1, "--level", "skeleton", "--json").stdout)
    assert said["options"]["level"] == "skeleton"
    assert said["counts"]["no_skeleton"] == 1, "the one that is no Python is counted"
    python, other = read(tmp_path / "out.jsonl")
    assert "for [CODE_1] in [CODE_2]:\n    [CODE_3]\n" in python["guidance"]
    assert "```js\n[CODE_1]\n```" in other["guidance"]


def test_unknown_names_are_refused(smepo_run, gsm8k, tmp_path):
    out = tmp_path / "out.jsonl"
    for flags in (
        ("--domain", "poetry"),
        ("--domain", "math", "--mode", "none"),
        ("--domain", "math", "--level", "skeleton"),
    ):
        with pytest.raises(ConfigError):
            smepo_run("mask", gsm8k, out, "--workers", 1, *flags)
    assert not out.exists()
    assert not (tmp_path / "out.jsonl.parts").exists(), "refused before the work begins"


@pytest.mark.data
def test_public_rows_are_all_accounted_for(smepo_run, public, tmp_path):
    rows = json.loads((public / "math/scaf800.json").read_text())[:24]
    source = tmp_path / "in.json"
    source.write_text(json.dumps(rows))
    out = tmp_path / "out.jsonl"
    call = ("mask", source, out, "--domain", "math", "--json", "--workers", 1)
    call += ("--question", "query", "--target", "ground_truth", "--trace", "full_reasoning")
    said = json.loads(smepo_run(*call).stdout)
    assert said["rows"] == said["counts"]["usable"] == len(read(out)) == 24
    assert said["counts"]["leaking_shown"] == 0
