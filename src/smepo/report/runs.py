"""From the folder of a training run to an arm of the report. Reads JSON alone, never torch."""

from __future__ import annotations

import json
import math
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from smepo.errors import InputError
from smepo.report.data import Arm, Point

TITLES = {
    "none": ("GRPO", "no guidance"),
    "full": ("Full trace", "shows everything"),
    "masked": ("SMEPO", "shows the plan, hides the values"),
    "prefix": ("Prefix", "shows the beginning of the trace"),
    "random": ("Random mask", "hides as much, elsewhere"),
    "sft": ("SFT", "trains on the traces"),
    "sft+grpo": ("SFT, then GRPO", "trains on the traces first"),
    "luffy": ("LUFFY", "has the trace in each group"),
}


def is_run(folder: Path) -> bool:
    """True for a folder that `smepo train` wrote."""
    return (folder / "config.json").is_file()


def read_arm(folder: Path, error: str = "") -> Arm:
    """A run as an arm; one without result.json is shown as failed.

    Raises InputError if the folder holds no run or a record in it is not JSON.
    """
    if not is_run(folder):
        raise InputError(f"{folder}: no config.json; give a folder that `smepo train` wrote")
    config = _json(folder / "config.json")
    metrics = lines_of(folder / "metrics.jsonl")
    evaluations = lines_of(folder / "evaluations.jsonl")
    baseline = config.get("baseline") or {}
    transform = baseline.get("method") or config["guidance"]["transform"]
    probes = lines_of(folder / "probe.jsonl")
    title, note = TITLES.get(transform, (transform, ""))
    if not error and not (folder / "result.json").is_file():
        error = f"it did not finish; the last step is {metrics[-1]['step'] if metrics else 0}"
    toml = folder / "config.toml"
    return Arm(
        name=folder.name,
        title=title,
        note=note,
        error=error,
        transform=transform,
        seed=config.get("seed"),
        steps=metrics[-1]["step"] if metrics else 0,
        seconds=metrics[-1]["seconds"] if metrics else None,
        unguided=tuple(_accuracy(line) for line in evaluations),
        reward=curve(metrics, "reward"),
        copy_rate=curve(metrics, "copy_rate/beyond_question", "copy_rate"),
        live_groups=_live(metrics),
        unsearched=curve(metrics, "search/before_search"),
        probe_guided=_means(probes, "guided"),
        probe_unguided=_means(probes, "unguided"),
        alarms=tuple(line["text"] for line in lines_of(folder / "alarms.jsonl")),
        config=toml.read_text(encoding="utf-8") if toml.is_file() else _pretty(config),
        command=command(folder),
    )


def settings(folder: Path) -> dict[str, Any]:
    """Number of held-out problems and of completions each, from the last evaluation."""
    lines = lines_of(folder / "evaluations.jsonl")
    return {"problems": lines[-1]["problems"], "samples": lines[-1]["k"]} if lines else {}


def environment(folder: Path) -> dict[str, str]:
    """Versions and machine of the last start of a run."""
    file = folder / "environment.json"
    if not file.is_file():
        return {}
    starts = _json(file)
    return flat(starts[-1]) if isinstance(starts, list) and starts else {}


def flat(start: Mapping[str, Any]) -> dict[str, str]:
    """What a start of a run noted of its environment (`training.records`), for the page."""
    versions = {name: value for name, value in start.get("versions", {}).items() if value}
    plain = {key: str(start[key]) for key in ("python", "machine", "commit") if start.get(key)}
    return {**versions, **plain}


def command(folder: Path) -> str:
    """The command of the first start of a run, as a shell takes it; empty if it is not noted."""
    file = folder / "environment.json"
    starts = _json(file) if file.is_file() else []
    words = starts[0].get("command", []) if isinstance(starts, list) and starts else []
    return shlex.join([Path(words[0]).name, *words[1:]]) if words else ""


def curve(lines: Sequence[Mapping[str, Any]], *names: str) -> tuple[Point, ...]:
    """The first of ``names`` that the metrics have, without the steps where it has no value."""
    for name in names:
        points = tuple(
            Point(line["step"], float(line[name]))
            for line in lines
            if isinstance(line.get(name), int | float) and math.isfinite(line[name])
        )
        if points:
            return points
    return ()


def _accuracy(line: Mapping[str, Any]) -> Point:
    estimate = line["avg_at_k"]
    return Point(line["step"], estimate["value"], estimate["low"], estimate["high"])


def _means(probes: Sequence[Mapping[str, Any]], name: str) -> tuple[Point, ...]:
    return tuple(Point(line["step"], fmean(line[name])) for line in probes if line[name])


def _live(metrics: Sequence[Mapping[str, Any]]) -> tuple[Point, ...]:
    return tuple(
        Point(point.step, 1 - point.value) for point in curve(metrics, "frac_reward_zero_std")
    )


def _pretty(config: Any) -> str:
    return json.dumps(config, indent=2, ensure_ascii=False)


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path}: not JSON: {error}") from error


def lines_of(path: Path) -> list[dict[str, Any]]:
    """The whole lines of a file of records; a torn last line is left out."""
    if not path.is_file():
        return []
    return parse_lines(path, path.read_text(encoding="utf-8").split("\n")[:-1])


def parse_lines(path: Path, lines: Sequence[str]) -> list[dict[str, Any]]:
    """JSON lines of ``path``. Raises InputError if one is not JSON."""
    try:
        return [json.loads(line) for line in lines if line]
    except ValueError as error:
        raise InputError(f"{path}: a line is not JSON: {error}") from error
