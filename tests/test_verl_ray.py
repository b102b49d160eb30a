"""A schedule that learns, over real Ray actors: rewards go in at one end, decisions come out."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

import verl_helpers
from smepo.guidance import Guidance
from smepo.training.plan import guidance
from smepo.training.rows import training_rows
from smepo.verl.export import export
from smepo.verl.guide import our_step

pytestmark = pytest.mark.verl


@pytest.fixture
def ray(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    pytest.importorskip("verl", reason="make test-verl")
    import ray

    monkeypatch.chdir(tmp_path)
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    yield ray
    ray.shutdown()


def test_what_the_reward_workers_report_decides_the_next_step(
    ray: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from verl.experimental.reward_loop.reward_loop import RewardLoopWorker

    from smepo.verl.callback import GuidanceCallback

    sampling = {"num_generations": 2, "max_completion_length": 60}
    plan = {"guidance": {"preset": "smepo+gate"}, "sampling": sampling, "prompt": {"budget": 900}}
    config = verl_helpers.config(tmp_path, **plan)
    verl_helpers.chatml_policy(tmp_path)
    assert export(config, tmp_path / "out", cluster=verl_helpers.ONE_GPU).online
    held = verl_helpers.from_yaml(monkeypatch, tmp_path / "out")
    callback = GuidanceCallback(held)
    rewards = [ray.remote(RewardLoopWorker).options(num_cpus=0).remote(held, None)]
    worker, server = verl_helpers.worker(held, [""], rewards)
    rows = verl_helpers.rows_of(held, worker.tokenizer, held.data.train_files)
    examples = training_rows(config, lambda event: None).examples

    reference = guidance(config)
    for step in (1, 2, 3):
        for number in reversed(range(len(rows))):  # the order must not matter
            _group(worker, server, rows[number], examples[number], step, number < 4)
        _learn(reference, config, examples, step)
        wanted = [reference.decide(e, our_step(config, step + 1)).text for e in examples]
    expected = [text is not None for text in wanted]
    assert True in expected
    assert False in expected  # rows that are solved lose their guidance

    final = [_group(worker, server, r, e, 4, True) for r, e in zip(rows, examples, strict=True)]
    assert final == expected

    callback.on_save(None, 3 + 1, str(tmp_path))
    saved = json.loads((tmp_path / "smepo_state.json").read_text())
    _learn(reference, config, examples, 4, solved=len(examples))
    assert saved == {"step": 4, "guidance": reference.state_dict()}


def _group(worker: Any, server: Any, row: Any, example: Any, step: int, right: bool) -> bool:
    """Two rollouts of a row; was their prompt guided? It is the same for both."""
    server.answers = [rf"\boxed{{{example.target if right else -1}}}"]
    notes = []
    for session in (1, 0):
        output = asyncio.run(verl_helpers.roll(worker, row, step=step, session=session))
        assert output.reward_score == float(right)
        assert output.extra_fields["reward_extra_info"]["guided"] == float(
            output.extra_fields["smepo"]["guided"]
        )
        notes.append(output.extra_fields["smepo"]["guided"])
    assert notes[0] == notes[1]
    assert server.asked[-1] == server.asked[-2]
    return bool(notes[0])


def _learn(reference: Guidance, config: Any, examples: Any, step: int, solved: int = 4) -> None:
    """Show the reference what the groups of a step came to, in the order of row ids."""
    for number, example in sorted(enumerate(examples), key=lambda pair: pair[1].id):
        at = our_step(config, step)
        guided = reference.decide(example, at).text is not None
        reference.observe(example.id, at, [float(number < solved)] * 2, guided=guided)
