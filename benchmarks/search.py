"""The search index: build time, size, speed and recall, with SQLite's FTS5 beside it.

    python benchmarks/search.py ../shared/data          # recall on public sets, 100,000 passages
    python benchmarks/search.py ../shared/data --passages 1000000

The synthetic corpus has words with the frequencies of Zipf's law; queries are five words of one
passage. Both engines see the same passages and queries in the same run, from one thread and from
eight. FTS5 ranks with its own bm25(), the title weighted as ours is.
"""

from __future__ import annotations

import argparse
import json
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from smepo.search import Index, build

VOCABULARY, QUERIES, K = 50_000, 2000, 5
SETS = {
    "2Wiki 500": ("twowiki_train500", ("twowiki_corpus", "twowiki_train500")),
    "MuSiQue 100": ("musique_train100", ("musique_train100_corpus",)),
    "HotpotQA 100": ("hotpotqa_train100", ("hotpotqa_train100_corpus",)),
}


def synthetic(count: int) -> Iterator[dict[str, str]]:
    """``count`` passages of 60 words from a Zipf vocabulary, the same at every call."""
    rng = random.Random(0)
    weights = [1 / (rank + 10) for rank in range(VOCABULARY)]
    total, cumulated = 0.0, []
    for weight in weights:
        total += weight
        cumulated.append(total)
    names = [f"w{rank:x}" for rank in range(VOCABULARY)]
    for number in range(count):
        words = rng.choices(names, cum_weights=cumulated, k=60)
        yield {"title": f"{words[0]} {number}", "text": " ".join(words)}


def queries(corpus: Path) -> list[str]:
    """Five words of passages that are spread over the corpus."""
    lines = corpus.read_text("utf-8").splitlines()
    rng = random.Random(1)
    texts = [json.loads(line)["text"].split() for line in rng.choices(lines, k=QUERIES)]
    return [" ".join(rng.sample(words, 5)) for words in texts]


def fts5(corpus: Path, file: Path) -> float:
    """Build SQLite's index; the seconds that it took."""
    began = time.perf_counter()
    base = sqlite3.connect(file)
    base.execute("create virtual table p using fts5(title, text, tokenize='porter unicode61')")
    rows = (json.loads(line) for line in corpus.open(encoding="utf-8"))
    base.executemany("insert into p values (?, ?)", ((r["title"], r["text"]) for r in rows))
    base.commit()
    base.close()
    return time.perf_counter() - began


def fts5_search(file: Path) -> Callable[[str], Any]:
    """A search for any of the words, on a connection of its own in every thread."""
    from threading import local

    held = local()

    def search(query: str) -> Any:
        if not hasattr(held, "base"):
            held.base = sqlite3.connect(file)
        match = " OR ".join(f'"{word}"' for word in query.split())
        return held.base.execute(
            "select title from p where p match ? order by bm25(p, 2.0, 1.0) limit ?", (match, K)
        ).fetchall()

    return search


def timed(search: Callable[[str], Any], asked: list[str], threads: int) -> dict[str, float]:
    """Queries a second, and the median and 99th percentile of one, in milliseconds."""

    def one(query: str) -> float:
        began = time.perf_counter()
        search(query)
        return 1000 * (time.perf_counter() - began)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(one, asked[:50]))
        began = time.perf_counter()
        taken = sorted(pool.map(one, asked))
        seconds = time.perf_counter() - began
    return {
        "rate": len(asked) / seconds,
        "p50": statistics.median(taken),
        "p99": taken[int(0.99 * len(taken))],
    }


def folder_size(path: Path) -> float:
    """Megabytes."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file()) / 1e6


def speed(scratch: Path, count: int, asked_fts: int) -> None:
    """The table of both engines over a synthetic corpus."""
    corpus = scratch / "corpus.jsonl"
    with corpus.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(one) + "\n" for one in synthetic(count))
    asked = queries(corpus)
    counts = build(corpus, scratch / "index", threads=2)
    sqlite_seconds = fts5(corpus, scratch / "fts5.db")
    engines = {
        "tantivy": (counts.seconds, scratch / "index", Index.open(scratch / "index").search),
        "FTS5": (sqlite_seconds, scratch / "fts5.db", fts5_search(scratch / "fts5.db")),
    }
    print(f"\n{count:,} passages, {folder_size(corpus):,.0f} MB of JSON lines, {QUERIES:,} queries")
    print(
        f"{'engine':<9}{'build s':>9}{'MB':>8}{'threads':>9}{'a second':>10}{'p50 ms':>9}{'p99':>9}"
    )
    for name, (seconds, path, search) in engines.items():
        for threads in (1, 8):
            some = asked if name == "tantivy" else asked[:asked_fts]
            found = timed(search, some, threads)
            print(
                f"{name:<9}{seconds:>9.1f}{folder_size(path):>8.0f}{threads:>9}"
                f"{found['rate']:>10,.0f}{found['p50']:>9.2f}{found['p99']:>9.2f}"
            )


def gold(record: dict[str, Any]) -> set[str]:
    """The titles that a question needs."""
    if "supporting_facts" in record:
        return {title for title, _ in record["supporting_facts"]}
    return {p["title"] for p in record["paragraphs"] if p["is_supporting"]}


def recall(scratch: Path, data: Path) -> None:
    """Recall of gold titles by the question alone."""
    print(f"\n{'set':<14}{'passages':>10}{'duplicates':>12}{'recall@2':>10}{'recall@5':>10}")
    for name, (questions, corpora) in SETS.items():
        out = scratch / questions
        counts = build([data / "search" / f"{one}.json" for one in corpora], out)
        index = Index.open(out)
        at2 = at5 = 0.0
        rows = json.loads((data / "search" / f"{questions}.json").read_text("utf-8"))
        for row in rows:
            titles = [found.title for found in index.search(row["question"], 5)]
            wanted = gold(row)
            at2 += len(wanted & set(titles[:2])) / len(wanted)
            at5 += len(wanted & set(titles)) / len(wanted)
        print(
            f"{name:<14}{counts.passages:>10,}{counts.duplicates:>12,}"
            f"{100 * at2 / len(rows):>9.1f}%{100 * at5 / len(rows):>9.1f}%"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, nargs="?", help="folder of the public data")
    parser.add_argument("--passages", type=int, default=100_000)
    parser.add_argument("--fts5-queries", type=int, default=300, help="it is slow")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        if args.data is not None:
            recall(Path(scratch), args.data)
        speed(Path(scratch), args.passages, args.fts5_queries)


if __name__ == "__main__":
    main()
