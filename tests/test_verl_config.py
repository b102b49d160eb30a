"""What `smepo export verl` writes is a configuration that the real verl accepts."""

from __future__ import annotations

import socket
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

import verl_helpers
from smepo.errors import ConfigError
from smepo.guidance import PRESETS
from smepo.training import parse
from smepo.verl.export import export, left_out
from smepo.verl.guide import online
from smepo.verl.settings import refuse_unsupported, settings

GUIDANCE: list[dict[str, Any]] = [
    *({"preset": name} for name in PRESETS),
    {"transform": "masked", "mode": "paper"},
    {"schedule": [{"name": "fade", "end": 100, "last": 0.25}, {"name": "mix"}]},
    {"transform": "another-row"},
]
EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
AWKWARD = "Say 'it' in \\boxed{x}, not ${env:HOME} or \\${y}; end with \\"


@pytest.fixture
def verl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("verl", reason="make test-verl")
    monkeypatch.chdir(tmp_path)


@pytest.mark.verl
@pytest.mark.parametrize("plan", GUIDANCE, ids=lambda plan: str(next(iter(plan.values()))))
def test_every_preset_is_accepted(
    plan: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verl: None
) -> None:
    from omegaconf import OmegaConf
    from verl.utils.config import omega_conf_to_dataclass

    config = verl_helpers.config(tmp_path, guidance=plan, prompt={"budget": 200, "system": AWKWARD})
    summary = export(config, tmp_path / "out", cluster=verl_helpers.ONE_GPU)
    held = verl_helpers.from_yaml(monkeypatch, tmp_path / "out")
    lines = (tmp_path / "out" / "overrides.txt").read_text(encoding="utf-8").splitlines()
    assert verl_helpers.loaded(monkeypatch, *lines) == held

    for part in (held.actor_rollout_ref.actor, held.actor_rollout_ref.rollout, held.algorithm):
        omega_conf_to_dataclass(part)
    assert omega_conf_to_dataclass(held.actor_rollout_ref.model).tokenizer.chat_template
    assert (
        parse(OmegaConf.to_container(held.smepo.run, resolve=True)) == config
    )  # with AWKWARD in it, through both ways
    assert held.data.train_batch_size == 4
    assert held.actor_rollout_ref.actor.ppo_mini_batch_size == 2
    assert (held.trainer.total_training_steps, held.trainer.total_epochs) == (2, 2)
    assert summary.online is online(config)
    assert summary.training["guided"] == (8 if config.guidance.on and not summary.online else 0)


@pytest.mark.verl
def test_the_papers_recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verl: None) -> None:
    paper = {"preset": "paper", "steps": 1600}
    config = verl_helpers.config(tmp_path)
    values = config.model_dump(mode="json", exclude_unset=True)
    for table in ("batch", "sampling", "optimizer", "prompt"):
        values.pop(table)
    tiny = tmp_path / "model" / "config.json"
    tiny.write_text(tiny.read_text().replace("512", "32768"))
    export(parse({**values, **paper}), tmp_path / "out")
    held = verl_helpers.from_yaml(monkeypatch, tmp_path / "out")
    actor, rollout = held.actor_rollout_ref.actor, held.actor_rollout_ref.rollout
    assert (held.data.train_batch_size, rollout.n, actor.ppo_mini_batch_size) == (32, 8, 8)
    assert (held.data.max_prompt_length, held.data.max_response_length) == (4096, 12288)
    assert (actor.clip_ratio_low, actor.clip_ratio_high, actor.clip_ratio_c) == (0.0, 5.0, 3.0)
    assert actor.loss_agg_mode == "seq-mean-token-mean"
    assert (actor.use_kl_loss, actor.entropy_coeff, rollout.temperature) == (False, 0.0, 0.8)
    assert (actor.optim.lr, actor.optim.lr_scheduler_type, actor.optim.weight_decay) == (
        1e-6,
        "cosine",
        0.1,
    )
    assert (actor.optim.lr_warmup_steps, actor.grad_clip) == (40, 1.0)
    assert (held.algorithm.adv_estimator, held.algorithm.norm_adv_by_std_in_grpo) == ("grpo", True)
    assert (held.trainer.total_training_steps, held.trainer.n_gpus_per_node) == (400, 8)


@pytest.mark.verl
def test_the_papers_recipe_for_search(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verl: None
) -> None:
    shipped = tomllib.loads((EXAMPLES / "paper-search.toml").read_text())
    values = verl_helpers.config(tmp_path).model_dump(mode="json", exclude_unset=True)
    verl_helpers.chatml_policy(tmp_path)
    tiny = tmp_path / "model" / "config.json"
    tiny.write_text(tiny.read_text().replace("2048", "32768"))
    own = {name: values[name] for name in ("model", "data", "output_dir", "evaluation")}
    config = parse({**shipped, **own, "checkpoints": {"save_steps": 80}})
    export(config, tmp_path / "out", index="http://127.0.0.1:9/retrieve")
    held = verl_helpers.from_yaml(monkeypatch, tmp_path / "out")
    assert held.actor_rollout_ref.actor.optim.lr == 8e-7
    assert (held.data.max_prompt_length, held.data.max_response_length) == (4096, 12288)
    rollout = held.actor_rollout_ref.rollout
    assert rollout.agent.default_agent_loop == "smepo_turns_agent"
    assert (rollout.multi_turn.enable, rollout.multi_turn.max_assistant_turns) == (True, 6)
    plan = held.smepo.run.search
    assert (plan.index, plan.turn_tokens) == ("http://127.0.0.1:9/retrieve", 2048)


def test_the_export_needs_neither_search_nor_verl() -> None:
    hidden = "sys.modules['tantivy'] = sys.modules['verl'] = None"
    code = f"import sys; {hidden}; import smepo.verl.export"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"optimizer": {}}, "optimizer.lr_scheduler_type: .*cosine"),
        ({"objective": {"loss_type": "cispo"}}, "objective.loss_type: .*dr_grpo"),
        ({"objective": {"scale_rewards": "batch"}}, "objective.scale_rewards"),
        ({"objective": {"delta": 2.0}}, "objective.delta: .*leave it out"),
        ({"evaluation": None}, r"add \[evaluation.data\]"),
        ({"baseline": "sft", "guidance": {"transform": "none"}}, "baseline: .*leave it out"),
        ({"lora": {"alpha": 0.5}}, "lora.alpha: .*whole numbers"),
        ({"checkpoints": {"save_steps": 2}, "steps": 8}, None),
    ],
)
def test_what_verl_cannot_do_is_refused_by_name(
    table: dict[str, Any], message: str | None, tmp_path: Path
) -> None:
    config = verl_helpers.config(tmp_path, **table)
    if message is None:
        refuse_unsupported(config)
        return
    with pytest.raises(ConfigError, match=message):
        refuse_unsupported(config)


def test_validation_of_another_length_is_refused(tmp_path: Path) -> None:
    held = verl_helpers.config(tmp_path).model_dump(mode="json", exclude_unset=True)
    held["evaluation"]["max_new_tokens"] = 5
    with pytest.raises(ConfigError, match=r"evaluation.max_new_tokens: .*= 8"):
        refuse_unsupported(parse(held))
    held["evaluation"]["max_new_tokens"] = 8
    refuse_unsupported(parse(held))


def test_what_verl_has_no_use_for_is_named(tmp_path: Path) -> None:
    held = verl_helpers.config(tmp_path).model_dump(mode="json", exclude_unset=True)
    held["evaluation"] |= {"batch_size": 4, "after": True}
    config = parse({**held, "monitors": {"probe_every": 2}})
    assert left_out(config) == (
        "monitors.probe_every",
        "evaluation.after",
        "evaluation.batch_size",
    )


def test_search_has_the_limits_of_the_run(tmp_path: Path) -> None:
    plan = {"index": "wiki.index", "calls": 5, "k": 2, "characters": 300}
    config = verl_helpers.config(tmp_path, search=plan, domain="search")
    table = settings(config, verl_helpers.ONE_GPU, tmp_path, rows=8, tools=tmp_path / "tools.py")
    rollout = table["actor_rollout_ref"]["rollout"]
    assert rollout["agent"] == {"default_agent_loop": "smepo_turns_agent"}
    assert rollout["multi_turn"]["max_assistant_turns"] == 6
    assert rollout["multi_turn"]["max_tool_response_length"] >= 2 * 300
    with pytest.raises(ConfigError, match=r"search.index: wiki.index is no folder"):
        export(config, tmp_path / "out")


def test_constant_means_constant(tmp_path: Path) -> None:
    for name, steps in (("constant", 0), ("constant_with_warmup", 1)):
        plan = {"lr_scheduler_type": name, "warmup_ratio": 0.5}
        table = settings(
            verl_helpers.config(tmp_path, optimizer=plan), verl_helpers.ONE_GPU, tmp_path, rows=8
        )
        assert table["actor_rollout_ref"]["actor"]["optim"]["lr_warmup_steps"] == steps


def test_a_worker_node_ends_with_the_first_node(tmp_path: Path) -> None:
    """It waits for the port, joins once, and is done when Ray there has gone away."""
    export(verl_helpers.config(tmp_path), tmp_path / "out", cluster=verl_helpers.ONE_GPU)
    (tmp_path / "bin").mkdir()
    stand_in = tmp_path / "bin" / "ray"
    stand_in.write_text(f'#!/bin/sh\necho "$*" >> {tmp_path}/calls\nexit 1\n')
    stand_in.chmod(0o755)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        around = {"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin", "NODE_RANK": "1", "PORT": port}
        script = ["bash", tmp_path / "out" / "launch_nodes.sh"]
        subprocess.run(script, env={**around, "HEAD": "127.0.0.1"}, check=True, timeout=60)
    assert (
        tmp_path / "calls"
    ).read_text() == f"start --address=127.0.0.1:{port} --num-gpus=1 --block\n"


@pytest.mark.parametrize("script", ["launch.sh", "launch_nodes.sh"])
def test_the_launch_scripts_start_verl_with_the_export(script: str, tmp_path: Path) -> None:
    """Every program that they call is a stand-in that notes how it was called."""
    out = tmp_path / "out"
    export(verl_helpers.config(tmp_path), out, cluster=verl_helpers.ONE_GPU)
    (tmp_path / "bin").mkdir()
    for name in ("smepo", "python3", "ray"):
        stand_in = tmp_path / "bin" / name
        stand_in.write_text(f'#!/bin/sh\necho "{name} $*" >> "$CALLS"\necho 1\n')
        stand_in.chmod(0o755)
    calls = tmp_path / "calls"
    around = {"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin", "CALLS": str(calls)}
    around |= {"NODE_RANK": "0", "HEAD": "10.0.0.1"}
    subprocess.run(["bash", out / script, "trainer.logger=[console]"], env=around, check=True)
    said = calls.read_text().splitlines()
    started = [line for line in said if "main_ppo" in line]
    assert started == [
        f"python3 -m verl.trainer.main_ppo --config-path={out} --config-name=verl "
        "trainer.logger=[console]"
    ]
    assert said.index(f"smepo doctor --verl {out / 'verl.yaml'}") < said.index(started[0])
    assert (said[0].split()[:3] == ["ray", "start", "--head"]) is (script == "launch_nodes.sh")
    assert (said[-1] == "ray stop") is (script == "launch_nodes.sh")
