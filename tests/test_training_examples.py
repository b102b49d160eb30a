"""The files in examples/ work as they are."""

from __future__ import annotations

from pathlib import Path

import pytest

import run_script
import tiny_run
from smepo.data import Columns, find
from smepo.pipeline.local import run as mask
from smepo.pipeline.prepare import MaskOptions
from smepo.training import load

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("name", ["run", "quick", "search"])
def test_the_example_configurations_load(name: str) -> None:
    config = load(ROOT / "examples" / f"{name}.toml")
    assert config.guidance.transform == "masked"
    assert config.evaluation is not None
    assert (config.search is not None) is (name == "search")


@pytest.mark.trainer
def test_mask_then_the_trl_script(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny_run.make(tmp_path)
    columns = Columns("question", "target", ("trace",), "id")
    mask(find(tmp_path / "train.jsonl"), tmp_path / "masked.parquet", columns, MaskOptions("math"))
    options = ["max_steps=2", "max_completion_length=8", "gradient_checkpointing=0", "bf16=0"]
    arguments = ["masked.parquet", "model", "out", *options]
    script = ROOT / "examples" / "train_trl.py"
    said = run_script.run(script, *arguments, folder=tmp_path, patch=monkeypatch, capture=capsys)
    assert (tmp_path / "out" / "model.safetensors").is_file()
    assert "'guidance/share': '1'" in said


def test_a_file_without_guidance_is_refused_not_trained_unguided(tmp_path):
    from smepo.errors import InputError
    from smepo.trl import guided_dataset

    raw = tmp_path / "raw.jsonl"
    raw.write_text('{"question": "What is 6*7?", "target": "42", "trace": "6*7 = 42"}\n')
    with pytest.raises(InputError, match="smepo mask"):
        guided_dataset(raw, None, question="question", target="target", trace="trace")


CLUSTER = ROOT / "examples" / "cluster"


@pytest.mark.trainer  # the table `trl` is checked against GRPOConfig
@pytest.mark.parametrize(
    "file",
    [
        *(ROOT / "examples" / f"{name}.toml" for name in ("paper", "paper-search")),
        CLUSTER / "paper_8gpu.toml",
    ],
)
def test_the_papers_recipes_load(file: Path) -> None:
    config = load(file)
    processes = 8 if file.parent == CLUSTER else 1
    completions = config.batch.per_device_train_batch_size * processes
    assert completions * config.batch.gradient_accumulation_steps == 8 * 8
    assert completions * config.steps_per_generation == 32 * 8
    assert (config.objective.epsilon, config.objective.epsilon_high) == (0.0, 5.0)
    assert (config.prompt.budget, config.sampling.max_completion_length) == (4096, 12288)
    assert config.optimizer.learning_rate == (1e-6 if config.search is None else 8e-7)
    if config.search is not None:  # 2048 a turn
        assert (config.search.calls + 1) * (config.search.turn_tokens or 0) == 12288


@pytest.mark.trainer
def test_split_weights_and_evaluation_do_not_go_together() -> None:
    from types import SimpleNamespace

    from smepo.errors import ConfigError
    from smepo.training.checks import check_whole_weights

    config = load(CLUSTER / "paper_8gpu.toml")
    for stage in (2, 3):
        plugin = SimpleNamespace(zero_stage=stage)
        state = SimpleNamespace(deepspeed_plugin=plugin, distributed_type="DEEPSPEED")
        if stage == 2:
            check_whole_weights(config, state)
            continue
        with pytest.raises(ConfigError, match="evaluation: the weights are split"):
            check_whole_weights(config, state)


@pytest.mark.trainer
def test_adapters_are_trained_and_saved(tmp_path: Path) -> None:
    pytest.importorskip("peft", reason="pip install 'smepo[lora]'")
    from smepo.training import parse, train

    tiny_run.make(tmp_path)
    values = {"verifier": {}, "steps": 2, "lora": {"r": 4, "alpha": 8}}
    done = train(parse(tiny_run.config(tmp_path, **values)))
    assert (done.model / "adapter_model.safetensors").is_file()
    assert not (done.model / "model.safetensors").is_file()


@pytest.mark.trainer
@pytest.mark.parametrize("preset", ["smepo+handover", "grpo"])
def test_the_loop_on_one_page_runs(
    preset: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    options = ["--guidance", preset, "--steps", "2", "--prompts", "2", "--every", "2"]
    arguments = [*options, "--problems", "4"]
    script = ROOT / "examples" / "grpo_loop.py"
    said = run_script.run(script, *arguments, folder=tmp_path, patch=monkeypatch, capture=capsys)
    assert said.count("unguided accuracy") == 2
