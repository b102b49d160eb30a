"""The same work under Ray Data, for inputs that take more than one machine.

    one reader -> batches -> tasks on all nodes -> finished batches in order -> this process writes

Reading is some hundred times cheaper than masking with an audit, so one reader feeds a cluster, and
the batches, their order and so the bytes of the output are those of the local engine. The reader
runs on the machine that starts the run; other machines need the package, and the modules of an own
domain or verifier, but not the files.
"""

from __future__ import annotations

import functools
import logging
import pickle
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

import pyarrow as pa
import ray
from ray.data import DataContext, Datasource, ReadTask, from_items, read_datasource
from ray.data.block import BlockMetadata
from ray.exceptions import RayTaskError

from smepo.data.readers import Batch, batches
from smepo.data.source import Source
from smepo.errors import SmepoError
from smepo.pipeline.work import Piece

BLOCK = 2 << 20  # bytes of batches that one task gets, so that a task takes a second or less
_COLUMN = "pickled"


def on_ray(
    job: Callable[[Batch], Piece], source: Source, skip: int, tasks: int | None = None
) -> Iterator[Piece]:
    """``job`` of each batch of ``source`` behind the first ``skip``, in order.

    Joins the cluster that `ray.init` finds (`RAY_ADDRESS`, or one on this machine), else starts Ray
    here for the time of the run. ``tasks``: at most so many at once; None: as many as cores.
    Raises SmepoError if a task fails.
    """
    with _cluster():
        reader = {"ray.io/node-id": ray.get_runtime_context().get_node_id()}
        rows = read_datasource(_Batches(source, skip), num_cpus=0, label_selector=reader)
        yield from _mapped(job, rows, tasks, ordered=True)


def each_on_ray(
    job: Callable[[Any], Any], items: Sequence[Any], tasks: int | None
) -> Iterator[Any]:
    """``job`` of each item, one task an item, in the order in which they end; else as `on_ray`."""
    with _cluster():
        held = [{_COLUMN: pickle.dumps(item)} for item in items]
        rows = from_items(held, override_num_blocks=len(held))
        yield from _mapped(job, rows, tasks, ordered=False)


@contextmanager
def _cluster() -> Iterator[None]:
    """Ray for as long as it takes; errors of tasks are ours."""
    own = not ray.is_initialized()
    if own:
        ray.init(include_dashboard=False, log_to_driver=False, logging_level=logging.WARNING)
    try:
        yield
    except RayTaskError as error:
        raise SmepoError(f"a Ray task failed: {error}") from error
    finally:
        if own:
            ray.shutdown()


def _mapped(
    job: Callable[[Any], Any], rows: Any, tasks: int | None, *, ordered: bool
) -> Iterator[Any]:
    cores = int(ray.cluster_resources().get("CPU", 1))
    done = rows.map_batches(
        functools.partial(_work, pickle.dumps(job), tuple(sys.path)),
        batch_size=None,
        batch_format="pyarrow",
        num_cpus=1,
        concurrency=tasks if tasks and tasks < cores else None,
        max_retries=3,  # of a task whose process died; without it Ray tries for ever
    )
    _adjust(done.context, ordered=ordered)
    for row in done.iter_rows():
        yield pickle.loads(row[_COLUMN])


def _adjust(context: DataContext, *, ordered: bool) -> None:
    """Order is what makes the bytes the same; small blocks are what spreads one file over tasks."""
    context.execution_options.preserve_order = ordered
    context.target_max_block_size = BLOCK
    context.target_min_block_size = 0
    context.enable_progress_bars = False
    logging.getLogger("ray.data").setLevel(logging.WARNING)


class _Batches(Datasource):  # type: ignore[misc]
    """The batches of an input behind the first ``skip``, one a row, out of one task."""

    def __init__(self, source: Source, skip: int) -> None:
        self.source = source
        self.skip = skip

    def estimate_inmemory_data_size(self) -> int:
        return self.source.size

    def get_read_tasks(self, parallelism: int, *more: Any, **options: Any) -> list[ReadTask]:
        unknown = BlockMetadata(num_rows=None, size_bytes=None, input_files=None, exec_stats=None)
        return [ReadTask(functools.partial(_read, self.source, self.skip), unknown)]


def _read(source: Source, skip: int) -> Iterator[pa.Table]:
    for batch in islice(batches(source), skip, None):
        yield _table([batch])


def _work(job: bytes, path: Sequence[str], held: pa.Table) -> pa.Table:
    # Ray tells its workers where the package is, not where an own domain or verifier is
    sys.path += [folder for folder in path if folder not in sys.path]
    function: Callable[[Any], Any] = pickle.loads(job)
    return _table([function(pickle.loads(data.as_py())) for data in held.column(_COLUMN)])


def _table(values: Iterable[Any]) -> pa.Table:
    return pa.table({_COLUMN: pa.array([pickle.dumps(one) for one in values], pa.large_binary())})
