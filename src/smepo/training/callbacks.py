"""What happens between steps: metrics go to a file, and the policy is evaluated unguided."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from smepo.errors import TrainingError
from smepo.evaluation import EvalResult, write
from smepo.training.events import Event, Listener, silent
from smepo.training.records import EVALUATIONS, METRICS, append_line, read_lines, rewind


def refuse_nan(logs: Mapping[str, Any] | None, args: Any, step: int) -> None:
    """Raise TrainingError if what a step logged says that the weights are NaN now.

    It comes before a checkpoint of the step and before the next sampling, which on a GPU would
    only say "device-side assert". In fp16 the scaler passes over such steps.
    """
    norm = (logs or {}).get("grad_norm")
    if norm is not None and not math.isfinite(norm) and not args.fp16:
        raise TrainingError(
            f"step {step}: the norm of the gradients is {norm}, and the weights with it; the last "
            "checkpoint is from before. On a GPU look at the attention kernels "
            '(trl.model_init_kwargs = { attn_implementation = "eager" }), else lower '
            "optimizer.learning_rate"
        )


class Recorder(TrainerCallback):  # type: ignore[misc]
    """Writes one line a step and one an evaluation; a resumed run continues both without a seam.

    ``seconds`` in the lines is the time spent in training steps since the first start, and
    ``cpu_seconds`` this process's processor time in them; evaluation is in neither. ``evaluate``
    is called with the step.
    """

    def __init__(
        self,
        folder: Path,
        evaluate: Callable[[int], EvalResult] | None,
        *,
        every: int | None,
        listener: Listener = silent,
    ) -> None:
        self.folder = folder
        self.every = every
        self.listener = listener
        self._evaluate = evaluate
        self._clock = 0.0  # when training would have begun without pauses
        self._processor = 0.0  # the same in processor time
        self.trainer: Any = None

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Drop what a killed run wrote after the checkpoint that this one starts from."""
        if not state.is_world_process_zero:
            return
        lines = rewind(self.folder / METRICS, state.global_step)
        rewind(self.folder / EVALUATIONS, state.global_step)
        spent = float(lines[-1]["seconds"]) if lines else 0.0
        self._clock = time.perf_counter() - spent
        worked = float(lines[-1].get("cpu_seconds", 0.0)) if lines else 0.0
        self._processor = time.process_time() - worked
        self.listener(Event("train", state.global_step, state.max_steps))

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Evaluate where it is due; the checkpoint of this step is written afterwards."""
        if self.every and state.global_step % self.every == 0:
            self.evaluate(state.global_step)

    def on_log(
        self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **kwargs: Any
    ) -> None:
        """One line a step. Raises TrainingError where the gradients are no numbers."""
        refuse_nan(logs, args, state.global_step)
        if not state.is_world_process_zero or not logs or "loss" not in logs:
            return
        line = {
            "step": state.global_step,
            "seconds": round(time.perf_counter() - self._clock, 3),
            "cpu_seconds": round(time.process_time() - self._processor, 3),
            **logs,
        }
        append_line(self.folder / METRICS, line)
        self.listener(Event("train", state.global_step, state.max_steps, logs))

    def evaluate(self, step: int) -> EvalResult | None:
        """Evaluate unguided, write the records, and log the accuracy through the trainer."""
        if self._evaluate is None:
            return None
        with self.outside():
            return self._evaluated(step)

    def _evaluated(self, step: int) -> EvalResult | None:
        assert self._evaluate is not None
        done = [line for line in read_lines(self.folder / EVALUATIONS) if line["step"] == step]
        result = None
        if not done and self.trainer.accelerator.is_main_process:
            result = self._evaluate(step)
            write(result, self.folder / "eval" / f"step-{step:06d}.json")
            append_line(self.folder / EVALUATIONS, {"step": step, **result.summary()})
            self._log(result)
        self.trainer.accelerator.wait_for_everyone()
        return result

    @contextmanager
    def outside(self) -> Iterator[None]:
        """What happens inside is no training: both clocks stand still."""
        began, worked = time.perf_counter(), time.process_time()
        yield
        self._clock += time.perf_counter() - began
        self._processor += time.process_time() - worked

    def _log(self, result: EvalResult) -> None:
        """TRL files what is logged while the model is in evaluation mode under ``eval``."""
        values = {f"eval_unguided/avg@{result.k}": result.avg_at_k.value}
        values |= {f"eval_unguided/pass@{k}": e.value for k, e in result.pass_at.items()}
        training, due = self.trainer.model.training, self.trainer.control.should_log
        self.trainer.model.eval()
        self.trainer.log(values)
        self.trainer.model.train(training)
        self.trainer.control.should_log = due  # logging clears it, and the step is yet to be logged
