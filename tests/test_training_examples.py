"""The files in examples/ work as they are."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import tiny_run
from smepo.training import load

ROOT = Path(__file__).resolve().parent.parent


def test_the_example_configuration_loads() -> None:
    config = load(ROOT / "examples" / "run.toml")
    assert config.guidance.transform == "masked"
    assert config.evaluation is not None


@pytest.mark.trainer
def test_mask_then_the_trl_script(tmp_path: Path) -> None:
    tiny_run.make(tmp_path)
    code = "from smepo.cli import main; main()"
    columns = ["--question", "question", "--target", "target", "--trace", "trace"]
    mask = [sys.executable, "-c", code, "mask", "train.jsonl", "masked.parquet", "--domain", "math"]
    script = [sys.executable, str(ROOT / "examples" / "train_trl.py"), "masked.parquet", "model"]
    options = [
        "out",
        "max_steps=2",
        "max_completion_length=8",
        "gradient_checkpointing=0",
        "bf16=0",
    ]
    for command in ([*mask, *columns, "--workers", "1"], [*script, *options]):
        done = subprocess.run(
            command,
            cwd=tmp_path,
            env={**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "model.safetensors").is_file()
    assert "'guidance/share': '1'" in done.stdout


def test_a_file_without_guidance_is_refused_not_trained_unguided(tmp_path):
    from smepo.errors import InputError
    from smepo.trl import guided_dataset

    raw = tmp_path / "raw.jsonl"
    raw.write_text('{"question": "What is 6*7?", "target": "42", "trace": "6*7 = 42"}\n')
    with pytest.raises(InputError, match="smepo mask"):
        guided_dataset(raw, None, question="question", target="target", trace="trace")
