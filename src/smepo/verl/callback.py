"""What happens on verl's driver: checks when a run starts, and the schedule's state at checkpoints.

trainer.checkpoint_callback_class=smepo.verl.callback.GuidanceCallback
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from omegaconf import OmegaConf
from verl.trainer.ppo.checkpoint_callback import CheckpointCallback
from verl.utils.checkpoint.checkpoint_manager import find_latest_ckpt_path
from verl.utils.fs import copy_to_local

from smepo.errors import ConfigError
from smepo.training.config import RunConfig, parse
from smepo.verl.guide import learns
from smepo.verl.state import start
from smepo.verl.validation import refuse_guided


class GuidanceCallback(CheckpointCallback):  # type: ignore[misc]
    """Refuses validation files that carry guidance; keeps a learning schedule's state.

    verl makes it once, on the driver, before data and workers. Raises InputError and ConfigError.
    """

    def __init__(self, config: Any = None) -> None:
        super().__init__(config)
        run = checked(config)
        self.keeper: Any = None if run is None else start(run, resumed(config.trainer))

    def on_save(self, trainer: Any, global_step: int, checkpoint_dir: str, **more: Any) -> None:
        """Write the state beside the weights of the step."""
        if self.keeper is not None:
            import ray

            ray.get(self.keeper.save.remote(global_step, str(checkpoint_dir)))


def checked(config: Any) -> RunConfig | None:
    """The run in verl's configuration if its schedule learns, else None.

    Raises InputError if evaluation would see guidance, ConfigError if the run cannot work.
    """
    for name in _paths(config.data.val_files):
        path = Path(copy_to_local(src=name)).expanduser()  # fetched from elsewhere, as verl does
        refuse_guided(path, name, config.data.prompt_key)
    run = parse(OmegaConf.to_container(config.smepo.run, resolve=True), origin="smepo.run")
    if not learns(run):
        return None
    if not config.trainer.use_v1 or config.trainer.v1.trainer_mode != "sync":
        raise ConfigError(
            "trainer.v1.trainer_mode: a schedule that learns needs the sync mode; in the others a "
            "step's prompts are sampled before the last one's rewards are known"
        )
    return run


def resumed(trainer: Any) -> str | None:
    """The checkpoint folder that verl will go on from, None from the beginning."""
    if trainer.resume_mode == "disable":
        return None
    if trainer.resume_mode == "resume_path":
        return str(Path(trainer.resume_from_path).absolute())
    found = find_latest_ckpt_path(str(Path(trainer.default_local_dir).absolute()))
    return None if found is None else str(found)


def _paths(files: Any) -> list[str]:
    if not files:
        return []
    return [files] if isinstance(files, str) else [str(one) for one in files]
