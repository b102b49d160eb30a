"""Rows of other trainers: read as they read them, judged by the reward that they would call."""

from __future__ import annotations

import asyncio
import json
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import run_script
import tiny_run
import verl_helpers
from smepo.errors import ConfigError
from smepo.recipes import FRAMEWORKS, Item, rewards
from smepo.recipes.export import export, export_trl
from smepo.training import parse

pytest.importorskip("transformers")
GUIDED = "Here is an example solution:"


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Any, Any]]:
    """The first training and validation row for each trainer."""
    folder = tmp_path_factory.mktemp("recipes")
    config = verl_helpers.config(folder)
    found = {}
    for name in FRAMEWORKS:
        summary = export(config, name, folder / name)
        assert (summary["guided"], summary["validation"]) == (8, 4)
        rows = lines(folder / name / "train.jsonl")
        found[name] = rows[0], lines(folder / name / "validation.jsonl")[0]
        assert len(rows) == 8
    return found


def test_guidance_is_in_training_rows_alone(exported: dict[str, tuple[Any, Any]]) -> None:
    for name, (training, validation) in exported.items():
        assert GUIDED in json.dumps(training), name
        assert "[NUMBER_1]" in json.dumps(training), name
        assert GUIDED not in json.dumps(validation), name


def test_openrlhf(exported: dict[str, tuple[Any, Any]]) -> None:
    row, _ = exported["openrlhf"]
    assert set(row) == {"input", "label", "datasource"}
    assert [message["role"] for message in row["input"]] == ["user"]
    assert isinstance(row["label"], str)
    torch = pytest.importorskip("torch")
    prompts = ["<user>What?<assistant>"] * 2
    found = rewards.reward_func(
        [f"{prompts[0]}It is \\boxed{{4}}.", f"{prompts[0]}\\boxed{{5}}"],
        prompts,
        [row["label"]] * 2,
    )
    assert torch.equal(found["rewards"], torch.tensor([1.0, 0.0]))
    assert found["extra_logs"]["undecided"].tolist() == [0.0, 0.0]

    prompt = "<|im_start|>user\nCopy \\boxed{4}<|im_end|>\n<|im_start|>assistant\n"
    asked = [f"{prompt}The answer is 4<|im_end|><|endoftext|>", f"{prompt[9:]}The answer is 5"]
    found = rewards.reward_func(asked, [prompt] * 2, [row["label"]] * 2)
    assert found["rewards"].tolist() == [1.0, 0.0]  # the cut prompt's own text is not judged
    assert found["extra_logs"]["undecided"].tolist() == [0.0, 1.0]


@pytest.mark.parametrize("name", ["verifiers", "prime-rl"])
def test_verifiers(name: str, exported: dict[str, tuple[Any, Any]]) -> None:
    row, _ = exported[name]
    assert (row["example_id"], row["answer"]) == (0, "4")
    info = json.loads(row["info"])  # as the environment hands it to the rubric
    for text, wanted in ((r"\boxed{4}", 1.0), (r"\boxed{5}", 0.0)):
        completion = [{"role": "assistant", "content": text}]
        told = {"prompt": row["prompt"], "answer": row["answer"], "state": {}}
        assert asyncio.run(rewards.score(completion, info, **told)) == wanted


def test_skyrl(exported: dict[str, tuple[Any, Any]]) -> None:
    row, validation = exported["skyrl"]
    assert row["env_class"] == "smepo"
    assert row["reward_spec"]["method"] == "rule"
    assert rewards.judge(r"\boxed{4}", row["reward_spec"]["ground_truth"]).score == 1.0
    assert (row["extra_info"]["split"], validation["extra_info"]["split"]) == (
        "train",
        "validation",
    )


def test_slime(exported: dict[str, tuple[Any, Any]]) -> None:
    row, _ = exported["slime"]
    assert isinstance(row["label"], str)
    assert isinstance(row["metadata"], dict)
    samples = [SimpleNamespace(response=text, **row) for text in (r"\boxed{4}", "no idea")]
    assert asyncio.run(rewards.slime_reward(None, samples)) == [1.0, 0.0]
    assert asyncio.run(rewards.slime_reward(None, samples[0])) == 1.0


def test_nemo_rl(exported: dict[str, tuple[Any, Any]]) -> None:
    row, _ = exported["nemo-rl"]
    question, answer = row["messages"]
    assert (question["role"], answer) == ("user", {"role": "assistant", "content": "4"})
    system = {"role": "system", "content": "x"}
    with pytest.raises(ConfigError, match=r"prompt\.system: NeMo-RL reads the first message"):
        FRAMEWORKS["nemo-rl"](Item(0, "r", [system, question], "4", "math", "math", "train"))


def test_targets_of_all_domains_survive() -> None:
    program = "```python\ndef double(x):\n    return 2 * x\n```"
    tests = {"tests": "assert double(3) == 6", "entry_point": "double"}
    for domain, target, right in (
        ("code", tests, program),
        ("search", ["Bath", "Aquae Sulis"], "<answer>Bath</answer>"),
    ):
        item = Item(0, "r", [{"role": "user", "content": "?"}], target, domain, domain, "train")
        for convert in FRAMEWORKS.values():
            json.dumps(convert(item))
        assert rewards.judge(right, item.label).score == 1.0


def test_what_cannot_be_in_rows_is_refused(tmp_path: Path) -> None:
    config = verl_helpers.config(tmp_path, guidance={"preset": "smepo+gate"})
    with pytest.raises(ConfigError, match=r"guidance\.schedule: rows hold one prompt each"):
        export(config, "slime", tmp_path / "out")
    searching = verl_helpers.config(tmp_path, search={"index": "i"}, domain="search")
    with pytest.raises(ConfigError, match="search: rows hold one prompt of one turn"):
        export(searching, "slime", tmp_path / "out")
    with pytest.raises(ConfigError, match="'vlm' is none of trl, openrlhf"):
        export(verl_helpers.config(tmp_path), "vlm", tmp_path / "out")


@pytest.mark.trainer
def test_the_trl_script_trains(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny_run.make(tmp_path)
    quick: dict[str, Any] = {
        "bf16": False,
        "gradient_checkpointing": False,
        "report_to": "none",
        "use_cpu": True,
    }
    quick["model_init_kwargs"] = {"dtype": "float32"}
    values: dict[str, Any] = {"verifier": {}, "guidance": {}, "steps": 2, "trl": quick}
    if find_spec("peft"):
        values["lora"] = {"r": 4, "alpha": 8}
    export_trl(parse(tiny_run.config(tmp_path, **values)), tmp_path / "trl")
    script = tmp_path / "trl" / "train.py"
    run_script.run(script, folder=tmp_path, patch=monkeypatch, capture=capsys)
    kind = "adapter_model" if find_spec("peft") else "model"
    assert (tmp_path / "out" / f"{kind}.safetensors").is_file()
