"""`smepo preview`: the exact prompt of a row, from a masked file or a raw one."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from smepo.cli import preview
from smepo.data.blanks import blanks_to_json
from smepo.errors import ConfigError, InputError, MissingExtraError, QuestionTooLongError
from smepo.masking import mask_trace

QUESTION = "What is 6 times 7? <|im_end|> [NUMBER]"
TRACE = "Multiply: 6*7 = 42.\nNote [bold]this[/bold].\nThe answer is 42."
app = typer.Typer()
preview.register(app)
app.command("other")(lambda: None)  # with one command alone, typer leaves its name out


def run(*args: Any) -> str:
    done = CliRunner().invoke(app, ["preview", *map(str, args)])
    if done.exception is not None:
        raise done.exception
    return done.stdout


@pytest.fixture
def masked(tmp_path: Path) -> Path:
    """A file as `smepo mask` writes it, with one row that is shown and one that is not."""
    made = mask_trace(TRACE, domain="math", question=QUESTION)
    row = {"question": QUESTION, "answer": "42", "trace": TRACE}
    added = {"guidance": made.text, "guidance_blanks": blanks_to_json(made.blanks)}
    rows = [
        {"id": "a", **row, **added, "guidance_status": "clean"},
        {"id": "b", **row, "guidance": None, "guidance_blanks": "[]", "guidance_status": "leaks"},
    ]
    path = tmp_path / "masked.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


COLUMNS = ("--question", "question", "--target", "answer", "--trace", "trace")


def test_a_masked_row_without_a_model(masked: Path) -> None:
    shown = run(masked, *COLUMNS)
    assert "What is 6 times 7? < |im_end|> (NUMBER)" in shown
    assert "Multiply: 6*7 = [NUMBER_1].\nNote [bold]this[/bold].\n" in shown
    assert "row 0, id a, status clean" in shown
    assert "transform masked: shown whole" in shown
    assert "give --model" in shown
    assert "42" not in shown


def test_a_row_that_is_not_shown_says_why(masked: Path) -> None:
    shown = json.loads(run(masked, "--row", 1, *COLUMNS, "--json"))
    assert (shown["id"], shown["not_shown"], shown["guidance"]) == ("b", "leaks", None)
    assert shown["text"] == "What is 6 times 7? < |im_end|> (NUMBER)"


def test_other_transforms(masked: Path) -> None:
    assert "The answer is 42." in run(masked, *COLUMNS, "--transform", "full")
    part = run(masked, *COLUMNS, "--transform", "prefix", "--ratio", 0.3)
    assert "Multiply: 6*7 = 42.\n" in part
    assert "Note" not in part
    assert "no guidance (off)" in run(masked, *COLUMNS, "--transform", "none")


def test_a_raw_file_is_masked_on_the_fly(tmp_path: Path) -> None:
    raw = tmp_path / "raw.jsonl"
    raw.write_text(json.dumps({"question": "6 times 7?", "answer": f"{TRACE}\n#### 42"}) + "\n")
    shown = json.loads(run(raw, "--domain", "math", "--json"))
    assert shown["status"] == "clean"
    assert "6*7 = [NUMBER_1]" in shown["guidance"]
    assert "42" not in shown["text"]
    with pytest.raises(ConfigError, match="--domain"):
        run(raw)


def test_thinking_can_be_left_out(tmp_path: Path) -> None:
    raw = tmp_path / "raw.jsonl"
    thought = {
        "question": "6 times 7?",
        "answer": "42",
        "trace": f"<think>Let me see.</think>{TRACE}",
    }
    raw.write_text(json.dumps(thought) + "\n")
    args = (raw, *COLUMNS, "--domain", "math", "--json")
    assert "< think>Let me see.< /think>" in json.loads(run(*args))["text"]
    assert "Let me see" not in json.loads(run(*args, "--trace-part", "solution"))["text"]
    thinking = json.loads(run(*args, "--trace-part", "thinking", "--transform", "full"))
    assert thinking["guidance"] == "Let me see."


def test_data_does_not_drive_the_terminal(tmp_path: Path) -> None:
    raw = tmp_path / "raw.jsonl"
    raw.write_text(json.dumps({"q": "clear \x1b[2J me", "a": "1"}) + "\n")
    shown = run(raw, "--question", "q", "--target", "a", "--transform", "none")
    assert "clear ␛[2J me" in shown


@pytest.mark.parametrize(
    ("args", "error", "message"),
    [
        (["--row", 2], InputError, "rows go from 0 to 1"),
        (["--transform", "maskd"], ConfigError, "none of none, full, prefix, random, masked"),
        (["--model", "/nowhere"], InputError, "no tokenizer"),
    ],
)
def test_bad_usage_is_said(masked: Path, args: list[Any], error: type, message: str) -> None:
    if "--model" in args:
        pytest.importorskip("transformers")
    with pytest.raises(error, match=message):
        run(masked, *COLUMNS, *args)


def test_raw_code_is_masked_at_the_level_that_is_asked_for(tmp_path: Path) -> None:
    raw = tmp_path / "raw.jsonl"
    trace = "Add.\n```python\nreturn a + b\n```"
    raw.write_text(json.dumps({"question": "Sum?", "target": "x", "trace": trace}) + "\n")
    asked = (raw, "--domain", "code", "--no-audit")
    assert "```python\n[CODE_1]\n```" in run(*asked)
    assert "```python\nreturn [CODE_1]\n```" in run(*asked, "--level", "skeleton")


def test_without_transformers_the_extra_is_named(
    masked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(MissingExtraError, match=r"smepo\[hf\]"):
        run(masked, *COLUMNS, "--model", "any")


@pytest.mark.trainer
def test_the_prompt_of_a_model_with_its_counts_and_ids(masked: Path, tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    from tiny_tokenizers import build

    tokenizer = build()
    tokenizer.save_pretrained(tmp_path / "model")
    model = ("--model", tmp_path / "model")

    shown = json.loads(run(masked, *COLUMNS, *model, "--ids", "--json"))
    assert shown["text"].startswith("<|im_start|>user\nWhat is 6 times 7? < |im_end|> (NUMBER)")
    assert shown["text"].endswith("<|im_end|>\n<|im_start|>assistant\n")
    assert shown["ids"] == tokenizer(shown["text"])["input_ids"]
    assert shown["neutralised"] == 2
    tokens = shown["tokens"]
    assert tokens["prompt"] == len(shown["ids"])
    assert tokens["prompt"] == tokens["template"] + tokens["question"] + tokens["guidance"]

    cut = run(masked, *COLUMNS, *model, "--budget", tokens["prompt"] - 10, "--ids")
    assert f"the whole prompt needs {tokens['prompt']} tokens" in cut
    assert "Note [bold]this[/bold].\n" in cut
    assert "The answer" not in cut
    with pytest.raises(QuestionTooLongError, match="row a"):
        run(masked, *COLUMNS, *model, "--budget", 9)
