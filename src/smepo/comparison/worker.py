"""One run in a process of its own: ``python -m smepo.comparison.worker RUN.toml``, or the screen
of a family: ``... RUN.toml HARD.jsonl K BELOW``.

Progress goes to stdout as one JSON object a line: stage, done, total, and the step's reward. When
nobody reads any more (the parent was killed), the next line ends this process too.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from smepo.training import RunConfig
    from smepo.training.events import Event, Listener


def main(path: Path, screen: Sequence[str] = ()) -> None:
    """Train as the file says, or screen its rows. Whatever fails ends this process with its
    traceback on stderr.

    The checkpoints of a finished run are deleted: its model stays, and nothing resumes it.
    """
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # libraries print, in C too; the channel is ours alone

    def tell(event: Event) -> None:
        line: dict[str, Any] = {"stage": event.stage, "done": event.done, "total": event.total}
        if "reward" in event.metrics:
            line["reward"] = float(event.metrics["reward"])
        if event.stage == "alarm":
            line["text"] = event.metrics["text"]
        print(json.dumps(line), file=channel, flush=True)

    from smepo.training import load, train
    from smepo.training.quiet import quiet

    with path.with_suffix(".lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # a worker that outlived its parent may still write
        quiet()
        if screen:
            _screen(load(path), screen, tell)
            return
        result = train(load(path), source=path.read_text(encoding="utf-8"), listener=tell)
        shutil.rmtree(result.output_dir / "checkpoints", ignore_errors=True)


def _screen(config: RunConfig, screen: Sequence[str], tell: Listener) -> None:
    from smepo.comparison.screening import find_hard
    from smepo.training.events import Event

    out, k, below = screen
    done = 0

    def progress(n: int) -> None:
        nonlocal done
        done += n
        tell(Event("screen", done, 0))

    find_hard(config, Path(out), int(k), float(below), progress)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
