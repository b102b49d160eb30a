"""How long a page with many traces takes to open: `python benchmarks/report.py [N] [WORDS]`.

Times headless Chromium from the request of the file to the first trace on the screen, and a search
through all of them. Needs Playwright and a Chromium.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from browser import chromium
from smepo.report import Part, ReportData, TraceCard, build
from smepo.types import Blank, Kind, Role, Status


def trace(n: int, words: int) -> TraceCard:
    """A trace of ``words`` words, a blank in every tenth."""
    text, blanks = "", []
    for at in range(words):
        if at % 10 == 9:
            number = str(n * words + at)
            begin = len(text)
            blanks.append(
                Blank(
                    Kind.NUMBER, Role.RESULT, begin, begin + len(number), number, f"[NUMBER_{at}]"
                )
            )
            text += f"{number} "
        else:
            text += f"word{(n * 7 + at * 13) % 997} "
    status = Status.CLEAN
    return TraceCard(
        f"row-{n}",
        "math",
        "critical-path",
        status,
        f"Question {n}?",
        "42",
        (Part(text, tuple(blanks)),),
    )


def main(count: int, words: int) -> None:
    traces = tuple(trace(n, words) for n in range(count))
    data = ReportData("many traces", "now", "benchmarks/report.py", (), traces, count)
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        began = time.perf_counter()
        page = build(data, Path(folder) / "page.html")
        size = page.stat().st_size / 1e6
        print(
            f"{count:,} traces of {words} words: {size:.1f} MB, {time.perf_counter() - began:.1f} s"
        )
        for attempt in range(3):
            tab = browser.new_page()
            began = time.perf_counter()
            tab.goto(page.as_uri(), wait_until="commit")
            tab.wait_for_selector("#traces-viewer[data-ready] article .side")
            opened = time.perf_counter() - began
            began = time.perf_counter()
            tab.get_by_role("searchbox").fill(f"question {count - 1}?")
            tab.wait_for_selector(f"text=1 of {count:,} traces")
            print(f"{attempt + 1}: open {opened:.2f} s, search {time.perf_counter() - began:.2f} s")
            tab.close()


if __name__ == "__main__":
    main(*(int(x) for x in (*sys.argv[1:], *("10000", "200")[len(sys.argv) - 1 :])))
