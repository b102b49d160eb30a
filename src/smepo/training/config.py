"""One run as one file: typed, validated when it loads, every complaint with the field's name.

    config = load("run.toml")

Field names are TRL's where TRL has the setting; the table ``trl`` passes any other field on to
`GRPOConfig` (``use_vllm``, ``bf16``, ``gradient_checkpointing`` ...).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from smepo.errors import ConfigError
from smepo.training.baselines.config import BaselineConfig
from smepo.training.guidance_config import GuidanceConfig
from smepo.training.presets import PRESETS, merge
from smepo.training.search import SearchConfig
from smepo.training.tables import Table


class DataConfig(Table):
    """Where rows come from. ``path`` is a file, a list of files, or a family, ``testbed:math``.

    A file that `smepo mask` wrote brings its guidance along; other traces are masked and audited
    at the start of the run. The column names are dotted; None leaves it to the known schemas.
    """

    path: str | list[str]
    question: str | None = None
    target: str | None = None
    target_after: str | None = None
    trace: str | list[str] | None = None
    part: Literal["thinking", "solution", "both"] | None = None  # of traces with <think>
    id: str | None = None
    limit: int | None = Field(default=None, gt=0)  # rows, from the start
    options: dict[str, Any] = Field(default_factory=dict)  # of a testbed family
    strict: bool = False  # stop at the first bad row instead of counting it


class PromptConfig(Table):
    """The prompt. ``budget`` counts tokens, template and guidance included."""

    budget: int = Field(default=4096, gt=0)
    system: str | None = None


class VerifierConfig(Table):
    """The judge: ``name`` is a domain or ``package.module:function``; None: the run's domain."""

    name: str | None = None
    options: dict[str, Any] = Field(default_factory=dict)


class ObjectiveConfig(Table):
    """The objective, in TRL's words and with TRL's defaults."""

    loss_type: Literal["grpo", "dapo", "dr_grpo", "bnpo", "cispo", "sapo"] = "dapo"
    epsilon: float = Field(default=0.2, ge=0.0)
    epsilon_high: float | None = Field(default=None, ge=0.0)
    delta: float | None = None
    beta: float = Field(default=0.0, ge=0.0)
    scale_rewards: Literal["group", "batch", "none"] = "group"
    num_iterations: int = Field(default=1, ge=1)
    importance_sampling_level: Literal["token", "sequence"] = "token"
    entropy_coef: float = 0.0
    mask_truncated_completions: bool = False


class OptimizerConfig(Table):
    """AdamW. ``warmup_ratio`` is a share of all steps."""

    learning_rate: float = Field(default=1e-6, gt=0.0)
    lr_scheduler_type: Literal["linear", "cosine", "constant", "constant_with_warmup"] = "linear"
    warmup_ratio: float = Field(default=0.0, ge=0.0, lt=1.0)
    weight_decay: float = Field(default=0.0, ge=0.0)
    adam_beta1: float = Field(default=0.9, ge=0.0, lt=1.0)
    adam_beta2: float = Field(default=0.999, ge=0.0, lt=1.0)
    max_grad_norm: float = Field(default=1.0, ge=0.0)


class SamplingConfig(Table):
    """Rollouts. A group is the ``num_generations`` completions of one prompt."""

    num_generations: int = Field(default=8, ge=2)
    max_completion_length: int = Field(default=256, gt=0)
    temperature: float = Field(default=1.0, gt=0.0)
    top_p: float = Field(default=1.0, gt=0.0, le=1.0)
    top_k: int = Field(default=0, ge=0)


class BatchConfig(Table):
    """Sizes in completions, as in TRL.

    One optimiser step sees ``per_device_train_batch_size * gradient_accumulation_steps``
    completions a process; one round of generation makes ``per_device_train_batch_size *
    steps_per_generation`` of them (by default as many as one step uses).
    """

    per_device_train_batch_size: int = Field(default=8, gt=0)
    gradient_accumulation_steps: int = Field(default=1, gt=0)
    steps_per_generation: int | None = Field(default=None, gt=0)


class CheckpointConfig(Table):
    """``save_steps`` counts optimiser steps; None writes no checkpoints but the final model."""

    save_steps: int | None = Field(default=None, gt=0)
    keep: int = Field(default=2, ge=2)  # two, so that one is whole while the next is written


class EvaluationConfig(Table):
    """Unguided evaluation before, during (``every`` optimiser steps) and after training."""

    data: DataConfig
    every: int | None = Field(default=None, gt=0)
    before: bool = True
    after: bool = True
    k: int = Field(default=4, gt=0)
    max_new_tokens: int | None = Field(default=None, gt=0)  # default: that of training
    temperature: float | None = Field(default=None, ge=0.0)  # default: that of training
    batch_size: int = Field(default=256, gt=0)  # completions at a time
    seed: int = 0


class LoraConfig(Table):
    """Adapters instead of all weights, in PEFT's words; needs `smepo[lora]`."""

    r: int = Field(default=32, gt=0)
    alpha: float = Field(default=64, gt=0.0)
    dropout: float = Field(default=0.0, ge=0.0, lt=1.0)
    target_modules: str | list[str] = "all-linear"


class MonitorConfig(Table):
    """What is watched beside the metrics of every step.

    The probe answers ``probe_problems`` training problems ``probe_k`` times with and without
    guidance, before training and every ``probe_every`` steps; with 16 problems or more it can ring
    the alarm. ``difficulty`` names a column of the rows to split the reward by; by default `level`
    or `difficulty` where the rows have one, else thirds of what each row was rewarded so far.
    """

    probe_every: int | None = Field(default=None, gt=0)
    probe_problems: int = Field(default=32, gt=0)
    probe_k: int = Field(default=4, gt=0)
    difficulty: str | None = None


class RunConfig(Table):
    """A whole run. See the classes of its tables; ``preset`` fills what the file leaves out."""

    model: str  # folder, hub name, or ``testbed:math``
    data: DataConfig
    output_dir: Path
    steps: int = Field(gt=0)  # optimiser steps
    domain: str = "math"
    seed: int = 0
    preset: str | None = None
    guidance: GuidanceConfig = GuidanceConfig()
    prompt: PromptConfig = PromptConfig()
    verifier: VerifierConfig = VerifierConfig()
    objective: ObjectiveConfig = ObjectiveConfig()
    optimizer: OptimizerConfig = OptimizerConfig()
    sampling: SamplingConfig = SamplingConfig()
    batch: BatchConfig = BatchConfig()
    checkpoints: CheckpointConfig = CheckpointConfig()
    evaluation: EvaluationConfig | None = None
    lora: LoraConfig | None = None
    monitors: MonitorConfig = MonitorConfig()
    search: SearchConfig | None = None
    baseline: BaselineConfig | None = None
    trl: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _fill_from_preset(cls, data: Any) -> Any:
        name = data.get("preset") if isinstance(data, Mapping) else None
        if name is None:
            return data
        if name not in PRESETS:
            raise ValueError(f"preset: unknown preset {name!r}; there are {sorted(PRESETS)}")
        return merge(PRESETS[name](), data)

    @model_validator(mode="before")
    @classmethod
    def _baseline_by_name(cls, data: Any) -> Any:
        """``baseline = "luffy"``; without a word on guidance, a baseline has none."""
        if not isinstance(data, Mapping) or data.get("baseline") is None:
            return data
        named = data["baseline"]
        full = {"method": named} if isinstance(named, str) else named
        return {"guidance": {"transform": "none"}, **data, "baseline": full}

    @model_validator(mode="after")
    def _baseline_fits(self) -> Self:
        plan = self.baseline
        if plan is None:
            return self
        if self.guidance.on:
            raise ValueError(
                "baseline: it trains on traces and shows none; set guidance.transform = 'none'"
            )
        if plan.method == "luffy" and self.objective.loss_type not in ("grpo", "dr_grpo"):
            raise ValueError(
                f"objective.loss_type: LUFFY is defined here for 'grpo' and 'dr_grpo', not "
                f"{self.objective.loss_type!r}"
            )
        if plan.method == "luffy" and self.trl.get("use_vllm"):
            raise ValueError(
                "trl.use_vllm: vLLM's importance correction has no sampling probabilities for the "
                "traces that LUFFY puts into the groups; leave it off"
            )
        return self

    @property
    def judge(self) -> str:
        """The name of the verifier that rewards and evaluates."""
        return self.verifier.name or self.domain

    @model_validator(mode="after")
    def _own_domain_has_a_judge(self) -> Self:
        if ":" in self.domain and self.verifier.name is None:
            raise ValueError(
                f"verifier.name: the domain {self.domain!r} finds spans and judges nothing; name a "
                "verifier"
            )
        return self

    @model_validator(mode="after")
    def _masks_of_the_domain(self) -> Self:
        plan = self.guidance
        if plan.level != "block" and self.domain != "code":
            raise ValueError(f"guidance.level: {plan.level!r} is for domain = 'code'")
        if plan.mode == "expressions" and self.domain != "math":
            raise ValueError("guidance.mode: 'expressions' is for domain = 'math'")
        return self

    @property
    def steps_per_generation(self) -> int:
        """Micro-batches that one round of generation fills."""
        return self.batch.steps_per_generation or self.batch.gradient_accumulation_steps

    @property
    def generate_every(self) -> int:
        """Micro-batches from one round of generation to the next (TRL, `_prepare_inputs`)."""
        return self.steps_per_generation * self.objective.num_iterations

    @model_validator(mode="after")
    def _episodes_fit(self) -> Self:
        if self.search is None:
            return self
        if self.baseline is not None:
            raise ValueError("search: baselines train on texts of one turn; leave one of them out")
        if self.monitors.probe_every is not None:
            raise ValueError("search: the probe asks for one turn; leave monitors.probe_every out")
        return self

    @model_validator(mode="after")
    def _whole_groups(self) -> Self:
        size = self.batch.per_device_train_batch_size * self.steps_per_generation
        if size % self.sampling.num_generations:
            raise ValueError(
                f"batch.per_device_train_batch_size: a round of generation makes {size} "
                f"completions a process (times batch.steps_per_generation = "
                f"{self.steps_per_generation}), which is no multiple of "
                f"sampling.num_generations = {self.sampling.num_generations}"
            )
        return self

    @model_validator(mode="after")
    def _whole_rounds_saved(self) -> Self:
        """TRL keeps the rollouts of a round in memory only, and counts from 0 after a resume.

        So a checkpoint is exact if it falls between two rounds: ``save_steps *
        gradient_accumulation_steps`` must be a multiple of `generate_every`.
        """
        steps, every = self.checkpoints.save_steps, self.generate_every
        accumulate = self.batch.gradient_accumulation_steps
        if steps is not None and steps * accumulate % every:
            step = next(n for n in range(1, every + 1) if n * accumulate % every == 0)
            raise ValueError(
                f"checkpoints.save_steps: {steps} would cut a round of generation in two ({every} "
                f"micro-batches a round, {accumulate} a step); take a multiple of {step}"
            )
        return self

    @model_validator(mode="after")
    def _trl_names(self) -> Self:
        if clash := sorted(set(self.trl) & TRL_FIELDS_SET_HERE):
            raise ValueError(f"trl.{clash[0]}: set it in its own table, not in `trl`")
        if "chat_template_kwargs" in self.trl:
            raise ValueError(
                "trl.chat_template_kwargs: the unguided evaluation renders prompts without it; "
                "put the setting into the tokenizer's chat template"
            )
        if unknown := sorted(set(self.trl) - _grpo_fields()) if self.trl else []:
            raise ValueError(f"trl.{unknown[0]}: unknown field of GRPOConfig")
        return self

    @model_validator(mode="after")
    def _evaluation_used(self) -> Self:
        e = self.evaluation
        if e is not None and not (e.before or e.after or e.every):
            raise ValueError("evaluation: before, after and every are all off; drop the table")
        if e is not None and e.temperature == 0.0 and e.k > 1:
            raise ValueError("evaluation.k: greedy completions are all equal; use k = 1")
        return self


# Fields of `GRPOConfig` that have a place of their own above or that exact resume depends on.
TRL_FIELDS_SET_HERE = frozenset(
    [
        *(set(ObjectiveConfig.model_fields) | set(SamplingConfig.model_fields)),
        *(set(OptimizerConfig.model_fields) | set(BatchConfig.model_fields)),
        *("output_dir", "max_steps", "num_train_epochs", "seed", "data_seed", "save_steps"),
        *("save_strategy", "save_total_limit", "save_only_model", "warmup_steps"),
        *("eval_strategy", "do_eval", "eval_on_start", "resume_from_checkpoint"),
        *("generation_batch_size", "ignore_data_skip", "logging_steps", "logging_strategy"),
        *("auto_find_batch_size", "remove_unused_columns"),
    ]
)


def _grpo_fields() -> set[str]:
    """The fields of TRL's arguments; importing TRL takes seconds, so only where they are needed."""
    from dataclasses import fields

    try:
        from trl import GRPOConfig
    except ImportError as error:
        raise ValueError("trl: needs TRL: pip install 'smepo[trl]'") from error
    return {field.name for field in fields(GRPOConfig)}


def load(path: str | Path) -> RunConfig:
    """Read and validate a TOML file. Relative paths in it are relative to the working directory.

    Raises:
        ConfigError: names the file, the dotted field and what is wrong with it.
    """
    file = Path(path)
    return parse(read_toml(file), origin=str(file))


def read_toml(file: Path) -> dict[str, Any]:
    """What a TOML file holds. Raises ConfigError where it is not there or is none."""
    if not file.is_file():
        what = "is a folder; give the name of a file" if file.is_dir() else "no such file"
        raise ConfigError(f"{file}: {what}")
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: not TOML: {error}") from error


def parse(data: Mapping[str, Any], *, origin: str = "configuration") -> RunConfig:
    """Validate a configuration that is already a mapping. Raises ConfigError as `load` does."""
    try:
        return RunConfig.model_validate(dict(data))
    except ValidationError as error:
        raise ConfigError(f"{origin}: " + "; ".join(lines_of(error))) from error


def lines_of(error: ValidationError) -> list[str]:
    """What is wrong, a line each, with the dotted name of the field."""
    lines = []
    for item in error.errors():
        field = ".".join(str(part) for part in item["loc"])
        message = item["msg"].removeprefix("Value error, ")
        if field and message.startswith(f"{field}."):  # a table's own check names its field
            field = ""
        if item["type"] == "extra_forbidden":
            message = "unknown field"
        lines.append(f"{field}: {message}" if field else message)
    return lines
