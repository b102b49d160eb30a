"""What a trillion tokens of traces would take, from what one core does here.

    python benchmarks/scale.py                      # masks and audits files of traces, one core
    python benchmarks/scale.py --rate 0.29 --cores 4096   # the plan for a rate measured elsewhere

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


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--files", type=int, default=4, help="copies of the traces, one a file")
    parser.add_argument("--rate", type=float, help="MB of trace a second and core, if known")
    parser.add_argument("--cores", type=int, default=4096)
    options = parser.parse_args()
    rate = options.rate if options.rate is not None else measured(options.files)
    plan(rate, options.cores)


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


def plan(rate: float, cores: int) -> None:
    """Print hours, files and what a lost machine costs."""
    data = TOKENS * BYTES / 1e6  # MB
    core_hours = data / rate / 3600
    hours = core_hours / cores
    shards = math.ceil(data * 1e6 / FILE)
    minutes = FILE / 1e6 / rate / 60
    print(f"\n{TOKENS:.0e} tokens are about {data / 1e6:.1f} TB of trace")
    print(f"{core_hours:,.0f} core hours; on {cores:,} cores {hours:.1f} hours")
    print(f"{shards:,} files of {FILE / 1e6:.0f} MB, {minutes:.0f} minutes of one core each")
    print(f"each core reads {rate:.2f} MB/s: {rate * cores / 1e3:.1f} GB/s in all")
    print(f"a lost machine of 64 cores costs at most {64 * minutes / 60:.0f} core hours")


if __name__ == "__main__":
    main()
