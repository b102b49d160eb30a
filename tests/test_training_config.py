"""A configuration that cannot work is refused when it loads, by the name of its field."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import tiny_run
from smepo.errors import ConfigError, InputError
from smepo.training import check, load, parse
from smepo.training.checks import check_context, check_rounds, first_cut
from smepo.training.config import TRL_FIELDS_SET_HERE, DataConfig, RunConfig
from smepo.training.events import silent
from smepo.training.rows import read, training_rows
from smepo.verifiers import verifier

MINIMAL: dict[str, Any] = {
    "model": "some/model",
    "output_dir": "out",
    "steps": 10,
    "data": {"path": "rows.jsonl"},
}


def refused(**over: Any) -> str:
    with pytest.raises(ConfigError) as error:
        parse({**MINIMAL, **over}, origin="run.toml")
    return str(error.value)


def test_a_minimal_file_takes_the_defaults_of_trl_and_the_method(tmp_path: Path) -> None:
    file = tmp_path / "run.toml"
    file.write_text(tiny_run.toml(MINIMAL))

    config = load(file)

    assert config.objective.loss_type == "dapo"
    assert config.guidance.transform == "masked"
    assert config.evaluation is None


def test_unknown_fields_are_named_with_their_table() -> None:
    assert refused(tempratur=1) == "run.toml: tempratur: unknown field"
    assert refused(sampling={"temprature": 1}) == "run.toml: sampling.temprature: unknown field"
    assert "evaluation.data.pth: unknown field" in refused(
        evaluation={"data": {"path": "e.jsonl", "pth": 1}}
    )


def test_wrong_values_are_named() -> None:
    assert "objective.loss_type" in refused(objective={"loss_type": "ppo"})
    assert "sampling.num_generations" in refused(sampling={"num_generations": 1})
    assert "steps: " in refused(steps=0)
    assert "guidance.ratio: belongs to" in refused(guidance={"transform": "full", "ratio": 0.3})
    assert "evaluation.k: greedy" in refused(
        evaluation={"data": {"path": "e.jsonl"}, "temperature": 0.0, "k": 4}
    )


def test_a_round_must_hold_whole_groups() -> None:
    message = refused(batch={"per_device_train_batch_size": 4}, sampling={"num_generations": 8})
    assert "batch.per_device_train_batch_size: a round of generation makes 4" in message
    assert "sampling.num_generations = 8" in message


@pytest.mark.parametrize(
    ("accumulate", "per_generation", "iterations", "good", "bad"),
    [
        (1, 4, 1, [4, 8, 12], [1, 2, 3, 6]),  # a round lasts four steps
        (2, 4, 1, [2, 4, 6], [1, 3, 5]),  # two steps
        (4, 2, 1, [1, 2, 3], []),  # several rounds a step
        (1, 2, 3, [6, 12], [2, 3, 4]),  # a round is used three times
        (2, 3, 1, [3, 6], [1, 2, 4]),  # rounds and steps meet every third step
    ],
)
def test_save_steps_falls_between_rounds(
    accumulate: int, per_generation: int, iterations: int, good: list[int], bad: list[int]
) -> None:
    def values(save: int) -> dict[str, Any]:
        return {
            "batch": {
                "per_device_train_batch_size": 8,
                "gradient_accumulation_steps": accumulate,
                "steps_per_generation": per_generation,
            },
            "objective": {"num_iterations": iterations},
            "checkpoints": {"save_steps": save},
        }

    for save in good:
        assert parse({**MINIMAL, **values(save)}).checkpoints.save_steps == save
    for save in bad:
        message = refused(**values(save))
        assert f"checkpoints.save_steps: {save} would cut a round" in message
        assert f"take a multiple of {good[0]}" in message


def test_an_epoch_that_ends_inside_a_step_shifts_the_rounds() -> None:
    config = parse(
        {
            **MINIMAL,
            "batch": {
                "per_device_train_batch_size": 8,
                "gradient_accumulation_steps": 3,
                "steps_per_generation": 2,
            },
            "checkpoints": {"save_steps": 2},
        }
    )
    # 4 micro-batches are steps of 3 and 1: the second epoch starts at step 2, a round at its start.
    assert first_cut(config, 4) is None
    # 8 micro-batches are steps of 3, 3 and 2: step 4 is one step into the second epoch.
    assert first_cut(config, 8) == 4
    with pytest.raises(ConfigError, match=r"checkpoints\.save_steps: with 8 rows .* step 4"):
        check_rounds(config, 8, processes=1)


def test_too_few_rows_for_a_round_are_refused() -> None:
    config = parse({**MINIMAL, "batch": {"per_device_train_batch_size": 64}})
    with pytest.raises(ConfigError, match="takes 8 prompts, the data have 7 rows"):
        check_rounds(config, 7, processes=1)


def test_a_budget_over_the_models_context_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"max_position_embeddings": 512}')
    tight = {**MINIMAL, "model": str(tmp_path), "sampling": {"max_completion_length": 100}}
    check_context(parse({**tight, "prompt": {"budget": 412}}))
    with pytest.raises(ConfigError, match=r"prompt\.budget: 413 .* at most 412"):
        check_context(parse({**tight, "prompt": {"budget": 413}}))


def test_the_trl_table_takes_only_what_has_no_place_of_its_own() -> None:
    assert parse({**MINIMAL, "trl": {"use_vllm": True}}).trl == {"use_vllm": True}
    assert "trl.learning_rate: set it in its own table" in refused(trl={"learning_rate": 1})
    assert "trl.use_vlm: unknown field of GRPOConfig" in refused(trl={"use_vlm": True})


@pytest.mark.trainer
def test_every_field_of_ours_is_a_field_of_trl() -> None:
    from dataclasses import fields

    from trl import GRPOConfig

    names = {field.name for field in fields(GRPOConfig)}
    ours = TRL_FIELDS_SET_HERE - {"warmup_ratio"}  # TRL counts warm-up in steps
    assert ours <= names


def test_the_paper_preset_is_overridden_field_by_field() -> None:
    config = parse({**MINIMAL, "preset": "paper", "optimizer": {"learning_rate": 8e-7}})

    assert (config.objective.loss_type, config.objective.epsilon_high) == ("grpo", 5.0)
    assert (config.objective.beta, config.objective.entropy_coef) == (0.0, 0.0)
    assert (config.optimizer.learning_rate, config.optimizer.weight_decay) == (8e-7, 0.1)
    assert (config.sampling.temperature, config.sampling.num_generations) == (0.8, 8)
    per_round = config.batch.per_device_train_batch_size * config.steps_per_generation
    assert per_round == 32 * 8
    assert "preset: unknown preset 'papre'" in refused(preset="papre")


def on_disk(folder: Path, **over: Any) -> RunConfig:
    return parse(tiny_run.config(folder, **over))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Rows, a reward, and a model's configuration without the model."""
    tiny_run.write_reward(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text('{"max_position_embeddings": 512}')
    tiny_run.write_rows(tmp_path / "train.jsonl", [tiny_run.row(a) for a in range(1, 9)])
    return tmp_path


def test_guidance_without_traces_is_refused(folder: Path) -> None:
    rows = [{**tiny_run.row(a), "trace": None} for a in range(1, 9)]
    tiny_run.write_rows(folder / "train.jsonl", rows)

    with pytest.raises(ConfigError, match=r"guidance\.transform: 'masked' needs traces"):
        check(on_disk(folder))

    assert check(on_disk(folder, guidance={"transform": "none"}))["used"] == 8


def test_rows_are_masked_in_the_mode_and_at_the_level_that_the_run_names(folder: Path) -> None:
    def texts(**over: Any) -> str:
        return "".join(
            e.guidance or "" for e in training_rows(on_disk(folder, **over), silent).examples
        )

    plan = {"audit": False}
    assert "+" in texts(guidance=plan)
    assert "+" not in texts(guidance={**plan, "mode": "expressions"})
    code = "Add.\n```\ndef f(x):\n    return x + 1\n```\n"
    rows = [{**tiny_run.row(a), "trace": code} for a in range(1, 9)]
    tiny_run.write_rows(folder / "train.jsonl", rows)
    assert "def" not in texts(domain="code", guidance=plan)
    assert "def" in texts(domain="code", guidance={**plan, "level": "skeleton"})


def test_a_row_without_a_trace_stays_and_is_counted(folder: Path) -> None:
    rows = [tiny_run.row(a) for a in range(1, 9)]
    rows[3]["trace"] = None
    tiny_run.write_rows(folder / "train.jsonl", rows)

    assert check(on_disk(folder))["statuses"] == {"no_trace": 1, "unaudited": 7}


def test_evaluation_data_that_carry_guidance_are_refused(folder: Path) -> None:
    row = {**tiny_run.row(30), "guidance": "Add [NUMBER_1].", "guidance_status": "clean"}
    plan = {
        "data": {"path": str(folder / "eval.jsonl"), "question": "question", "target": "target"}
    }
    tiny_run.write_rows(folder / "eval.jsonl", [row])
    with pytest.raises(InputError, match="column guidance: evaluation data must not carry"):
        check(on_disk(folder, evaluation=plan))

    blank = {**tiny_run.row(30), "question": "What is [NUMBER_1] plus 3 ?"}
    tiny_run.write_rows(folder / "eval.jsonl", [blank])
    with pytest.raises(InputError, match=r"holds the placeholder \[NUMBER_1\]"):
        check(on_disk(folder, evaluation=plan))


def masked(folder: Path, **note: Any) -> None:
    """Rows as `smepo mask` leaves them, with its note beside them."""
    rows = [
        {**tiny_run.row(a), "guidance": "Add.", "guidance_blanks": "[]", "guidance_status": "clean"}
        for a in range(1, 9)
    ]
    tiny_run.write_rows(folder / "train.jsonl", rows)
    options = {"domain": "math", "mode": "critical-path", "verifier": None, "final_form": True}
    columns = {"question": "question", "target": "target", "traces": ["trace"]}
    file = folder / "train.jsonl.smepo.json"
    file.write_text(json.dumps({"columns": columns, "options": {**options, **note}}))


def test_what_was_audited_must_be_what_is_rewarded(folder: Path) -> None:
    own = {"name": "tiny_reward:parity"}
    audited = {"guidance": {"audit": True}}

    masked(folder)
    assert check(on_disk(folder, verifier={}, **audited))["statuses"] == {"clean": 8}
    with pytest.raises(ConfigError, match="verifier = None, the run rewards with 'tiny_reward"):
        training_rows(on_disk(folder, verifier=own, **audited), silent)
    with pytest.raises(ConfigError, match="final_form = True, the run rewards with False"):
        check(on_disk(folder, verifier={"options": {"final_form": False}}, **audited))
    with pytest.raises(ConfigError, match=r"verifier\.options\.tolerance: the audit cannot"):
        check(on_disk(folder, verifier={"options": {"tolerance": 0.1}}, **audited))

    masked(folder, audit=False)
    with pytest.raises(ConfigError, match=r"guidance\.audit: .* was masked with --no-audit"):
        check(on_disk(folder, verifier={}, **audited))

    masked(folder, mode="paper")
    with pytest.raises(ConfigError, match=r"guidance\.mode: .* was masked in mode 'paper'"):
        check(on_disk(folder, verifier={}, **audited))


def test_an_own_domain_needs_a_judge() -> None:
    assert "verifier.name: the domain 'mine:spans'" in refused(domain="mine:spans")


def test_both_places_of_an_id_are_named(folder: Path) -> None:
    row = {"id": "a", "question": "6?", "target": "6", "trace": "6"}
    columns = {"question": "question", "target": "target", "trace": "trace"}
    (folder / "twice.jsonl").write_text(json.dumps(row) + "\n" + json.dumps(row) + "\n")

    with pytest.raises(InputError, match=r"twice.jsonl row 0 and .*twice.jsonl row 1"):
        read(DataConfig(**columns, path=str(folder / "twice.jsonl")), "data")


def test_rows_behind_the_limit_are_not_read(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    row = '{"question": "q?", "target": "1"}\n'
    path.write_text(row + "not JSON\n" + row + "no JSON either\n" + row)
    data = {"path": str(path), "question": "question", "target": "target"}
    rows, problems = read(DataConfig(**data, limit=2), "data", traces=False)
    assert [found.id for found in rows] == ["0", "2"]
    assert len(problems) == 1, "the row behind the limit is no problem"
    rows, problems = read(DataConfig(**data, limit=1, strict=True), "data", traces=False)
    assert (len(rows), problems) == (1, [])


def test_an_option_that_the_verifier_lacks_is_a_complaint() -> None:
    with pytest.raises(ConfigError, match=r"verifier math: .*'tolerence'"):
        verifier("math", tolerence=0.1)


def test_guidance_of_unknown_origin_is_refused(tmp_path: Path) -> None:
    from smepo.training.checks import check_origin
    from smepo.types import Row

    masked = tmp_path / "masked.jsonl"
    masked.write_text('{"question": "q", "target": "1", "guidance_status": "clean"}\n')
    data = {"path": str(masked)}
    base = {"model": "m", "data": data, "output_dir": str(tmp_path / "out"), "steps": 1}
    rows = [Row("0", "q", "1", (), {"guidance_status": "clean"})]
    with pytest.raises(ConfigError, match=r"guidance\.audit"):
        check_origin(parse(base), rows)
    check_origin(parse({**base, "guidance": {"audit": False}}), rows)
    check_origin(parse(base), [Row("0", "q", "1", ("t",), {})])
