"""A run's rows for a trainer, with guidance in the prompts of training rows alone."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from smepo.errors import ConfigError
from smepo.recipes.convert import FRAMEWORKS, Item
from smepo.training.checks import check_context, model_path
from smepo.training.config import RunConfig
from smepo.training.events import Listener, silent
from smepo.training.prompts import within_budget
from smepo.training.records import write_json, write_text
from smepo.training.rows import evaluation_rows, training_rows
from smepo.verl.guide import TRAIN, VALIDATION, Guide, chat_tokenizer, online

TRL_SCRIPT = '''\
"""Stock TRL on what `smepo export trl` wrote: guidance is in the prompts, the reward is smepo's.

    accelerate launch train.py            # further fields of GRPOConfig go into args.json
"""

import json
from pathlib import Path

from datasets import load_dataset
from transformers import AutoTokenizer
from trl import GRPOConfig, GRPOTrainer

import smepo

lora = None
here = Path(__file__).parent
run = json.loads((here / "args.json").read_text())
if run["lora"] is not None:
    from peft import LoraConfig

    lora = LoraConfig(task_type="CAUSAL_LM", **run["lora"])
trainer = GRPOTrainer(
    run["model"],
    smepo.reward(run["verifier"], **run["verifier_options"]),
    args=GRPOConfig(**run["args"]),
    train_dataset=load_dataset("json", data_files=str(here / "train.jsonl"), split="train"),
    processing_class=AutoTokenizer.from_pretrained(run["model"], padding_side="left"),
    peft_config=lora,
)
trainer.train()
trainer.save_model()
'''


def export(
    config: RunConfig, framework: str, out: Path, *, listener: Listener = silent
) -> dict[str, Any]:
    """Write train.jsonl and, with evaluation rows, validation.jsonl; returns the counts.

    Raises:
        ConfigError: an unknown trainer, guidance that changes with the step, or a model without a
            chat template.
    """
    if framework not in FRAMEWORKS:
        raise ConfigError(f"--for: {framework!r} is none of {', '.join(FRAMEWORKS)}")
    if online(config):
        raise ConfigError(
            "guidance.schedule: rows hold one prompt each, and this schedule changes prompts with "
            "the step; use smepo train or smepo export verl, or schedule = 'always'"
        )
    for table, has in (("search", config.search), ("baseline", config.baseline)):
        if has is not None:
            raise ConfigError(
                f"{table}: rows hold one prompt of one turn and a reward; use smepo train"
                + (" or smepo export verl" if table == "search" else "")
            )
    check_context(config)
    tokenizer = chat_tokenizer(config)
    loaded = training_rows(config, listener)
    guide = Guide(config, tokenizer, budget=config.prompt.budget, rows=loaded.examples)
    data = within_budget(loaded, guide.prompts, strict=config.data.strict)
    held_out = evaluation_rows(config)
    training, guided = [], 0
    for index, example in enumerate(data.examples):
        prompt, shown = guide.fixed(example)
        guided += shown.guidance is not None
        training.append(_item(config, index, example.id, prompt, example.target, TRAIN))
    validation = [
        _item(config, n, row.id, guide.bare(row.id, row.asked), row.target, VALIDATION)
        for n, row in enumerate(held_out)
    ]
    out.mkdir(parents=True, exist_ok=True)
    _write(out / f"{TRAIN}.jsonl", framework, training)
    if validation:
        _write(out / f"{VALIDATION}.jsonl", framework, validation)
    summary = {
        "out": str(out),
        "for": framework,
        "rows": data.summary(),
        "guided": guided,
        "validation": len(validation),
    }
    write_json(out / "export.json", summary)
    return summary


def export_trl(config: RunConfig, out: Path, *, listener: Listener = silent) -> dict[str, Any]:
    """`export` for TRL, with the arguments of the run and a script that starts it."""
    from smepo.training.assemble import adapter_fields, argument_fields

    summary = export(config, "trl", out, listener=listener)
    fields = {**argument_fields(config), "output_dir": str(config.output_dir)}
    if loading := config.trl.get("model_init_kwargs"):
        fields["model_init_kwargs"] = loading
    write_json(
        out / "args.json",
        {
            "model": model_path(config.model),
            "verifier": config.judge,
            "verifier_options": config.verifier.options,
            "args": fields,
            "lora": None if config.lora is None else adapter_fields(config.lora),
        },
    )
    write_text(out / "train.py", TRL_SCRIPT)
    return summary


def _item(config: RunConfig, index: int, id: str, prompt: Any, target: Any, split: str) -> Item:
    return Item(index, id, prompt, target, config.domain, config.judge, split)


def _write(path: Path, framework: str, items: Iterable[Item]) -> None:
    convert = FRAMEWORKS[framework]
    lines = (json.dumps(convert(item), ensure_ascii=False) + "\n" for item in items)
    write_text(path, "".join(lines))
