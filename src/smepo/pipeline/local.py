"""Prepare a whole data set: streaming, parallel, resumable.

    scan the input -> batches -> worker processes -> work folder and output, put in place whole

The output does not depend on the engine or the number of workers. A run that was killed continues
where its work folder ends, and gives the same bytes.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Literal, Protocol

from smepo import __version__
from smepo.data.metadata import write_sidecar
from smepo.data.output import Layout, assemble, layout, output_format, replace
from smepo.data.readers import BYTES, ROWS, Batch, batches
from smepo.data.scan import scan
from smepo.data.schema import Columns
from smepo.data.source import QUARANTINE_SUFFIX, SIDECAR_SUFFIX, Source
from smepo.errors import ConfigError, InputError
from smepo.pipeline.parts import Parts, writing
from smepo.pipeline.pool import Workers, fitting
from smepo.pipeline.prepare import MaskOptions, check, warm
from smepo.pipeline.tally import Tally
from smepo.pipeline.work import Job, Piece, work

Engine = Literal["local", "ray"]

ALONE = 16 << 20  # bytes of input: less is scanned sooner than worker processes start


class Progress(Protocol):
    """Told how far a stage is: ``total`` is None where it is not known yet."""

    def __call__(self, stage: str, done: int, total: int | None) -> None: ...


def silent(stage: str, done: int, total: int | None) -> None:
    """No progress."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run did. ``resumed``: rows that an interrupted run had finished already; ``stale``: a
    work folder of another run was thrown away. ``workers`` None: as many tasks as Ray has cores.
    ``seconds`` of this run, wall clock."""

    output: str
    quarantine: str | None
    columns: Columns
    options: MaskOptions
    tally: Tally
    workers: int | None
    seconds: float
    scan_seconds: float
    resumed: int = 0
    stale: bool = False


def run(
    source: Source,
    output: str | Path,
    columns: Columns,
    options: MaskOptions,
    *,
    workers: int | None = None,
    engine: Engine = "local",
    strict: bool = False,
    overwrite: bool = False,
    progress: Progress = silent,
) -> Summary:
    """Write ``source`` with its guidance to ``output``, and rows that cannot be used to
    ``output``.quarantine.jsonl.

    ``workers`` None: all cores, fewer for a small input. ``engine`` "ray": the masking runs on the
    cluster that Ray finds, to the same bytes. Raises ConfigError for options that cannot work,
    InputError for input that cannot be used, and under ``strict`` for the first row that is
    unreadable or has no readable trace. The output is in place whole or not at all; what is done
    stays beside it.
    """
    began = time.monotonic()
    check(options)
    path = Path(output)
    form, _ = output_format(str(path))
    _check_place(path, source)
    on_ray = _ray(workers) if engine == "ray" else None
    workers = workers if on_ray else workers or fitting(source.size)
    with Workers(1 if on_ray else workers or 1, partial(warm, options)) as pool:
        found = scan(
            source,
            columns,
            typed=form == "parquet",
            each=map if source.size < ALONE else pool.ordered,
            progress=counting(progress, "reading", None),
        )
        note = {"version": __version__, "columns": columns.as_json(), "options": options.as_json()}
        target = layout(
            str(path),
            found.names,
            found.schema,
            several=found.several,
            note=note,
            overwrite=overwrite,
        )
        scanned = time.monotonic() - began
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            parts = Parts(path, {**note, "input": _identity(source), "batch": [ROWS, BYTES]})
        finished = False
        try:
            tally = parts.tally
            resumed = tally.counts["rows"]
            count = counting(progress, "masking", found.rows)
            count(resumed)
            job = partial(work, Job(columns, options, target, strict))
            left = islice(batches(source), parts.found, None)
            new = on_ray(job, source, parts.found) if on_ray else pool.ordered(job, left)
            pieces = _kept(parts, path, new, count)
            with writing(path):
                quarantine = _write(pieces, parts, path, target, note)
            finished = True
        finally:
            parts.close(remove=finished or not parts.done)
    return Summary(
        str(path),
        quarantine,
        columns,
        options,
        tally,
        workers,
        time.monotonic() - began,
        scanned,
        resumed,
        parts.stale,
    )


def _ray(
    tasks: int | None,
) -> Callable[[Callable[[Batch], Piece], Source, int], Iterator[Piece]]:
    try:
        from smepo.pipeline.ray import on_ray
    except ImportError as error:
        raise ConfigError(f"engine: 'ray' needs `pip install 'smepo[ray]'` ({error})") from error
    return partial(on_ray, tasks=tasks)


def _check_place(path: Path, source: Source) -> None:
    """Refuse an output that would stand in the way of itself or of the input."""
    if path.is_dir():
        raise InputError(f"{path}: is a folder; give the name of a file")
    if any(path.resolve() == Path(file.path).resolve() for file in source.files):
        raise InputError(f"{path}: is the input; give another output")
    if path.resolve().parent == Path(source.name).resolve():
        raise InputError(f"{path}: lies in the input folder and would be read as input next time")


def _kept(
    parts: Parts, path: Path, new: Iterable[Piece], count: Callable[[int], None]
) -> Iterator[bytes]:
    """The rows of all batches in order: those done before, and the new ones once they are kept.

    Raises InputError where ``strict`` stops the run.
    """
    yield from parts.pieces()
    for piece in new:
        if piece.stop is not None:
            raise InputError(f"--strict: {piece.stop}")
        with writing(path):
            parts.add(piece.rows, piece.quarantine, piece.tally)
        count(piece.tally.counts["rows"])
        yield piece.rows


def counting(progress: Progress, stage: str, total: int | None) -> Callable[[int], None]:
    """``progress`` of a stage as a function of the rows that were added."""
    done = 0

    def add(rows: int) -> None:
        nonlocal done
        done += rows
        progress(stage, done, total)

    return add


def _identity(source: Source) -> list[list[Any]]:
    return [[file.path, file.size, file.mtime_ns] for file in source.files]


def _write(
    pieces: Iterable[bytes], parts: Parts, path: Path, target: Layout, note: Mapping[str, Any]
) -> str | None:
    """The output and its side files, the output last. Returns the quarantine file, if any."""
    quarantine = path.with_name(path.name + QUARANTINE_SUFFIX)
    sidecar = path.with_name(path.name + SIDECAR_SUFFIX)
    whole = path.with_name(f".{path.name}.part")
    if target.format == "parquet":
        assemble(pieces, whole, target)
    else:
        deque(pieces, maxlen=0)  # `parts` has them as they are to be
    if parts.tally.counts["quarantined"]:
        parts.copy("quarantine", quarantine)
    else:
        quarantine.unlink(missing_ok=True)
    if target.format == "parquet":
        sidecar.unlink(missing_ok=True)
        replace(whole, path)
    else:
        write_sidecar(sidecar, note)
        parts.copy("rows", path)
    return str(quarantine) if parts.tally.counts["quarantined"] else None
