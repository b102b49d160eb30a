"""`smepo export verl`: a run as data, configuration and launch scripts for a stock verl.

train.parquet, validation.parquet   rows in verl's schema (rows.py)
verl.yaml                           the whole configuration, on top of verl's own
overrides.txt                       the same as arguments of the command line, one a line
launch.sh, launch_nodes.sh          one node; several
tools.py                            the search tools, where the run searches
export.json                         counts: rows, guided prompts, what was set aside
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from smepo.errors import ConfigError, MissingExtraError
from smepo.search import Limits
from smepo.training.checks import check_context, model_path
from smepo.training.config import RunConfig
from smepo.training.events import Listener, silent
from smepo.training.prompts import within_budget
from smepo.training.records import write_json, write_text
from smepo.training.rows import evaluation_rows, training_rows
from smepo.training.search import SearchConfig
from smepo.verl.guide import SINGLE_TURN, TOOL, TRAIN, VALIDATION, Guide, chat_tokenizer, online
from smepo.verl.hydra import overrides_of, yaml_of
from smepo.verl.rows import write_training, write_validation
from smepo.verl.settings import Cluster, refuse_unsupported, settings

_TOOLS = '''\
"""The search tools of this run, written by `smepo export verl --index`."""

from smepo.verl.search import offer

offer({where!r}, k={k}, characters={characters}, timeout={timeout})
'''
_ONE = """\
#!/usr/bin/env bash
# One node. Further arguments are overrides of verl's configuration:
# bash launch.sh 'trainer.logger=[console,wandb]'
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
smepo doctor --verl "$here/verl.yaml"
exec python3 -m verl.trainer.main_ppo --config-path="$here" --config-name=verl "$@"
"""
_SEVERAL = """\
#!/usr/bin/env bash
# Several nodes: start this on each, with NODE_RANK (0 on the first) and HEAD (the address of the
# first); under Slurm: srun bash -c 'NODE_RANK=$SLURM_NODEID HEAD=$FIRST bash launch_nodes.sh'.
# This folder and the model must be at the same path on all nodes, smepo and verl installed.
set -euo pipefail
: "${{NODE_RANK:?number of this node, from 0}}" "${{HEAD:?address of node 0}}"
here=$(cd "$(dirname "$0")" && pwd)
port=${{PORT:-6379}}
if [ "$NODE_RANK" -ne 0 ]; then
  until (exec 3<>"/dev/tcp/$HEAD/$port") 2>/dev/null; do sleep 5; done
  ray start --address="$HEAD:$port" --num-gpus={gpus} --block || true  # ends with the first node
  exit 0
fi
ray start --head --port="$port" --num-gpus={gpus}
trap 'ray stop' EXIT
export RAY_ADDRESS="$HEAD:$port"
until [ "$(python3 -c 'import ray; ray.init(log_to_driver=False); print(len(ray.nodes()))' \\
  2>/dev/null)" = {nodes} ]; do sleep 5; done
smepo doctor --verl "$here/verl.yaml"
python3 -m verl.trainer.main_ppo --config-path="$here" --config-name=verl "$@"
"""


@dataclass(frozen=True, slots=True)
class Summary:
    """What an export came to. ``online``: prompts change with the step, by the plugin."""

    out: str
    online: bool
    rows: Mapping[str, Any]
    training: Mapping[str, Any]
    validation: int
    ignored: tuple[str, ...]  # fields of the run that only another trainer reads

    def as_json(self) -> dict[str, Any]:
        """For export.json and ``--json``."""
        return asdict(self)


def export(
    config: RunConfig,
    out: Path,
    *,
    cluster: Cluster | None = None,
    tools: Path | None = None,
    index: str | None = None,
    listener: Listener = silent,
) -> Summary:
    """Write the run into the folder ``out``.

    ``tools``: a file of ``@function_tool`` functions; ``index``: the search tools over an index
    folder or a retriever's URL, in place of the one that the run names.

    Raises:
        ConfigError: a setting that verl has not, or a model without a chat template.
        QuestionTooLongError: a validation question over the budget; training rows are set aside.
    """
    cluster = cluster or Cluster()
    out = out.absolute()
    refuse_unsupported(config)
    if config.guidance.transform == "another-row" and online(config):
        raise ConfigError(
            "guidance.schedule: a prompt that verl makes at every step cannot show another row; "
            'with transform = "another-row" use schedule = "always"'
        )
    check_context(config)
    config = _searching(config, index)
    if config.search is not None:
        tools = _search_tools(out, config.search, tools)
    tokenizer = chat_tokenizer(config)
    template = {} if tools is None else {"tools": schemas(tools)}
    loaded = training_rows(config, listener)
    budget = config.prompt.budget
    guide = Guide(config, tokenizer, budget=budget, template=template, rows=loaded.examples)
    data = within_budget(loaded, guide.prompts, strict=config.data.strict)
    held_out = evaluation_rows(config)
    out.mkdir(parents=True, exist_ok=True)
    agent = TOOL if tools is not None else SINGLE_TURN
    written = write_training(config, data.examples, guide, out / f"{TRAIN}.parquet", agent)
    validated = write_validation(config, held_out, guide, out / f"{VALIDATION}.parquet")
    at = config.model_copy(update={"model": model_path(config.model)})
    table = settings(at, cluster, out, rows=len(data.examples), tools=tools)
    write_text(out / "verl.yaml", yaml_of(table))
    write_text(out / "overrides.txt", "".join(f"{one}\n" for one in overrides_of(table)))
    write_text(out / "launch.sh", _ONE)
    write_text(out / "launch_nodes.sh", _SEVERAL.format(gpus=cluster.gpus, nodes=cluster.nodes))
    summary = Summary(
        str(out),
        online(config),
        data.summary(),
        asdict(written),
        validated,
        left_out(config),
    )
    write_json(out / "export.json", summary.as_json())
    return summary


def _searching(config: RunConfig, index: str | None) -> RunConfig:
    """The run with ``index`` in its table ``search``, which says the limits."""
    if index is None:
        return config
    plan = config.search or SearchConfig(index=index, calls=Limits().calls)
    return config.model_copy(update={"search": plan.model_copy(update={"index": index})})


def _search_tools(out: Path, plan: SearchConfig, tools: Path | None) -> Path:
    """Write the file that verl loads the search tools from."""
    where = plan.index
    if tools is not None:
        raise ConfigError("--tools: search brings its own tools; put them all into one file")
    if "://" not in where:
        where = str(Path(where).absolute())
        if not Path(where).is_dir():
            raise ConfigError(
                f"search.index: {plan.index} is no folder; make one with `smepo index` and name it "
                "there or with --index"
            )
    file = out / "tools.py"
    numbers = {"k": plan.k, "characters": plan.characters, "timeout": plan.timeout}
    write_text(file, _TOOLS.format(where=where, **numbers))
    return file


def left_out(config: RunConfig) -> tuple[str, ...]:
    """Settings of the run that verl has no use for and that change nothing of what it learns."""
    found = [f"trl.{name}" for name in sorted(config.trl)]
    found += [f"monitors.{name}" for name in sorted(config.monitors.model_fields_set)]
    if config.evaluation is not None:
        set_here = config.evaluation.model_fields_set & {"after", "batch_size", "seed"}
        found += [f"evaluation.{name}" for name in sorted(set_here)]
    return tuple(found)


def schemas(tools: Path) -> list[dict[str, Any]]:
    """The schemas that verl puts into the prompt for a file of ``@function_tool`` functions.

    Raises MissingExtraError without verl, ConfigError if the file has no such function.
    """
    try:
        from verl.tools.function_tool import load_function_tools_from_path
    except ImportError as error:
        raise MissingExtraError("--tools needs verl: pip install 'smepo[verl]'") from error
    try:
        found = load_function_tools_from_path(str(tools))
    except FileNotFoundError as error:
        raise ConfigError(f"--tools: {tools} is no file") from error
    if not found:
        raise ConfigError(f"--tools: {tools} has no function under @function_tool")
    return [tool.tool_schema.model_dump(exclude_unset=True, exclude_none=True) for tool in found]
