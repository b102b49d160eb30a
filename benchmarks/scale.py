"""What a trillion tokens of traces would take, from what one core does here.

    python benchmarks/scale.py                      # masks and audits files of traces, one core
    python benchmarks/scale.py --rate 0.29          # the plan for a rate measured elsewhere

Files are masked as `smepo mask IN/ OUT/` does it: fetched, masked, audited, written, marked.
Processor time, children included, so that other work does not count. Uses the public long
solutions beside the checkout, or the samples, and says which.
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import tempfile
from importlib.resources import files
from pathlib import Path

from smepo import samples
from smepo.pipeline.prepare import MaskOptions
from smepo.pipeline.shards import run_shards

PUBLIC = Path(__file__).resolve().parents[2] / "shared" / "data" / "math" / "scaf800.json"
LONG = {"question": "query", "target": "ground_truth", "traces": ("full_reasoning",)}
SAMPLE = {"question": "question", "target": "target", "traces": ("trace",)}
TOKENS = 1e12
BYTES = 4.0  # of a token of English and LaTeX, about
FILE = 256e6  # bytes of a shard
CORES = 64  # of a machine
MACHINES = (4, 64)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--files", type=int, default=4, help="copies of the traces, one a file")
    parser.add_argument("--rate", type=float, help="MB of trace a second and core, if known")
    options = parser.parse_args()
    rate = options.rate if options.rate is not None else measured(options.files)
    print("\n".join(plan(round(rate, 2))))


def measured(copies: int) -> float:
    """MB of trace a second of one core, masked, audited, read and written."""
    public = PUBLIC.is_file()
    text = PUBLIC.read_text(encoding="utf-8") if public else samples.text("math")
    names = LONG if public else SAMPLE
    rows = json.loads(text) if public else [json.loads(line) for line in text.splitlines()]
    column = names["traces"][0]
    size = sum(len((row.get(column) or "").encode()) for row in rows) * copies / 1e6
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "in")
        source.mkdir()
        for number in range(copies):
            lines = "".join(json.dumps(row) + "\n" for row in rows)
            (source / f"{number:03}.jsonl").write_text(lines, encoding="utf-8")
        before = processor_seconds()
        summary = run_shards(str(source), f"{folder}/out/", MaskOptions("math"), names, workers=1)
        spent = processor_seconds() - before
    compiled = files("smepo").joinpath("compiled.json").is_file()
    print(
        f"{'public long solutions' if public else 'samples'}, {size:.1f} MB of trace in {copies} "
        f"files, {summary.tally.counts['rows']:,} rows; modules "
        f"{'compiled' if compiled else 'not compiled'}"
    )
    print(f"{spent:.1f} s of processor: {size / spent:.2f} MB of trace a second and core")
    return size / spent


def processor_seconds() -> float:
    """Of this process and its finished children."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    theirs = resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + theirs.ru_utime + theirs.ru_stime


def plan(rate: float) -> list[str]:
    """The table of docs/scale.md: machines and hours, shuffles, and what a failure costs."""
    data = TOKENS * BYTES / 1e6  # MB
    core_hours = data / rate / 3600
    shards = math.ceil(data * 1e6 / FILE)
    minutes = FILE / 1e6 / rate / 60
    lost = CORES * minutes / 60
    machines = [
        f"{number} machines of {CORES} cores | {core_hours / (number * CORES):.1f} hours"
        for number in MACHINES
    ]
    most = max(MACHINES) * CORES
    rows = [
        f"| {TOKENS:.0e} tokens, {BYTES:g} bytes each",
        f"text of traces | {data / 1e6:.1f} TB",
        f"work, at {rate:.2f} MB/s a core | {core_hours:,.0f} core hours",
        *machines,
        f"files of {FILE / 1e6:.0f} MB | {shards:,}, {minutes:.0f} minutes of one core each",
        f"read and written | {rate:.2f} MB/s a core each way, {rate * most / 1e3:.1f} GB/s for "
        f"{most:,} cores",
        "shuffled between machines | 0 bytes of rows; counts, a few kB a file",
        f"a lost machine of {CORES} cores | at most {CORES} files begun: {lost:.0f} core hours, "
        f"{lost / core_hours:.1%} of the work",
        f"the last files | at worst {minutes:.0f} minutes in which most cores idle",
    ]
    head, *body = (f"| {row} |" for row in rows)
    return [head, "|---|---|", *body]


if __name__ == "__main__":
    main()
