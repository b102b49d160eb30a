"""A comparison as one file: arms x seeds x families, checked as a whole when it loads.

    plan = load("compare.toml")

An arm may differ from the others in its guidance, its objective and its optimiser, and in nothing
else: all see the same rows, take the same number of steps of the same size, and are judged on the
same held-out problems, without guidance.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from smepo.comparison.screening import Screening
from smepo.errors import ConfigError
from smepo.training.config import RunConfig, lines_of, parse, read_toml
from smepo.training.presets import merge

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")
_OWN = frozenset(["output_dir", "seed"])  # what the comparison sets itself, in every run
# What an arm may change; everything else is the same for all: rows, budget, judge, tools.
_FREE = frozenset(["guidance", "objective", "optimizer", "baseline", "preset", "trl"])
_SHARED = tuple(name for name in RunConfig.model_fields if name not in _FREE | _OWN)


class _ArmTable(BaseModel):
    """One ``[[arms]]``; every other key is a table of the run's configuration."""

    model_config = ConfigDict(extra="allow", frozen=True)

    name: str
    title: str | None = None
    note: str = ""


class _Screen(BaseModel):
    """Train on the rows alone that the base policy solves in under ``below`` of ``k`` answers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    k: int = Field(default=16, gt=0)
    below: float = Field(default=0.1, gt=0.0, le=1.0)


class _File(BaseModel):
    """The file as it is written."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str | None = None  # default: that of the file
    out: Path | None = None  # folder of the runs; default: runs/NAME
    seeds: list[int] = Field(min_length=1)
    processes: int = Field(default=1, gt=0)
    against: str | None = None  # arm that the others are compared with; default: the first
    base: dict[str, Any]
    families: dict[str, dict[str, Any]] = Field(default_factory=dict)
    screen: _Screen | None = None
    arms: list[_ArmTable] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class ArmPlan:
    """What an arm is called. ``title`` is for tables and charts, ``note`` for the page."""

    name: str
    title: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """One run: an arm with one seed in one family. ``values`` are its configuration's tables."""

    family: str
    arm: str
    seed: int
    values: Mapping[str, Any]
    config: RunConfig

    @property
    def name(self) -> str:
        """``math/smepo/0``."""
        return f"{self.family}/{self.arm}/{self.seed}"

    @property
    def folder(self) -> Path:
        """Where the run leaves its records."""
        return self.config.output_dir

    def beside(self, suffix: str) -> Path:
        """A file next to the folder: ``.toml``, ``.log`` or ``.error``."""
        return self.folder.with_name(self.folder.name + suffix)


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole comparison. ``cells`` stand in the order in which they run: a seed of every family
    and arm before the next seed, so that what is there at any moment is balanced."""

    name: str
    out: Path
    against: str
    arms: tuple[ArmPlan, ...]
    families: tuple[str, ...]
    seeds: tuple[int, ...]
    processes: int
    cells: tuple[Cell, ...]
    screens: tuple[Screening, ...] = ()

    def only(self, filters: Sequence[str]) -> tuple[Cell, ...]:
        """The cells that one of ``filters`` names: ``family/arm/seed``, any part may be ``*``, and
        parts at the end may be left out. No filter names all. Raises ConfigError for one that
        names none."""
        if not filters:
            return self.cells
        for text in filters:
            if not any(_named(cell, text) for cell in self.cells):
                raise ConfigError(
                    f"--only {text}: no such run; say family/arm/seed, such as "
                    f"{self.cells[0].name} or */{self.cells[0].arm}"
                )
        return tuple(cell for cell in self.cells if any(_named(cell, text) for text in filters))


def _named(cell: Cell, text: str) -> bool:
    wanted = text.split("/")
    parts = cell.name.split("/")
    return len(wanted) <= 3 and all(w in ("*", p) for w, p in zip(wanted, parts, strict=False))


def load(path: str | Path, *, out: Path | None = None, processes: int | None = None) -> Plan:
    """Read and check a file. ``out`` and ``processes`` take the place of the file's.

    Raises:
        ConfigError: names the file, the arm, the field, and what is wrong.
    """
    file = Path(path)
    try:
        table = _File.model_validate(read_toml(file))
    except ValidationError as error:
        raise ConfigError(f"{file}: " + "; ".join(lines_of(error))) from error
    name = table.name or file.stem
    arms = tuple(ArmPlan(a.name, a.title or a.name, a.note) for a in table.arms)
    _check_names(file, table, arms)
    place = out or table.out or Path("runs") / name
    screens = tuple(_screens(file, table, place))
    cells = tuple(_cells(file, table, place, {s.family: s.path for s in screens}))
    _check_equal(file, cells)
    return Plan(
        name=name,
        out=place,
        against=table.against or arms[0].name,
        arms=arms,
        families=tuple(dict.fromkeys(cell.family for cell in cells)),
        seeds=tuple(table.seeds),
        processes=processes or table.processes,
        cells=cells,
        screens=screens,
    )


def _check_names(file: Path, table: _File, arms: Sequence[ArmPlan]) -> None:
    names = [arm.name for arm in arms]
    for name in [*names, *table.families]:
        if not _NAME.fullmatch(name):
            raise ConfigError(f"{file}: {name!r} is no name for a folder; take letters and digits")
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ConfigError(f"{file}: arms: the name {twice[0]!r} stands twice")
    if len(set(table.seeds)) < len(table.seeds):
        raise ConfigError(f"{file}: seeds: a seed stands twice; runs of it would be equal")
    if table.against is not None and table.against not in names:
        raise ConfigError(f"{file}: against: {table.against!r} is no arm; there are {names}")
    for where, held in [("base", table.base), *table.families.items()]:
        if own := sorted(_OWN & set(held)):
            raise ConfigError(f"{file}: {where}.{own[0]}: the comparison sets it for every run")


def _families(table: _File) -> dict[str, dict[str, Any]]:
    """The tables of every family; without families there is one, called as the domain."""
    families = table.families or {str(table.base.get("domain", "math")): {}}
    return {name: merge(table.base, values) for name, values in families.items()}


def _screens(file: Path, table: _File, out: Path) -> Iterator[Screening]:
    if table.screen is None:
        return
    for family, values in _families(table).items():
        path = out / family / "hard.jsonl"
        full = merge(values, {"output_dir": str(out / family), "seed": 0})
        config = parse(full, origin=f"{file}: family {family}")
        if config.search is not None:
            raise ConfigError(
                f"{file}: screen: family {family} answers over several turns, the screen in one; "
                "leave [screen] out"
            )
        yield Screening(family, config, path, table.screen.k, table.screen.below)


def _cells(file: Path, table: _File, out: Path, hard: Mapping[str, Path]) -> Iterator[Cell]:
    for seed in table.seeds:
        for family, held in _families(table).items():
            values = _with_checkpoints(held)
            if family in hard:
                values = _on(values, hard[family])
            for arm in table.arms:
                extra = arm.model_extra or {}
                own = {"seed": seed, "output_dir": str(out / family / arm.name / f"seed-{seed}")}
                if clash := sorted(_OWN & set(extra)):
                    raise ConfigError(f"{file}: arms.{arm.name}.{clash[0]}: not for an arm to set")
                merged = merge(values, merge(extra, own))
                config = parse(merged, origin=f"{file}: family {family}, arm {arm.name}")
                yield Cell(family, arm.name, seed, merged, config)


def _on(values: dict[str, Any], hard: Path) -> dict[str, Any]:
    """The tables with the screened rows in place of all; names of columns stay."""
    whole = ("path", "options", "limit")
    columns = {k: v for k, v in values.get("data", {}).items() if k not in whole}
    return {**values, "data": {**columns, "path": str(hard)}}


def _with_checkpoints(values: dict[str, Any]) -> dict[str, Any]:
    """A run that is killed goes on from a checkpoint: by default one at every evaluation."""
    every = values.get("evaluation", {}).get("every")
    if every is None or values.get("checkpoints", {}).get("save_steps") is not None:
        return values
    return merge(values, {"checkpoints": {"save_steps": every}})


def _check_equal(file: Path, cells: Sequence[Cell]) -> None:
    """All arms of a family share rows, budget and judge, and are judged before and after."""
    first: dict[str, Cell] = {}
    for cell in cells:
        where = f"{file}: family {cell.family}, arm {cell.arm}"
        plan = cell.config.evaluation
        if plan is None or not (plan.before and plan.after):
            raise ConfigError(
                f"{where}: evaluation: every arm is judged without guidance before and after "
                "training; give [base.evaluation] and leave `before` and `after` on"
            )
        other = first.setdefault(cell.family, cell)
        for field in _SHARED:
            if getattr(cell.config, field) != getattr(other.config, field):
                raise ConfigError(
                    f"{where}: {field}: differs from that of arm {other.arm}; all arms see the "
                    "same rows, take the same steps of the same size and have the same judge"
                )
