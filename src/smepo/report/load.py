"""From paths to a report: run folders become a comparison, a masked file a data set, results of
`smepo eval` an evaluation, a file of transcripts a page of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from smepo.data import Problem, find, iter_rows
from smepo.data.metadata import read_metadata
from smepo.data.output import TRACE
from smepo.errors import InputError
from smepo.guidance.example import Example
from smepo.masking import DOMAINS, REPAIRED, family
from smepo.pipeline.judge import JudgeOptions, judge
from smepo.pipeline.prepare import MaskOptions
from smepo.report.answers import problems
from smepo.report.collect import card, summarize
from smepo.report.data import Arm, Comparison, Episode, Evaluation, ReportData
from smepo.report.episodes import episodes_of, first_and_last, read_episodes
from smepo.report.evaluations import evaluation, records_file
from smepo.report.runs import environment, flat, is_run, read_arm, settings
from smepo.report.searching import of_run
from smepo.training.records import environment as started
from smepo.types import Prepared, Row

Advance = Callable[[], None]
LIMIT = 10_000  # traces or transcripts of a page; a browser opens so many in under two seconds


def run_folders(path: Path) -> list[Path]:
    """The run at ``path``, or those in it, or those in its folder `runs`, as the demo has them."""
    for folder in (path, path / "runs"):
        if is_run(folder):
            return [folder]
        if found := sorted(child for child in _children(folder) if is_run(child)):
            return found
    return []


def _children(folder: Path) -> Iterator[Path]:
    return (child for child in folder.iterdir()) if folder.is_dir() else iter(())


def runs_report(
    folders: Sequence[Path], *, title: str, command: str, limit: int = LIMIT
) -> ReportData:
    """A comparison of runs, with at most ``limit`` of their transcripts, taken in turn; of a single
    run those of its first and last evaluation.

    The baseline is the run without guidance, else the first. Raises InputError if their
    evaluations have different numbers of problems or answers.
    """
    arms = _distinct([read_arm(folder) for folder in folders])
    plans = [found for folder in folders if (found := settings(folder))]
    if any(plan != plans[0] for plan in plans):
        raise InputError(
            f"{title}: the runs were evaluated on different numbers of problems or answers "
            f"({plans}), so they cannot be compared on one page; report them one by one"
        )
    baseline = next((arm.name for arm in arms if arm.transform == "none"), arms[0].name)
    starts = [arm.unguided[0] for arm in arms if arm.unguided and arm.unguided[0].step == 0]
    if len(folders) == 1:
        said, searches = first_and_last(folders[0]), of_run(folders[0], "")
    else:
        named = list(zip(arms, folders, strict=True))
        said = [list(episodes_of(folder, arm.title)) for arm, folder in named]
        searches = [one for arm, folder in named for one in of_run(folder, arm.title)]
    return ReportData(
        title=title,
        created=now(),
        command=command,
        episodes=tuple(islice(_in_turn(said), limit)),
        episodes_total=sum(map(len, said)),
        searches=tuple(searches),
        comparison=Comparison(
            arms=arms,
            baseline=baseline,
            base=starts[0] if starts else None,
            problems_shown=problems({a.title: f for a, f in zip(arms, folders, strict=True)}),
            **(plans[0] if plans else {"problems": 0, "samples": 0}),
        ),
        evaluation=_of_run(folders[0], limit) if len(folders) == 1 else None,
        environment=next((found for folder in folders if (found := environment(folder))), {}),
    )


def _in_turn(found: Sequence[Sequence[Episode]]) -> Iterator[Episode]:
    """The first of each, the second of each, and so on."""
    for n in range(max(map(len, found), default=0)):
        yield from (episodes[n] for episodes in found if n < len(episodes))


def transcripts_report(path: Path, *, title: str, command: str, limit: int) -> ReportData:
    """A page of transcripts: see `smepo.report.episodes`. Raises InputError for a broken line."""
    episodes, total = _first(read_episodes(path), limit)
    return ReportData(
        title=title,
        created=now(),
        command=command,
        episodes=tuple(episodes),
        episodes_total=total,
        environment=flat(started()),
    )


def evaluations_report(
    paths: Sequence[Path], *, title: str, command: str, limit: int
) -> ReportData:
    """A page of one result of `smepo eval`, or of two of the same problems, with the transcripts of
    those that searched. Raises InputError as `evaluation` does."""
    found = evaluation(paths, limit)
    files = [records_file(path) for path in paths]
    said = [
        list(read_episodes(beside, result.title if len(files) > 1 else ""))
        for file, result in zip(files, found.results, strict=True)
        if (beside := file.with_name(f"episodes-{file.name}")).is_file()
    ]
    return ReportData(
        title=title,
        created=now(),
        command=command,
        evaluation=found,
        searches=tuple(r.searched for r in found.results if r.searched is not None),
        episodes=tuple(islice(_in_turn(said), limit)),
        episodes_total=sum(map(len, said)),
        environment=flat(started()),
    )


def _of_run(folder: Path, limit: int) -> Evaluation | None:
    """The last evaluation of a run beside its first; None where no records are left."""
    steps = sorted((folder / "eval").glob("step-*.jsonl"))
    return evaluation(dict.fromkeys((steps[0], steps[-1])), limit) if steps else None


def _first(episodes: Iterable[Episode], limit: int) -> tuple[list[Episode], int]:
    """The first ``limit``, and how many there are."""
    kept: list[Episode] = []
    total = 0
    for total, episode in enumerate(episodes, start=1):
        if total <= limit:
            kept.append(episode)
    return kept, total


def _distinct(arms: Sequence[Arm]) -> tuple[Arm, ...]:
    """Arms of one kind get the name of their folder into their title."""
    titles = [arm.title for arm in arms]
    return tuple(
        replace(arm, title=f"{arm.title} ({arm.name})") if titles.count(arm.title) > 1 else arm
        for arm in arms
    )


def data_report(
    path: Path, *, title: str, command: str, limit: int, audit: bool, advance: Advance
) -> ReportData:
    """A data set that `smepo mask` wrote; ``limit`` traces go into the viewer, all are counted.

    With ``audit`` every shown guidance is audited again, where the run had a reward. Raises
    InputError for any other file.
    """
    began = time.monotonic()
    options = noted_options(path)
    audit = audit and (options.verifier is not None or family(options.domain) in DOMAINS)
    rows: list[Prepared] = []
    problems = 0
    for row in iter_rows(path):
        if isinstance(row, Problem):
            problems += 1
        else:
            rows.append(_read(row, options, audit))
        advance()
    if not rows:
        raise InputError(f"{path}: holds no usable row")
    domain = str(options.as_json()["domain"])
    control = options.mode not in REPAIRED
    summary = summarize(path.name, options.mode, rows, domain=domain, seconds=None, control=control)
    return ReportData(
        title=title,
        created=now(),
        command=command,
        summaries=(summary,),
        traces=tuple(card(row, domain, options.mode) for row in rows[:limit]),
        traces_total=len(rows),
        environment=flat(started()),
        notes=(f"{problems:,} rows cannot be read and are not counted.",) if problems else (),
        seconds=time.monotonic() - began,
    )


def now() -> str:
    """The time in words."""
    return time.strftime("%d %B %Y, %H:%M").lstrip("0")


def noted_options(path: Path) -> MaskOptions:
    """The options of the run that wrote a file; raises InputError for a file that has no note."""
    source = find(str(path))
    note = read_metadata(source)
    if note is None or "options" not in note:
        raise InputError(
            f"{source.files[0].path}: not written by `smepo mask` (its note is missing); "
            "mask it first, or give a run folder"
        )
    return MaskOptions(**note["options"])


def _read(row: Row, options: MaskOptions, audit: bool) -> Prepared:
    """A row as the file has it, with a fresh audit of what it shows."""
    held = Example.from_row(row)
    index = row.columns.get(TRACE)
    done = Prepared(
        row, held.status, held.guidance, held.blanks, index if isinstance(index, int) else 0
    )
    if not audit or done.guidance is None or not isinstance(_trace(done), str):
        return done
    return replace(done, report=judge(row, JudgeOptions(options)).report)


def _trace(prepared: Prepared) -> Any:
    index = prepared.trace_index or 0
    return prepared.row.traces[index] if index < len(prepared.row.traces) else None
