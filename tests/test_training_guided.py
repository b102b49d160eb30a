"""Guidance in training: one prompt a group, none in evaluation, and what is measured about it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

import tiny_policy
import tiny_run
from smepo.errors import ConfigError, QuestionTooLongError
from smepo.guidance import Example, Full, Guidance, Masked
from smepo.masking import mask_trace
from smepo.prompting import PLACEHOLDER, render
from smepo.training.copying import count_copied
from smepo.training.monitors import Rollout, Shown, summarize
from smepo.training.rows import columns_of, example_of

BUDGET = 200


def example(a: int) -> Example:
    row = tiny_run.row(a)
    masked = mask_trace(row["trace"], domain="math", question=row["question"])
    return Example(
        row["id"], row["question"], row["target"], row["trace"], masked.text, masked.blanks
    )


def test_an_example_survives_its_columns() -> None:
    one = example(3)
    assert example_of(columns_of(one)) == one
    talk = Example("1", "q", {"a": 1}, [{"role": "assistant", "content": "so 3"}])
    assert example_of(columns_of(talk)) == talk


class Seen:
    """A reward function that remembers what it was shown."""

    __name__ = "seen"

    def __init__(self) -> None:
        self.rounds: list[tuple[list[Any], list[str]]] = []

    def __call__(self, prompts: list[Any], completions: list[Any], **columns: Any) -> list[float]:
        self.rounds.append((prompts, columns["id"]))
        return [float(i % 2) for i in range(len(prompts))]


def trainer(
    folder: Path, seen: Seen, guidance: Guidance | None, save_steps: int | None = None, **extra: Any
) -> Any:
    from trl import GRPOConfig

    from smepo.training.assemble import as_dataset
    from smepo.training.prompts import Prompts
    from smepo.training.trainer import GuidedGRPOTrainer

    tokenizer = tiny_policy.tokenizer(chat=extra.pop("chat", True))
    rows = as_dataset([example(a) for a in range(1, 5)], Prompts(tokenizer, budget=BUDGET))
    args = GRPOConfig(
        output_dir=str(folder),
        per_device_train_batch_size=8,
        per_device_eval_batch_size=8,
        num_generations=4,
        max_completion_length=4,
        max_steps=2,
        logging_steps=1,
        save_strategy="steps" if save_steps else "no",
        save_steps=save_steps or 500,
        report_to="none",
        bf16=False,
        gradient_checkpointing=False,
        disable_tqdm=True,
    )
    model = tiny_policy.model(len(tokenizer))
    return GuidedGRPOTrainer(
        model,
        seen,
        args=args,
        train_dataset=rows,
        eval_dataset=rows,
        processing_class=tokenizer,
        guidance=guidance,
        budget=extra.pop("budget", BUDGET),
        **extra,
    )


@pytest.mark.trainer
@pytest.mark.parametrize("chat", [True, False])
def test_all_rollouts_of_a_group_share_the_prompt_that_preview_shows(
    tmp_path: Path, chat: bool
) -> None:
    seen = Seen()
    made = trainer(tmp_path, seen, Guidance(Masked()), chat=chat)

    made.train()

    examples = {f"r{a}": example(a) for a in range(1, 5)}
    assert len(seen.rounds) == 2
    for prompts, ids in seen.rounds:
        for start in range(0, 8, 4):
            group = prompts[start : start + 4]
            one = examples[ids[start]]
            shown = render(made.processing_class, one.question, one.guidance, budget=BUDGET)
            assert group == [shown.request] * 4
            assert PLACEHOLDER.search(str(group[0]))
    assert all("Here" not in str(row["prompt"]) for row in made.train_dataset)


@pytest.mark.trainer
def test_the_ids_that_the_policy_reads_are_those_of_the_prompt(tmp_path: Path) -> None:
    seen = Seen()
    made = trainer(tmp_path, seen, Guidance(Masked()))
    one = example(2)
    shown = render(made.processing_class, one.question, one.guidance, budget=BUDGET)

    ids, _, _ = made._tokenize_prompts([shown.request])

    assert tuple(ids[0]) == shown.ids


@pytest.mark.trainer
def test_evaluation_inside_the_trainer_is_unguided(tmp_path: Path) -> None:
    seen = Seen()
    made = trainer(tmp_path, seen, Guidance(Full()))

    made.evaluate()

    assert seen.rounds
    assert all("Here" not in str(prompt) for prompts, _ in seen.rounds for prompt in prompts)


@pytest.mark.trainer
def test_each_step_logs_what_the_prompts_carried(tmp_path: Path) -> None:
    seen = Seen()
    made = trainer(tmp_path, seen, Guidance(Masked()))

    made.train()

    steps = [line for line in made.state.log_history if "loss" in line]
    assert len(steps) == 2
    for line in steps:
        assert line["guidance/share"] == 1.0
        assert line["live_groups/guided"] == 1.0  # rewards 0, 1, 0, 1 in each group
        assert line["reward"] == line["reward/guided"] == 0.5
        assert line["frac_reward_zero_std"] == 0.0
        assert "copy_rate" in line
        assert 0 < line["time/hooks"] < line["step_time"]


@pytest.mark.trainer
def test_guidance_over_the_budget_is_dropped_and_counted(tmp_path: Path) -> None:
    seen = Seen()
    tight = len(render(tiny_policy.tokenizer(), example(1).question, budget=None).ids) + 5
    made = trainer(tmp_path, seen, Guidance(Masked()), budget=tight)

    made.train()

    line = next(line for line in made.state.log_history if "loss" in line)
    assert line["guidance/share"] == 0.0
    assert line["guidance/dropped/over_budget"] == line["guidance/dropped"] == 2.0  # two groups
    assert all("Here" not in str(prompt) for prompts, _ in seen.rounds for prompt in prompts)


class Halving:
    """A schedule with a state: a row that was solved once is shown half."""

    def __init__(self) -> None:
        self.solved: list[str] = []

    def level(self, row_id: str, step: int, seed: int) -> float:
        return 0.5 if row_id in self.solved else 1.0

    def observe(
        self, row_id: str, step: int, rewards: Sequence[float | None], level: float
    ) -> None:
        assert len(rewards) == 4
        if any(rewards):
            self.solved.append(row_id)

    def state_dict(self) -> dict[str, Any]:
        return {"solved": self.solved}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        self.solved = list(state["solved"])


@pytest.mark.trainer
def test_what_a_schedule_learned_is_in_the_checkpoint_and_back_after_it(tmp_path: Path) -> None:
    schedule, later = Halving(), Halving()
    made = trainer(tmp_path, Seen(), Guidance(Masked(), schedule), save_steps=1)
    made.train()
    assert len(schedule.solved) == 4  # two groups a step, each with a reward, two steps
    checkpoint = str(tmp_path / "checkpoint-1")

    again = trainer(tmp_path, Seen(), Guidance(Masked(), later), save_steps=1)
    again.train(resume_from_checkpoint=checkpoint)

    assert later.solved == schedule.solved
    with pytest.raises(ConfigError, match="guidance transform: the checkpoint has"):
        trainer(tmp_path, Seen(), Guidance(Full()), save_steps=1).train(
            resume_from_checkpoint=checkpoint
        )


@pytest.mark.trainer
def test_a_question_over_the_budget_is_set_aside_whole_and_counted() -> None:
    from smepo.training.prompts import Prompts, within_budget
    from smepo.training.rows import Loaded

    long = Example("long", "What is " + "1 plus " * 100 + "1 ?", "101")
    prompts = Prompts(tiny_policy.tokenizer(), budget=60)

    data = within_budget(Loaded((example(1), long)), prompts, strict=False)

    assert [one.id for one in data.examples] == ["r1"]
    assert data.summary()["question_over_budget"] == 1
    assert "row long: the question alone needs" in data.too_long[0]
    with pytest.raises(QuestionTooLongError):
        within_budget(Loaded((long,)), prompts, strict=True)


def test_copied_numbers_are_counted_whole_and_the_questions_apart() -> None:
    full = "Add 3 + 5 = 8. So the answer is 8."
    masked = "Add 3 + 5 = [NUMBER_1]. So the answer is [ANSWER_1]."
    question, completion = "What is 3 plus 5 ?", "3 + 5 = 8, the answer is 8"

    copied = count_copied(completion, full, question, "math")
    hidden = count_copied(completion, masked, question, "math")

    assert copied is not None
    assert hidden is not None
    assert (copied.tokens, copied.copied, copied.new_tokens, copied.new_copied) == (4, 4, 2, 2)
    assert (hidden.tokens, hidden.copied, hidden.new_tokens, hidden.new_copied) == (4, 2, 2, 0)
    part = count_copied("4", "42", "", "math")
    assert part is not None
    assert part.copied == 0
    assert count_copied("x = 1", "x = 1", "", "own:detector") is None


def test_the_copy_rate_is_over_rewarded_completions_and_shares_are_by_group() -> None:
    shown = Shown(guidance="5 and 7", cut=True)
    copied = count_copied("5 6", "5 and 7", "", "math")
    rollouts = [
        Rollout("a", shown, 1.0, copied),
        Rollout("a", shown, 0.0, count_copied("5 5 5", "5 and 7", "", "math")),
        Rollout("b", Shown(dropped="over_budget"), 0.0),
        Rollout("b", Shown(dropped="over_budget"), math.nan),
        Rollout("c", Shown(reason="leaks"), 0.0),
        Rollout("c", Shown(reason="leaks"), 0.0),
    ]

    found = summarize(rollouts, 2)

    assert found["copy_rate"] == 0.5  # 5 of "5 6"; the wrong completion does not count
    assert found["guidance/share"] == 2 / 6
    assert found["guidance/cut"] == found["guidance/dropped/over_budget"] == 1.0
    assert found["guidance/none/leaks"] == 1.0
    assert found["reward/excluded"] == 1.0
    assert found["live_groups/guided"] == 1.0
    assert found["live_groups/unguided"] == 0.0
    assert found["reward/unguided"] == 0.0


def test_without_a_rewarded_number_there_is_no_copy_rate() -> None:
    found = summarize([Rollout("a", Shown(), 0.0)] * 2, 2)
    assert math.isnan(found["copy_rate"])
    assert math.isnan(found["reward/guided"])
