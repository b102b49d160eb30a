"""Two processes train as one does: the same prompts, the same decisions, the same weights."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

import tiny_policy
import tiny_run

pytestmark = pytest.mark.trainer
SCRIPT = Path(__file__).with_name("two_processes.py")


def run(folder: Path, *launcher: str) -> None:
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    environment |= {"CUDA_VISIBLE_DEVICES": "", "TOKENIZERS_PARALLELISM": "false"}
    command = [sys.executable, *launcher, str(SCRIPT), str(folder)]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-4000:]


def test_two_ranks_are_one_run(tmp_path: Path) -> None:
    import torch

    tiny_run.make(tmp_path)
    run(tmp_path)
    run(tmp_path, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2")
    one, first, second = (
        json.loads((tmp_path / f"{name}.json").read_text()) for name in ("1-0", "2-0", "2-1")
    )
    assert (one["processes"], first["processes"]) == (1, 2)

    groups: dict[tuple[int, str], set[Any]] = defaultdict(set)
    ranks: dict[tuple[int, str], set[int]] = defaultdict(set)
    for rank, seen in enumerate((first["seen"], second["seen"])):
        for step, row_id, prompt, level in seen:
            groups[step, row_id].add((prompt, level))
            ranks[step, row_id].add(rank)
    assert all(len(prompts) == 1 for prompts in groups.values())  # one prompt a group
    assert {0, 1} in ranks.values()  # and some groups lie on both ranks
    assert {level for prompts in groups.values() for _, level in prompts} == {0.0, 1.0}
    assert groups == {
        key: {(p, level) for s, r, p, level in one["seen"] if (s, r) == key} for key in groups
    }
    assert first["state"] == second["state"] == one["state"]

    start = dict(tiny_policy.model(len(tiny_policy.tokenizer())).named_parameters())
    alone, both = (torch.load(tmp_path / f"{n}.pt") for n in (1, 2))
    assert any(not torch.allclose(alone[name], start[name]) for name in start)
    for name in start:
        torch.testing.assert_close(both[name], alone[name], rtol=1e-4, atol=1e-5)
