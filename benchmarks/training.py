"""What guidance costs a training step: stock TRL and ours in the same run, on the same prompts.

    python benchmarks/training.py           # one GPU: bf16, a Qwen2 of 121 M random parameters
    python benchmarks/training.py --tiny    # the same on a CPU in seconds
    python benchmarks/training.py --large   # that policy, bf16, on a CPU: one group a step, minutes
    python benchmarks/training.py --testbed # the testbed's math policy, as `make compare` trains it

The stock trainer gets the guided prompts in its data set, ours the unguided ones and the guidance,
so both sample the same prompts with the same seed. Generation, reward and the rest of a step are
timed inside TRL's own functions; the hooks are timed by the trainer (`time/hooks`), and by
processor time besides, which a busy machine does not blur. The policy is random but for
`--testbed`: tokens a second are those of the architecture, and beside the verifier, which finds
nothing, a reward pays half of the rollouts, so that gradients flow and the copy count runs. The
last arm is `smepo train` itself. `--preset smepo+sample` (with `--testbed`) is the dearest for the
hooks, as every prompt is new; then stock TRL samples from the prompts of step 0.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM, TrainerCallback
from transformers.trainer_callback import PrinterCallback
from trl import GRPOTrainer

from smepo import samples
from smepo.training import RunConfig, parse, train
from smepo.training.assemble import arguments, as_dataset, load_model, load_tokenizer
from smepo.training.callbacks import refuse_nan
from smepo.training.plan import guidance
from smepo.training.prompts import Prompts
from smepo.training.quiet import quiet
from smepo.training.rows import training_rows
from smepo.training.trainer import GuidedGRPOTrainer
from smepo.verifiers import reward
from smepo.verifiers.rewards import text_of

SPECIALS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
WARM_UP = 2  # steps that are not counted
PARTS = ("generate", "reward", "hooks", "update")


@dataclass(frozen=True, slots=True)
class Size:
    """Sizes of a run. ``rollouts`` a step, in micro-batches of ``micro``."""

    hidden: int
    intermediate: int
    layers: int
    heads: int
    kv_heads: int
    rollouts: int
    micro: int
    completion: int


BIG = Size(896, 4864, 8, 14, 2, rollouts=64, micro=32, completion=256)
LARGE = Size(896, 4864, 8, 14, 2, rollouts=8, micro=8, completion=32)
TINY = Size(64, 128, 2, 2, 1, rollouts=16, micro=8, completion=16)


class TimedTrainer(GRPOTrainer):  # type: ignore[misc]
    """`GRPOTrainer` with a clock around generation and reward."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.spent = dict.fromkeys(PARTS, 0.0)
        self.tokens = 0
        self.hooks_cpu = 0.0
        super().__init__(*args, **kwargs)

    @contextmanager
    def _clock(self, part: str) -> Iterator[None]:
        began = now()
        yield
        self.spent[part] += now() - began

    def _generate(self, *args: Any, **kwargs: Any) -> Any:
        with self._clock("generate"):
            made = super()._generate(*args, **kwargs)
        self.tokens += sum(map(len, made[1]))  # the completions' ids
        return made

    def _calculate_rewards(self, *args: Any, **kwargs: Any) -> Any:
        with self._clock("reward"):
            return super()._calculate_rewards(*args, **kwargs)


class TimedGuidedTrainer(GuidedGRPOTrainer, TimedTrainer):  # type: ignore[misc]
    """Ours, with the clock below our hooks, around TRL's own functions."""

    def _guided(self, *args: Any, **kwargs: Any) -> Any:
        began = time.process_time()
        made = super()._guided(*args, **kwargs)
        self.hooks_cpu += time.process_time() - began
        return made

    def _monitor(self, *args: Any, **kwargs: Any) -> None:
        began = time.process_time()
        super()._monitor(*args, **kwargs)
        self.hooks_cpu += time.process_time() - began


class Steps(TrainerCallback):  # type: ignore[misc]
    """One record a step: seconds in all and by part, tokens sampled."""

    def __init__(self) -> None:
        self.trainer: Any = None
        self.records: list[dict[str, float]] = []

    def on_step_begin(self, *args: Any, **kwargs: Any) -> None:
        self.trainer.spent = dict.fromkeys(PARTS, 0.0)
        self.trainer.tokens, self.trainer.hooks_cpu = 0, 0.0
        self.began, self.cpu = now(), time.process_time()

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kw: Any) -> None:
        refuse_nan(logs, args, state.global_step)

    def on_step_end(self, *args: Any, **kwargs: Any) -> None:
        seconds, cpu = now() - self.began, time.process_time() - self.cpu
        spent = dict(self.trainer.spent)
        spent["hooks"] = sum(self.trainer._metrics["train"].get("time/hooks", []))
        spent["update"] = seconds - sum(spent.values())
        work = {"cpu": cpu, "hooks_cpu": self.trainer.hooks_cpu}
        self.records.append({**spent, **work, "step": seconds, "tokens": self.trainer.tokens})


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tiny", action="store_true", help="a policy and a batch for a CPU")
    parser.add_argument("--large", action="store_true", help="121 M in bf16, a batch for a CPU")
    parser.add_argument("--testbed", action="store_true", help="the testbed's math policy")
    parser.add_argument("--preset", default="smepo", help="guidance of --testbed")
    parser.add_argument("--steps", type=int, default=7, help=f"an arm; {WARM_UP} are not counted")
    options = parser.parse_args()
    quiet()
    size = TINY if options.tiny else LARGE if options.large else BIG
    with tempfile.TemporaryDirectory() as folder:
        if options.testbed:
            config = of_testbed(Path(folder), options.steps, options.preset)
        else:
            config = configuration(Path(folder), size, options.steps)
        print(about(config))
        print(f"\n{'arm':<14}{'s a step':>10}{'processor':>11}{'tokens/s':>10}", end="")
        print("".join(f"{part + ' %':>12}" for part in PARTS))
        stock = show("stock TRL", run(config, guided=False))
        ours = show("ours", run(config, guided=True))
        whole = train(config)
        print(f"{'smepo train':<14}{whole.seconds / whole.steps:>10.3f}   all steps, logs written")
    hooks = sum(one["hooks"] for one in ours) / sum(one["step"] for one in ours)
    work = sum(one["hooks_cpu"] for one in ours) / sum(one["cpu"] for one in ours)
    print(f"\nhooks: {hooks:.2%} of a step, {work:.2%} by processor time (wanted: at most 2 %)")
    pairs = [(a["tokens"], b["tokens"]) for a, b in zip(stock, ours, strict=True)]
    print(f"tokens sampled, stock and ours: {pairs}")


def configuration(folder: Path, size: Size, steps: int) -> RunConfig:
    """A run on the sample rows with a random policy, which is written into ``folder``."""
    make_policy(folder / "policy", size)
    accumulate, cuda = size.rollouts // size.micro, torch.cuda.is_available()
    return parse(
        {
            "model": str(folder / "policy"),
            "output_dir": str(folder / "out"),
            "steps": steps,
            "data": {
                "path": str(files(samples) / "math.jsonl"),
                **{name: name for name in ("id", "question", "target", "trace")},
            },
            "prompt": {"budget": 1024},
            "optimizer": {"learning_rate": 1e-5},
            "sampling": {"num_generations": 8, "max_completion_length": size.completion},
            "batch": {
                "per_device_train_batch_size": size.micro,
                "gradient_accumulation_steps": accumulate,
            },
            "trl": {"bf16": True, "use_cpu": not cuda} if cuda or size is LARGE else {},
        }
    )


def of_testbed(folder: Path, steps: int, preset: str) -> RunConfig:
    """The math family as the comparison trains it: 64 rollouts a step of at most 80 tokens."""
    return parse(
        {
            "model": "testbed:math",
            "output_dir": str(folder / "out"),
            "steps": steps,
            "data": {"path": "testbed:math", "options": {"level": "hardest", "n": 64}},
            "guidance": {"preset": preset},
            "prompt": {"budget": 192},
            "objective": {"loss_type": "grpo"},
            "optimizer": {"learning_rate": 2e-4, "lr_scheduler_type": "constant"},
            "sampling": {"num_generations": 8, "max_completion_length": 80},
            "batch": {"per_device_train_batch_size": 64},
        }
    )


def make_policy(folder: Path, size: Size) -> None:
    """A random Qwen2 and a byte-level BPE that is trained on the samples."""
    raw = Tokenizer(models.BPE())
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=2048, initial_alphabet=alphabet, show_progress=False)
    raw.train_from_iterator(samples.text("math").splitlines(), trainer)
    raw.add_special_tokens(SPECIALS)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=raw,
        pad_token=SPECIALS[0],
        eos_token=SPECIALS[2],
        padding_side="left",
        chat_template=CHATML,
    )
    torch.manual_seed(0)
    model = Qwen2ForCausalLM(
        Qwen2Config(
            vocab_size=len(tokenizer),
            hidden_size=size.hidden,
            intermediate_size=size.intermediate,
            num_hidden_layers=size.layers,
            num_attention_heads=size.heads,
            num_key_value_heads=size.kv_heads,
            max_position_embeddings=4096,
            tie_word_embeddings=True,
            bos_token_id=None,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )
    tokenizer.save_pretrained(folder)
    model.save_pretrained(folder)


def half(completions: Sequence[Any], **columns: Any) -> list[float]:
    """Pays about half of the rollouts of a random policy."""
    return [float(len(text_of(one)) % 2) for one in completions]


def run(config: RunConfig, *, guided: bool) -> list[dict[str, float]]:
    """The counted steps of one arm."""
    tokenizer = load_tokenizer(config)
    prompts = Prompts(tokenizer, budget=config.prompt.budget)
    rows = as_dataset(training_rows(config, lambda event: None).examples, prompts)
    plan = guidance(config)
    if not guided:
        rows = Dataset.from_list([{**r, "prompt": prompts.guided(r, plan, 0)[0]} for r in rows])
    steps = Steps()
    extra = {"guidance": plan, "budget": config.prompt.budget} if guided else {}
    trainer = (TimedGuidedTrainer if guided else TimedTrainer)(
        load_model(config),
        [reward("math"), half],
        args=arguments(config),
        train_dataset=rows,
        processing_class=tokenizer,
        callbacks=[steps],
        **extra,
    )
    trainer.remove_callback(PrinterCallback)
    steps.trainer = trainer
    trainer.train()
    return steps.records[WARM_UP:]


def show(name: str, records: Sequence[dict[str, float]]) -> Sequence[dict[str, float]]:
    """Print one arm: the median step, tokens over all counted steps, shares of the time."""
    total = sum(one["step"] for one in records)
    tokens = sum(one["tokens"] for one in records) / total
    step = statistics.median(one["step"] for one in records)
    shares = "".join(f"{sum(r[part] for r in records) / total:>12.2%}" for part in PARTS)
    cpu = statistics.median(one["cpu"] for one in records)
    print(f"{name:<14}{step:>10.3f}{cpu:>11.3f}{tokens:>10.0f}{shares}", flush=True)
    return records


def now() -> float:
    """Seconds, once the GPU has done what it was given."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter()


def about(config: RunConfig) -> str:
    """Machine, versions and sizes, in words."""
    model = load_model(config)
    weights = sum(p.numel() for p in model.parameters()) / 1e6
    device = torch.cuda.get_device_name() if torch.cuda.is_available() else platform.processor()
    versions = ", ".join(f"{name} {version(name)}" for name in ("torch", "trl", "transformers"))
    batch = config.batch
    rollouts = batch.per_device_train_batch_size * batch.gradient_accumulation_steps
    length = config.sampling.max_completion_length
    precision = "bf16" if config.trl.get("bf16") else "float32"
    return (
        f"{device or 'CPU'}; {versions}; {precision}\n{weights:.1f} M parameters, "
        f"{rollouts} rollouts a step of at most {length} tokens, {config.steps} steps an arm"
    )


if __name__ == "__main__":
    main()
