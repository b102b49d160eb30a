"""verl's reward manager loads our reward through `pkg://` and scores in its worker threads."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

import tiny_tokenizers
import verl_helpers
from smepo.verl.export import export

pytestmark = pytest.mark.verl
CODE = {"tests": "assert double(3) == 6", "entry_point": "double"}


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Any, Any]:
    """The manager that the exported configuration makes verl load, and its tokenizer."""
    pytest.importorskip("verl", reason="make test-verl")
    from verl.trainer.ppo.reward import load_reward_manager

    monkeypatch.chdir(tmp_path)
    export(verl_helpers.config(tmp_path), tmp_path / "out", cluster=verl_helpers.ONE_GPU)
    held = verl_helpers.from_yaml(monkeypatch, tmp_path / "out")
    tokenizer = tiny_tokenizers.build()
    return load_reward_manager(held, tokenizer), tokenizer


def item(tokenizer: Any, completion: str, target: Any, domain: str) -> Any:
    """One finished rollout, as the trainer hands it to the manager."""
    import numpy as np
    import torch
    from tensordict import TensorDict
    from verl import DataProto

    ids = torch.tensor([tokenizer(completion, add_special_tokens=False)["input_ids"]])
    batch = {"responses": ids, "attention_mask": torch.ones_like(ids)}
    others = {
        "data_source": f"smepo/{domain}",
        "reward_model": {"style": "rule", "ground_truth": target},
        "extra_info": {"domain": domain, "verifier": domain, "split": "train", "index": 0},
    }
    columns = {name: np.array([value], dtype=object) for name, value in others.items()}
    return DataProto(batch=TensorDict(batch, batch_size=1), non_tensor_batch=columns)


def scores(manager: Any, items: list[Any]) -> list[dict[str, Any]]:
    async def all_at_once() -> list[dict[str, Any]]:
        manager.loop = asyncio.get_running_loop()
        found = await asyncio.gather(*(manager.run_single(one) for one in items))
        return [one["reward_extra_info"] for one in found]

    return asyncio.run(all_at_once())


def solved(n: int) -> tuple[str, Any, str]:
    """A right completion, its target and its domain: math in four forms, programs, answers."""
    program = "```python\ndef double(x):\n    return 2 * x + {}\n```"
    tests = {**CODE, "tests": f"assert double(3) == {6 + n}"}
    forms = (
        (rf"So it is \boxed{{{n}}}.", str(n), "math"),
        (rf"\boxed{{\dfrac{{{7 * n + 1}}}{{7}}}}", rf"\frac{{{7 * n + 1}}}{{7}}", "math"),
        (rf"\boxed{{2\sqrt{{{n * n + 1}}}}}", rf"\sqrt{{{4 * n * n + 4}}}", "math"),
        (rf"The answer is \boxed{{x+{n}}}", f"{n}+x", "math"),
        (program.format(n), json.dumps(tests), "code"),
        (f"<answer>Town {n}</answer>", [f"Village {n}", f"Town {n}"], "search"),
    )
    return forms[n % 6]


def test_a_thousand_rows_and_no_false_zero(manager: tuple[Any, Any]) -> None:
    judge, tokenizer = manager
    right = [solved(n) for n in range(11, 1011)]
    wrong = [(right[n][0], *right[n + 6][1:]) for n in range(120)]  # the target of another row
    found = scores(judge, [item(tokenizer, *one) for one in right + wrong])
    assert [one["score"] for one in found] == [1.0] * 1000 + [0.0] * 120
    assert {one["undecided"] for one in found} == {0.0}


def test_all_three_domains(manager: tuple[Any, Any]) -> None:
    judge, tokenizer = manager
    program = "```python\ndef double(x):\n    return 2 * x\n```"
    items = [
        item(tokenizer, program, json.dumps(CODE), "code"),
        item(tokenizer, program.replace("2 *", "3 *"), json.dumps(CODE), "code"),
        item(tokenizer, "<answer>Aylesbury</answer>", ["Aylesbury", "Ayl"], "search"),
        item(tokenizer, "<answer>Bath</answer>", ["Aylesbury", "Ayl"], "search"),
    ]
    assert [one["score"] for one in scores(judge, items)] == [1.0, 0.0, 1.0, 0.0]
