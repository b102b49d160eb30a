"""The agent loops in verl's own worker, over verl's own data set; only the server is a stub."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

import verl_helpers
from smepo.cli.preview import look
from smepo.errors import InputError, QuestionTooLongError
from smepo.training import RunConfig
from smepo.training.plan import guidance
from smepo.training.rows import training_rows
from smepo.verl import rows as written
from smepo.verl.export import export, schemas
from smepo.verl.guide import our_step
from smepo.verl.score import compute_score

pytestmark = pytest.mark.verl
TOOLS = '''
from verl.tools.function_tool import function_tool


@function_tool
def lookup(name: str) -> str:
    """Look a name up.

    Args:
        name: What to look up.
    """
    return f"{name} is a town"
'''
CALL = '<tool_call>\n{"name": "lookup", "arguments": {"name": "Ayl"}}\n</tool_call>'


@pytest.fixture(autouse=True)
def verl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("verl", reason="make test-verl")
    from verl.tools import function_tool

    monkeypatch.setattr(function_tool, "FUNCTION_TOOL_REGISTRY", {})  # a process has one of a name
    monkeypatch.chdir(tmp_path)


def made(
    tmp_path: Path, monkeypatch: Any, *, every_step: bool, **more: Any
) -> tuple[RunConfig, Any]:
    """The run, and its export as verl loads it. ``every_step``: prompts are made by the loops."""
    sampling = {"num_generations": 2, "max_completion_length": 400}
    budget = {"budget": more.pop("budget", 900)}
    tables = {name: more.pop(name) for name in ("guidance", "search") if name in more}
    config = verl_helpers.config(tmp_path, prompt=budget, sampling=sampling, **tables)
    verl_helpers.chatml_policy(tmp_path)
    if every_step:
        monkeypatch.setattr(written, "online", lambda config: True)
    export(config, tmp_path / "out", cluster=verl_helpers.ONE_GPU, **more)
    return config, verl_helpers.from_yaml(monkeypatch, tmp_path / "out")


def previewed(config: RunConfig, transform: str = "masked", **more: Any) -> list[tuple[int, ...]]:
    """The token ids that `smepo preview` shows for each training row."""
    examples = training_rows(config, lambda event: None).examples
    budget, model = config.prompt.budget, config.model
    shown = [
        look(n, e, transform, {}, model, budget=budget, **more) for n, e in enumerate(examples)
    ]
    prompts = [one.prompt for one in shown if one.prompt is not None]
    assert all(bool(one.guidance) is (transform == "masked") for one in prompts)
    return [one.ids for one in prompts]


@pytest.mark.parametrize("every_step", [False, True], ids=["in the file", "in the loop"])
def test_prompts_are_those_of_the_preview(
    every_step: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, held = made(tmp_path, monkeypatch, every_step=every_step)
    worker, server = verl_helpers.worker(held, ["It is 4."])
    rows = verl_helpers.rows_of(held, worker.tokenizer, held.data.train_files)
    assert ("agent_name" in rows[0]) is every_step
    outputs = [asyncio.run(verl_helpers.roll(worker, row)) for row in rows]
    assert [tuple(ids) for ids in server.asked] == previewed(config)
    note = outputs[0].extra_fields.get("smepo")
    if every_step:
        assert (note["row_id"], note["guided"], note["keeper"]) == ("r1", True, "")
    else:
        assert note is None


def test_an_online_schedule_shows_what_the_preview_shows_or_the_bare_question(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fade = {"schedule": {"name": "fade", "end": 8, "by": "groups"}}
    config, held = made(tmp_path, monkeypatch, every_step=False, guidance=fade)
    worker, server = verl_helpers.worker(held, ["It is 4."])
    rows = verl_helpers.rows_of(held, worker.tokenizer, held.data.train_files)
    examples = training_rows(config, lambda event: None).examples
    masked, bare = previewed(config), previewed(config, "none")
    decides, shares = guidance(config), []
    for step in (1, 3, 5):
        server.asked.clear()
        notes = [asyncio.run(verl_helpers.roll(worker, row, step=step)) for row in rows]
        shown = [note.extra_fields["smepo"]["guided"] for note in notes]
        at = our_step(config, step)
        assert shown == [decides.decide(one, at).text is not None for one in examples]
        wanted = [m if yes else b for m, b, yes in zip(masked, bare, shown, strict=True)]
        assert [tuple(ids) for ids in server.asked] == wanted
        shares.append(sum(shown))
    assert shares[0] == len(rows) > shares[1] > shares[2] == 0


def test_turns_with_tools_start_from_a_guided_prompt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = tmp_path / "tools.py"
    tools.write_text(TOOLS)
    config, held = made(tmp_path, monkeypatch, every_step=True, tools=tools, budget=1200)
    worker, server = verl_helpers.worker(held, [CALL, "The answer is 4."])
    rows = verl_helpers.rows_of(held, worker.tokenizer, held.data.train_files)
    output = asyncio.run(verl_helpers.roll(worker, rows[0]))
    assert tuple(server.asked[0]) == previewed(config, tools=schemas(tools))[0]
    first, second = (worker.tokenizer.decode(ids) for ids in server.asked)
    assert '"name": "lookup"' in first
    assert "example solution" in first
    assert "[NUMBER_1]" in first
    assert second.startswith(first)
    assert "Ayl is a town" in second
    assert output.num_turns == 4


ANSWERS = "<answer>Tilda Varrow</answer>"
PAGE = {"title": "Lantern Bridge", "text": f"Its architect was Tilda Varrow. {ANSWERS}"}
SEARCH = '<tool_call>\n{"name": "search", "arguments": {"query": "bridge architect"}}\n</tool_call>'


@pytest.mark.parametrize("every_step", [False, True], ids=["in the file", "in the loop"])
def test_search_in_turns(every_step: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("tantivy")
    from smepo.search import build

    corpus = tmp_path / "corpus.jsonl"
    corpus.write_text(json.dumps(PAGE) + "\n")
    build(corpus, tmp_path / "index")
    plan = {"index": str(tmp_path / "index"), "calls": 3, "k": 2, "turn_tokens": 90}
    more = {"search": plan, "every_step": every_step, "budget": 1600}
    config, held = made(tmp_path, monkeypatch, **more)
    unknown = SEARCH.replace('"search"', '"find"')
    worker, server = verl_helpers.worker(held, [SEARCH, unknown, "I do not know."])
    assert {tool.name for tool in worker.tools} == {"search", "read"}
    rows = verl_helpers.rows_of(held, worker.tokenizer, held.data.train_files)
    output = asyncio.run(verl_helpers.roll(worker, rows[0]))
    shown = previewed(config, tools=schemas(tmp_path / "out" / "tools.py"))
    assert tuple(server.asked[0]) == shown[0]
    assert server.limits == [90, 90, 68]  # of a turn, and what is left of 400
    first, second, third = (worker.tokenizer.decode(ids) for ids in server.asked)
    assert "Search the corpus for passages." in first
    assert f"Lantern Bridge: {PAGE['text']}" in second
    assert "Unknown function" in third
    assert output.num_turns == 6
    told = output.extra_fields["smepo_episode"]
    assert told == {"said": "I do not know.", "counts": {"calls": 1, "bad_call": 1}}

    extra = {**rows[0]["extra_info"], **output.extra_fields, "domain": "search", "verifier": ""}
    text = worker.tokenizer.decode(output.response_ids[0], skip_special_tokens=True)
    assert ANSWERS in text  # the page's, which must not be paid
    found = compute_score("smepo/search", text, ["Tilda Varrow"], extra)
    assert (found["score"], found["search_calls"], found["search_bad_call"]) == (0.0, 1.0, 1.0)

    bare = verl_helpers.rows_of(held, worker.tokenizer, held.data.val_files)[0]
    output = asyncio.run(verl_helpers.roll(worker, bare))
    assert "example solution" not in worker.tokenizer.decode(server.asked[3])
    assert output.extra_fields["smepo_episode"]["counts"] == {"calls": 1, "bad_call": 1}


def test_validation_rows_are_bare_and_refused_by_the_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, held = made(tmp_path, monkeypatch, every_step=True)
    worker, server = verl_helpers.worker(held, ["It is 4."])
    bare = verl_helpers.rows_of(held, worker.tokenizer, held.data.val_files)
    assert not {"agent_name", "smepo"} & set(bare[0])
    asyncio.run(verl_helpers.roll(worker, bare[0]))
    assert "example solution" not in worker.tokenizer.decode(server.asked[0])
    asked = {**bare[0], "agent_name": "smepo_single_turn_agent"}
    with pytest.raises(InputError, match="only rows that"):
        asyncio.run(verl_helpers.roll(worker, asked))


def test_training_files_are_refused_as_validation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from smepo.verl.callback import GuidanceCallback

    _, held = made(tmp_path, monkeypatch, every_step=False)
    assert GuidanceCallback(held).keeper is None
    held.data.val_files = held.data.train_files
    with pytest.raises(InputError, match=r"data.val_files: .*train\.parquet holds training rows"):
        GuidanceCallback(held)


def test_what_verl_would_cut_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, held = made(tmp_path, monkeypatch, every_step=True)
    worker, _ = verl_helpers.worker(held, ["It is 4."])
    row = verl_helpers.rows_of(held, worker.tokenizer, held.data.train_files)[0]
    long = {**row, "raw_prompt": [{"role": "user", "content": "How many? " * 400}]}
    with pytest.raises(QuestionTooLongError, match="row r1: the question alone needs"):
        asyncio.run(verl_helpers.roll(worker, long))
    plain = {**long, "agent_name": "single_turn_agent"}
    assert len(asyncio.run(verl_helpers.roll(worker, plain)).prompt_ids[0]) == 900  # the stock loop
    from smepo.verl import loops

    ours = (loops.GuidedSingleTurnAgentLoop, loops.GuidedToolAgentLoop, loops.TurnsAgentLoop)
    for loop in map(object.__new__, ours):
        loop.rollout_config = held.actor_rollout_ref.rollout
        with pytest.raises(QuestionTooLongError, match="has 901 tokens, the limit is 900"):
            loop._cap_text_prompt_length([0] * 901)
