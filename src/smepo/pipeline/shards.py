"""A folder of files to a folder of files, on any file system that fsspec knows.

    s3://bucket/traces/**.parquet -> one task a file, on all nodes -> s3://bucket/masked/**.parquet

Each file is fetched to a scratch folder, masked by the local engine and put back; so the bytes of
each output are those of `smepo mask FILE`, whatever the engine. A file counts as done once its
marker (`OUT/_smepo/NAME.json`) is there: a lost machine costs the files that it was at.
There is no shuffle and no state that crosses files; without an id column, ids are positions in the
file.
"""

from __future__ import annotations

import functools
import json
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from smepo import __version__
from smepo.data.scan import choose_columns
from smepo.data.schema import Columns
from smepo.data.source import QUARANTINE_SUFFIX, SIDECAR_SUFFIX, find, format_of
from smepo.errors import ConfigError, InputError, MissingExtraError
from smepo.pipeline.local import Engine, Progress, Summary, run, silent
from smepo.pipeline.prepare import MaskOptions, check
from smepo.pipeline.tally import Tally

MARKERS = "_smepo"  # folder of the markers, in the output folder
_WRITTEN = {"json": ".jsonl", "arrow": ".parquet"}  # formats that are read and not written


@dataclass(frozen=True, slots=True)
class Shard:
    """A file on its way: URLs of input, output and marker; ``state`` tells a changed input."""

    source: str
    target: str
    marker: str
    state: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What is the same for all files. ``names``: arguments of `choose_columns`."""

    options: MaskOptions
    names: Mapping[str, Any]
    strict: bool
    overwrite: bool

    def note(self, shard: Shard) -> dict[str, Any]:
        """What a marker must say for its file to count as done."""
        names = {name: value for name, value in self.names.items() if value}
        said = {"version": __version__, "options": self.options.as_json(), "columns": names}
        return json.loads(json.dumps({**said, "input": [shard.source, shard.state]}))  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class Done:
    """A finished file. ``resumed``: it was done before."""

    tally: dict[str, Any]
    columns: dict[str, Any]
    resumed: bool


def is_folder(output: str) -> bool:
    """True for an output that is a folder of files: it ends with a slash.

    Raises InputError for a URL that does not.
    """
    if "://" in output and not output.endswith("/"):
        raise InputError(f"{output}: elsewhere only folders can be written; end it with a slash")
    return output.endswith("/")


def run_shards(
    source: str,
    output: str,
    options: MaskOptions,
    names: Mapping[str, Any],
    *,
    workers: int | None = None,
    engine: Engine = "local",
    strict: bool = False,
    overwrite: bool = False,
    progress: Progress = silent,
) -> Summary:
    """Mask every data file below ``source`` (a folder or glob) into the folder ``output``.

    Both may be URLs (``s3://``, ``gs://``, ``hdfs://`` ...). With the engine "ray" one task of one
    core works on one file, ``workers`` of them at most; locally the files come one after the other,
    each on ``workers`` processes.

    Raises ConfigError for options that cannot work, InputError for input that cannot be used.
    """
    began = time.monotonic()
    check(options)
    plan = Plan(options, dict(names), strict, overwrite)
    shards = files_of(source, output)
    if engine == "ray":
        done = _on_ray(plan, shards, workers)
    else:
        done = (mask_one(plan, shard, workers) for shard in shards)
    tally, resumed, columns = Tally(), 0, None
    for number, one in enumerate(done, start=1):
        found = Tally.from_json(one.tally)
        resumed += found.counts["rows"] * one.resumed
        tally.merge(found)
        columns = columns or Columns.from_json(one.columns)
        progress("masking files", number, len(shards))
    assert columns is not None  # there is a file
    seconds = time.monotonic() - began
    return Summary(output, None, columns, options, tally, workers, seconds, 0.0, resumed)


def files_of(source: str, output: str) -> list[Shard]:
    """The data files below ``source``, by name. Raises InputError if there are none."""
    fs, root = _place(source)
    pattern = any(sign in root for sign in "*?[")
    if pattern:
        base = root[: min(root.index(sign) for sign in "*?[" if sign in root)].rpartition("/")[0]
        found = sorted(fs.glob(root))
    else:
        base = root.rstrip("/")
        found = sorted(fs.find(base))
    shards = []
    for path in found:
        relative = path.removeprefix(base).lstrip("/")
        form = format_of(relative)
        if form is None or any(part.startswith(("_", ".")) for part in relative.split("/")):
            continue
        name = relative
        if form in _WRITTEN:
            name = relative[: relative.lower().index(f".{form}")] + _WRITTEN[form]
        info = fs.info(path)
        changed = info.get("ETag") or info.get("mtime") or info.get("LastModified") or ""
        out = output.rstrip("/")
        shards.append(
            Shard(
                fs.unstrip_protocol(path),
                f"{out}/{name}",
                f"{out}/{MARKERS}/{name}.json",
                f"{info['size']} {changed}",
            )
        )
    if not shards:
        raise InputError(f"{source}: holds no data file")
    if len({one.target for one in shards}) < len(shards):
        raise InputError(f"{source}: two files would be written to one name in {output}")
    return shards


def mask_one(plan: Plan, shard: Shard, workers: int | None) -> Done:
    """Mask one file, unless its marker says that it is done."""
    fs, marker = _place(shard.marker)
    note = plan.note(shard)
    if fs.exists(marker):
        held = json.loads(fs.cat_file(marker))
        if held["run"] == note:
            return Done(held["tally"], held["columns"], True)
    with tempfile.TemporaryDirectory(prefix="smepo-") as scratch:
        name = shard.source.rpartition("/")[2]
        inside, outside = Path(scratch, "in", name), Path(scratch, "out", Path(shard.target).name)
        inside.parent.mkdir()
        there, path = _place(shard.source)
        there.get_file(path, str(inside))
        rows = find(inside)
        columns = choose_columns(rows, **plan.names)
        try:
            summary = run(
                rows,
                outside,
                columns,
                plan.options,
                workers=workers,
                strict=plan.strict,
                overwrite=plan.overwrite,
            )
        except InputError as error:
            raise InputError(str(error).replace(str(inside), shard.source)) from error
        _put(outside, shard, str(inside))
    tally = _named(summary.tally, shard.source)
    done = Done(tally.as_json(), columns.as_json(), False)
    fs.makedirs(marker.rpartition("/")[0], exist_ok=True)
    held = {"run": note, "tally": done.tally, "columns": done.columns}
    fs.pipe_file(marker, json.dumps(held, indent=1).encode())
    return done


def _put(outside: Path, shard: Shard, inside: str) -> None:
    """The output and its side files; rows of the quarantine name the input, not the scratch."""
    fs, target = _place(shard.target)
    fs.makedirs(target.rpartition("/")[0], exist_ok=True)
    for suffix in (QUARANTINE_SUFFIX, SIDECAR_SUFFIX, ""):
        made = outside.with_name(outside.name + suffix)
        if made.is_file():
            if suffix == QUARANTINE_SUFFIX:
                text = made.read_text(encoding="utf-8").replace(inside, shard.source)
                made.write_text(text, encoding="utf-8")
            fs.put_file(str(made), target + suffix)
        elif suffix and fs.exists(target + suffix):
            fs.rm_file(target + suffix)


def _named(tally: Tally, source: str) -> Tally:
    return replace(tally, worst=[{**row, "file": source} for row in tally.worst])


def _on_ray(plan: Plan, shards: list[Shard], tasks: int | None) -> Iterator[Done]:
    """One task a file under Ray Data, in the order in which they end."""
    try:
        from smepo.pipeline.ray import each_on_ray
    except ImportError as error:
        raise ConfigError(f"engine: 'ray' needs `pip install 'smepo[ray]'` ({error})") from error
    job = functools.partial(_task, plan)
    yield from each_on_ray(job, shards, tasks)


def _task(plan: Plan, shard: Shard) -> Done:
    return mask_one(plan, shard, 1)


def _place(url: str) -> tuple[Any, str]:
    """The file system of a URL, and the path in it."""
    try:
        from fsspec.core import url_to_fs
    except ImportError as error:
        raise MissingExtraError("folders need fsspec: pip install 'smepo[remote]'") from error
    try:
        fs, path = url_to_fs(url)
    except (ImportError, ValueError) as error:  # s3 without s3fs, an unknown protocol
        raise InputError(f"{url}: no file system for it here: {error}") from error
    return fs, str(path)
