"""What the benchmarks measure on: public data beside the checkout, else the package's samples."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from smepo import samples
from smepo.data import read_rows

PUBLIC = Path(__file__).resolve().parent.parent.parent / "shared" / "data"


@dataclass(frozen=True, slots=True)
class Item:
    """A problem with its trace. ``aliases`` and ``target`` as the domain needs them."""

    question: str
    target: Any
    trace: Any
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Data:
    """Problems of a domain and what to call them."""

    name: str
    domain: str
    items: list[Item]


def scaf() -> Data:
    path = PUBLIC / "math" / "scaf800.json"
    if not path.is_file():
        return sampled("math")
    rows = json.loads(path.read_text("utf-8"))
    items = [Item(row["query"], row["ground_truth"], row["full_reasoning"]) for row in rows]
    return Data("scaf800", "math", items)


def math() -> Data:
    """All rows of math in one order, drawn once: none stands twice."""
    data, folder = scaf(), PUBLIC / "math"
    if data.name != "scaf800":
        return data
    items = list(data.items)
    for name in ("aime_1983_2023.json", "gsm8k_train.jsonl", "gsm8k_test.jsonl", "math500.jsonl"):
        items += [Item(row.question, row.target, row.traces[0]) for row in read_rows(folder / name)]
    random.Random(0).shuffle(items)
    return Data("scaf800, AIME, GSM8K, MATH-500", "math", items)


def leetcode() -> Data:
    path = PUBLIC / "code" / "leetcode_train.jsonl.gz"
    if not path.is_file():
        return sampled("code")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    items = [
        Item(row["query"], {"entry_point": row["entry_point"]}, row["response"]) for row in rows
    ]
    return Data("LeetCode", "code", items)


def fireact() -> Data:
    """Lists of messages, as they stand in the file."""
    path = PUBLIC / "search" / "fireact_hotpotqa.jsonl"
    if not path.is_file():
        return sampled("search")
    rows = [json.loads(line)["messages"] for line in path.read_text("utf-8").splitlines()]
    items = [Item(row[0]["content"], None, row) for row in rows]
    return Data("FireAct messages", "search", items)


def twowiki() -> Data | None:
    """Trajectories of our converter; None where the data is absent."""
    path = PUBLIC / "search" / "twowiki_train500.json"
    if not path.is_file():
        return None
    from smepo.data.convert import UnusableError, converter

    items = []
    for record in json.loads(path.read_text("utf-8")):
        try:
            row = converter("twowiki")(record, "react")
        except UnusableError:
            continue
        items.append(Item(row.question, row.target, row.trace, tuple(row.aliases)))
    return Data("2Wiki trajectories", "search", items)


def sampled(domain: str) -> Data:
    """The samples, each many times: the public data is absent."""
    rows = samples.load(domain) * 20
    items = [Item(row.question, row.target, row.traces[0]) for row in rows]
    return Data(f"samples ({domain}; the public data is absent)", domain, items)


def repeated(data: Data, size: int) -> Iterator[dict[str, Any]]:
    """Rows with ids of their own, over and over, until their JSON text holds ``size`` bytes."""
    number = written = 0
    while written < size:
        item = data.items[number % len(data.items)]
        row = {"id": number, "question": item.question, "target": item.target, "trace": item.trace}
        written += len(json.dumps(row, ensure_ascii=False).encode()) + 1
        number += 1
        yield row


def write(path: Path, data: Data, size: int) -> int:
    """Write ``size`` bytes of rows to a jsonl or parquet file; returns their number."""
    count = 0
    if path.suffix == ".jsonl":
        with path.open("w", encoding="utf-8") as file:
            for row in repeated(data, size):
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
                count += 1
        return count
    import pyarrow as pa
    import pyarrow.parquet as pq

    writer, held = None, []
    for row in repeated(data, size):
        held.append(row)
        count += 1
        if len(held) == 10_000:
            writer = _group(pa, pq, path, writer, held)
            held = []
    _group(pa, pq, path, writer, held).close()
    return count


def _group(pa: Any, pq: Any, path: Path, writer: Any, rows: list[dict[str, Any]]) -> Any:
    table = pa.Table.from_pylist(rows)
    writer = writer or pq.ParquetWriter(path, table.schema)
    writer.write_table(table)
    return writer
