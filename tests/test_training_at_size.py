"""Every configuration that is shipped for several GPUs, built with the real classes on a CPU."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from smepo.training import load

pytestmark = pytest.mark.trainer
EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
CLUSTER = EXAMPLES / "cluster"
RUNS = (
    *("run", "quick", "search", "search-2wiki", "learn-to-search", "paper", "paper-search"),
    "cluster/paper_8gpu",
)


def launched(patch: pytest.MonkeyPatch, name: str, *more: str) -> tuple[Any, dict[str, str]]:
    """What `accelerate launch` makes of a configuration, up to where processes would start: its
    arguments and their environment."""
    from accelerate.commands import launch as command
    from accelerate.utils import launch

    seen: list[Any] = []
    for launcher in ("deepspeed_launcher", "multi_gpu_launcher", "simple_launcher"):
        patch.setattr(command, launcher, seen.append)
    file = str(CLUSTER / f"{name}.yaml")
    asked = ["--config_file", file, *more, "-m", "smepo", "train", "run.toml"]
    command.launch_command(command.launch_command_parser().parse_args(asked))
    (args,) = seen
    assert args.module
    assert args.training_script_args == ["train", "run.toml"]
    if args.use_deepspeed:
        return args, launch.prepare_deepspeed_cmd_env(args)[1]
    return args, launch.prepare_multi_gpu_env(args)


@pytest.mark.parametrize("stage", [2, 3])
def test_zero_is_what_deepspeed_is_told(stage: int, monkeypatch: pytest.MonkeyPatch) -> None:
    from accelerate.utils import DeepSpeedPlugin

    args, around = launched(monkeypatch, f"zero{stage}", "--main_process_port", "0")
    assert (args.num_processes, args.mixed_precision) == (8, "bf16")
    assert around["ACCELERATE_USE_DEEPSPEED"] == "true"
    for name, value in around.items():
        if name.startswith("ACCELERATE_") and name not in os.environ:
            monkeypatch.setenv(name, value)
    plugin = DeepSpeedPlugin()
    zero = plugin.hf_ds_config
    assert (zero.is_zero2(), zero.is_zero3(), zero.is_offload()) == (stage == 2, stage == 3, False)
    assert plugin.deepspeed_config["gradient_clipping"] == "auto"  # optimizer.max_grad_norm
    assert plugin.zero3_init_flag is (stage == 3)
    whole = "zero_optimization.stage3_gather_16bit_weights_on_model_save"
    assert zero.get_value(whole) is (stage == 3)  # so that the run's final/ is a whole model


def test_several_nodes_need_no_more_than_flags(monkeypatch: pytest.MonkeyPatch) -> None:
    more = ("--num_machines", "2", "--num_processes", "16", "--machine_rank", "1")
    args, _ = launched(monkeypatch, "zero3", *more, "--main_process_ip", "10.0.0.1")
    assert (args.nnodes, args.nproc_per_node, args.node_rank) == ("2", "8", 1)


def test_plain_data_parallel(monkeypatch: pytest.MonkeyPatch) -> None:
    args, around = launched(monkeypatch, "ddp", "--main_process_port", "0")
    assert (args.num_processes, args.nproc_per_node, args.multi_gpu) == (8, "8", True)
    assert around["ACCELERATE_MIXED_PRECISION"] == "bf16"
    assert "ACCELERATE_USE_DEEPSPEED" not in around


@pytest.mark.parametrize("name", RUNS)
def test_trl_takes_every_run(name: str, tmp_path: Path) -> None:
    from smepo.training.assemble import arguments

    config = load(EXAMPLES / f"{name}.toml")
    trl = {**config.trl, "use_cpu": True}  # bf16 would ask for a GPU
    made = arguments(config.model_copy(update={"trl": trl, "output_dir": tmp_path}))
    assert made.max_steps == config.steps
    assert made.learning_rate == config.optimizer.learning_rate
    assert made.steps_per_generation == config.steps_per_generation
    for field, value in config.trl.items():
        assert getattr(made, field) == value, field


@pytest.mark.parametrize("mode", ["colocate", "server"])
def test_both_ways_of_vllm_are_arguments_of_trl(mode: str, tmp_path: Path) -> None:
    from smepo.training.assemble import arguments

    config = load(CLUSTER / "paper_8gpu.toml")
    assert config.trl["vllm_max_model_length"] == 4096 + 12288
    where = {"vllm_server_host": "10.0.0.2"} if mode == "server" else {}
    trl = {**config.trl, **where, "vllm_mode": mode, "use_cpu": True}
    made = arguments(config.model_copy(update={"trl": trl, "output_dir": tmp_path}))
    assert (made.use_vllm, made.vllm_mode, made.bf16) == (True, mode, True)
    assert made.gradient_checkpointing
    assert not made.vllm_importance_sampling_correction  # on, it is another objective


def test_adapters_hold_a_few_of_the_weights() -> None:
    peft = pytest.importorskip("peft", reason="pip install 'smepo[lora]'")
    import tiny_policy
    from smepo.training.assemble import adapter
    from smepo.training.config import LoraConfig

    config = load(CLUSTER / "paper_8gpu.toml")
    chosen = adapter(config.model_copy(update={"lora": LoraConfig(r=2, alpha=4)}))
    model = peft.get_peft_model(tiny_policy.model(40), chosen)
    trained, everything = model.get_nb_trainable_parameters()
    assert 0 < trained < everything / 2
    adapted = {name.rsplit(".")[-4] for name, p in model.named_parameters() if p.requires_grad}
    assert {"q_proj", "down_proj"} <= adapted
    assert "lm_head" not in adapted
