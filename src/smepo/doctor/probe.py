"""What `smepo doctor` runs in a process of its own: `python -m smepo.doctor.probe WHAT [FILE]`.

A new process imports verl as a run of it does, and what verl keeps in memory stays out of ours. The
last line of the output is the answer.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

LOOPS = 3  # that the plugin registers


def plugin() -> dict[str, Any]:
    """Whether importing verl in this process loaded the plugin; else why not."""
    import verl
    from verl.experimental.agent_loop.agent_loop import _agent_loop_registry

    ours = sorted(name for name in _agent_loop_registry if name.startswith("smepo"))
    if len(ours) == LOOPS:
        return _answer(True, f"verl {verl.__version__}, {', '.join(ours)}")
    if os.environ.get("VERL_USE_EXTERNAL_PLUGINS", "auto") not in ("auto", "smepo"):
        return _answer(False, "switched off by VERL_USE_EXTERNAL_PLUGINS")
    points = [one for one in entry_points(group="verl.plugins") if one.name == "smepo"]
    if not points:
        return _answer(False, "no entry point `smepo` in verl.plugins: not installed here")
    try:
        points[0].load()
    except BaseException as error:  # whatever it is, verl has hidden it
        return _answer(False, f"the plugin fails: {type(error).__name__}: {error}")
    return _answer(False, f"verl registered only {ours}")


def workers() -> dict[str, Any]:
    """The same in a Ray worker on each node of the cluster of `RAY_ADDRESS`, or of one here."""
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy as On

    cpus = None if os.environ.get("RAY_ADDRESS") else 1
    quiet = {"log_to_driver": False, "logging_level": logging.ERROR}
    ray.init(include_dashboard=False, num_cpus=cpus, **quiet)
    nodes = [node for node in ray.nodes() if node["Alive"]]
    task = ray.remote(num_cpus=0)(plugin)
    asked = [
        task.options(scheduling_strategy=On(node["NodeID"], soft=False)).remote() for node in nodes
    ]
    told = ray.get(asked)
    for node, one in zip(nodes, told, strict=True):
        if not one["ok"]:
            return _answer(False, f"{node['NodeManagerAddress']}: {one['found']}")
    return _answer(True, f"on {len(nodes)} node(s): {told[0]['found']}")


def configuration(file: Path) -> dict[str, Any]:
    """Whether verl's own `main_ppo` takes a configuration, up to where it would start Ray."""
    from verl.trainer import main_ppo

    from smepo.verl.callback import checked

    os.environ["HYDRA_FULL_ERROR"] = "1"  # the error itself, not that there was one
    held: list[Any] = []
    main_ppo.run_ppo = lambda config, task_runner_class: held.append(config)
    place = [f"--config-path={file.parent}", f"--config-name={file.stem}"]
    sys.argv = ["main_ppo", *place, "hydra.run.dir=.", "hydra.output_subdir=null"]
    main_ppo.main()
    run = checked(held[0])
    for name in ("train_files", "val_files"):
        if not Path(held[0].data[name]).is_file():
            return _answer(False, f"data.{name}: {held[0].data[name]} is no file")
    how = "needs no state" if run is None else "learns, its state is kept"
    return _answer(True, f"accepted by verl; guidance {how}")


def _answer(fine: bool, found: str) -> dict[str, Any]:
    return {"ok": fine, "found": found}


def main(what: str, file: str | None = None) -> None:
    """Print the answer to one question."""
    if what == "configuration":
        assert file is not None
        print(json.dumps(configuration(Path(file).absolute())))
    else:
        print(json.dumps({"driver": plugin, "worker": workers}[what]()))


if __name__ == "__main__":
    main(*sys.argv[1:])
