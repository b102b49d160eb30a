"""The probe: a few *training* problems, answered with and without guidance as training goes on.

A monitor, no evaluation: evaluation never sees guidance (law 2), has other problems and other
files. Records are in probe.jsonl and alarms.jsonl of the run.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from smepo.evaluation.generate import generate
from smepo.guidance import Example, Guidance
from smepo.training.alarm import Alarm, Probe, check
from smepo.training.callbacks import Recorder
from smepo.training.config import RunConfig
from smepo.training.events import Event, Listener
from smepo.training.prompts import Prompts
from smepo.training.records import append_line, read_lines, rewind
from smepo.types import Verifier
from smepo.verifiers.rewards import many

PROBES, ALARMS = "probe.jsonl", "alarms.jsonl"


class ProbeCallback(TrainerCallback):  # type: ignore[misc]
    """Probes before training and every ``monitors.probe_every`` steps.

    The problems are drawn once, by the seed, among the rows that all of the transform's guidance
    can be shown for. Its time is in none of the recorder's clocks; the random state of training is
    left as it was.
    """

    def __init__(
        self,
        config: RunConfig,
        examples: Sequence[Example],
        guidance: Guidance | None,
        prompts: Prompts,
        judge: Verifier,
        recorder: Recorder,
        listener: Listener,
    ) -> None:
        self.config = config
        self.judge = judge
        self.recorder = recorder
        self.listener = listener
        self.problems = _choose(config, examples, guidance, prompts)

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Drop what a killed run wrote after its checkpoint; probe before the first step."""
        if not state.is_world_process_zero:
            return
        for name in (PROBES, ALARMS):
            rewind(self.config.output_dir / name, state.global_step)
        if state.global_step == 0:
            self._probe(0)

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Probe where it is due."""
        every = self.config.monitors.probe_every
        if every and state.global_step % every == 0 and state.is_world_process_zero:
            self._probe(state.global_step)

    def _probe(self, step: int) -> None:
        file = self.config.output_dir / PROBES
        if any(line["step"] == step for line in read_lines(file)):
            return
        with self.recorder.outside():
            self.listener(Event("probe", 0, 1))
            guided = [self._accuracy(p, step) for p in (1, 0)] if self._guided else []
            unguided = guided[1] if guided else self._accuracy(0, step)
            found = Probe(step, unguided, guided[0] if guided else ())
            append_line(file, {**asdict(found), "reliance": found.reliance})
            if alarm := check(read_probes(self.config.output_dir)):
                self._ring(alarm)

    @property
    def _guided(self) -> bool:
        return bool(self.problems) and len(self.problems[0][1]) > 1

    def _accuracy(self, which: int, step: int) -> tuple[float, ...]:
        """Mean score of every problem; ``which`` is 0 for its unguided prompt, 1 for the guided."""
        trainer, plan, config = self.recorder.trainer, self.config.monitors, self.config
        completions = generate(
            trainer.accelerator.unwrap_model(trainer.model),
            trainer.processing_class,
            [prompts[which] for _, prompts in self.problems],
            k=plan.probe_k,
            max_new_tokens=config.sampling.max_completion_length,
            temperature=config.sampling.temperature,
            top_p=config.sampling.top_p,
            seed=config.seed + step,
        )
        pairs = [
            (c.text, example.target)
            for (example, _), found in zip(self.problems, completions, strict=True)
            for c in found
        ]
        scores = [verdict.score for verdict in many(self.judge, pairs)]
        k = plan.probe_k
        return tuple(sum(scores[i : i + k]) / k for i in range(0, len(scores), k))

    def _ring(self, alarm: Alarm) -> None:
        append_line(self.config.output_dir / ALARMS, {**asdict(alarm), "text": alarm.text})
        logging.getLogger("smepo").warning(alarm.text)
        self.listener(Event("alarm", alarm.step, self.config.steps, {"text": alarm.text}))


def read_probes(folder: Path) -> list[Probe]:
    """The probes of a run so far."""
    return [
        Probe(line["step"], tuple(line["unguided"]), tuple(line["guided"]))
        for line in read_lines(folder / PROBES)
    ]


def _choose(
    config: RunConfig, examples: Sequence[Example], guidance: Guidance | None, prompts: Prompts
) -> list[tuple[Example, list[tuple[int, ...]]]]:
    """The probe's problems with their prompts: unguided, and guided if the run has guidance.

    All arms of a comparison draw the same rows in the same order; a row that cannot be guided is
    passed over in an arm with guidance.
    """
    order = list(examples)
    random.Random(f"probe/{config.seed}").shuffle(order)
    chosen: list[tuple[Example, list[tuple[int, ...]]]] = []
    for example in order:
        if len(chosen) == config.monitors.probe_problems:
            break
        found = [prompts.render(example.id, example.question).ids]
        if guidance is not None:
            text = None
            if example.status.shown:
                text = guidance.transform(example, level=1.0, seed=guidance.seed)
            if text is None or not text.strip():
                continue
            prompt = prompts.render(example.id, example.question, text)
            if prompt.guidance is None:
                continue
            found.append(prompt.ids)
        chosen.append((example, found))
    return chosen
