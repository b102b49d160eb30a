"""Peak memory of `smepo mask` over its run: the parent and its workers."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import traces

COMMAND = "from smepo.cli import main; import sys; sys.exit(main())"


def measure(size: int, suffix: str, *, audit: bool) -> None:
    """Mask ``size`` MB of generated rows and print the peaks, in MB, and where they stood early."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / f"in.{suffix}"
        rows = traces.write(source, traces.scaf(), size * 10**6)
        command = [
            *(sys.executable, "-c", COMMAND, "mask", str(source), f"{folder}/out.{suffix}"),
            *("--domain", "math", "--mode", "critical-path" if audit else "paper"),
            *("--question", "question", "--target", "target", "--trace", "trace"),
            *("--id", "id", "--json", *([] if audit else ["--no-audit"])),
        ]
        began = time.monotonic()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        early = watch(process, 10)  # seconds: by then every buffer has been filled once
        peaks = watch(process, None)
        seconds = time.monotonic() - began
        if process.returncode:
            raise SystemExit(f"smepo mask ended with {process.returncode}")
    parent, workers = peaks.pop(process.pid, early[process.pid]), max({**early, **peaks}.values())
    print(
        f"{size:>6} MB of {suffix}, {rows:,} rows in {seconds:.0f} s: peak {parent:.0f} MB in the "
        f"parent, {workers:.0f} in a worker; after 10 s {early[process.pid]:.0f} and "
        f"{max(v for k, v in early.items() if k != process.pid):.0f}",
        flush=True,
    )


def watch(process: subprocess.Popen[bytes], seconds: float | None) -> dict[int, float]:
    """The highest memory so far (VmHWM, MB) of a process and its children, by pid."""
    peaks: dict[int, float] = {}
    until = None if seconds is None else time.monotonic() + seconds
    while process.poll() is None and (until is None or time.monotonic() < until):
        for pid in [process.pid, *children(process.pid)]:
            # the last is the highest; the first of a child may be its parent's, before it is itself
            peaks[pid] = high_water(pid) or peaks.get(pid, 0.0)
        time.sleep(0.2)
    return peaks


def children(pid: int) -> list[int]:
    """Children of all threads of a process; that of multiprocessing's tracker is among them."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += map(int, task.read_text().split())
        except OSError:  # it just ended
            continue
    return found


def high_water(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1e3 for line in lines if line.startswith("VmHWM")), 0.0)
