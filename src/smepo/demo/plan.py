"""What the demo trains: three arms that differ in their guidance and in nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

STEPS = 120
MINUTES = 3.5  # what STEPS take on two cores, evaluation included
PROBLEMS = 512  # held-out
QUICK_STEPS, QUICK_PROBLEMS = 2, 8


@dataclass(frozen=True, slots=True)
class ArmPlan:
    """An arm: ``transform`` is the only setting in which it differs from the others."""

    name: str
    title: str
    transform: str


ARMS = (
    ArmPlan("grpo", "GRPO", "none"),
    ArmPlan("full", "Full trace", "full"),
    ArmPlan("smepo", "SMEPO", "masked"),
)
BASELINE = "grpo"
NOTE = (
    "In the SMEPO arm guidance is always on: the policy practises values and never the plan, which "
    "the trace supplies. Where GRPO finds reward of its own it learns both, and with more steps it "
    "can pass (--steps shows it). Level, steps and learning rate were chosen after trial runs, in "
    "which GRPO drew level or passed at an easier level: this page is an illustration, no evidence."
)

TEMPLATE = """\
# {title}, as the demo ran it. Again: smepo train {path}
model = "testbed:math"
output_dir = "{folder}"
steps = {steps}
seed = {seed}

[data]
path = "testbed:math"
options = {{ split = "train", level = "hardest", n = {rows}, seed = {seed} }}

[guidance]
transform = "{transform}"

[sampling]
num_generations = 8
max_completion_length = 80

[batch]
per_device_train_batch_size = 64

[optimizer]
learning_rate = 1e-4
lr_scheduler_type = "constant"

[objective]
loss_type = "grpo"

[prompt]
budget = 192

[evaluation]
every = {every}
k = 1

[evaluation.data]
path = "testbed:math"
options = {{ split = "heldout", level = "hardest", n = {problems}, seed = 0 }}
"""


def steps_for(minutes: float) -> int:
    """How many steps fit into ``minutes`` on two cores, by the time that STEPS take there."""
    return max(2, round(STEPS * minutes / MINUTES))


def config_text(arm: ArmPlan, path: Path, *, steps: int, seed: int, quick: bool) -> str:
    """The configuration of an arm, as TOML."""
    return TEMPLATE.format(
        title=arm.title,
        path=path,
        folder=path.with_suffix("").as_posix(),
        steps=steps,
        seed=seed,
        rows=64 if quick else 1024,
        transform=arm.transform,
        every=max(1, steps // 5),
        problems=QUICK_PROBLEMS if quick else PROBLEMS,
    )
