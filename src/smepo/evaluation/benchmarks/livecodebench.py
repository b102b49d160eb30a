"""LiveCodeBench: tests on standard input, and of a method of `Solution`.

Columns: LiveCodeBench/LiveCodeBench, `lcb_runner/benchmarks/code_generation.py`. The hidden tests
of `code_generation_lite` are a pickle of a JSON text, compressed, as base64. A pickle can run
anything when it is loaded, so it is read by an unpickler that finds no class and no function, and
what comes out must be text.
"""

from __future__ import annotations

import base64
import binascii
import io
import json
import pickle
import zlib
from typing import Any, NoReturn

from smepo.data.rows import UnusableError
from smepo.evaluation.benchmarks.benchmark import Asked, Benchmark, Record, has, text
from smepo.evaluation.benchmarks.code import PROGRAM, start_from

LARGEST = 1 << 30  # bytes of unpacked tests: a small column must not fill the memory
_MODULES = (
    "string re datetime collections heapq bisect copy math random statistics itertools functools "
    "operator io sys json typing"
).split()
# what solutions of this benchmark take for granted; built-in names come back behind the stars
SETUP = "\n".join(
    [
        *(f"from {name} import *" for name in _MODULES),
        "from builtins import *",
        *(f"import {name}" for name in _MODULES),
    ]
)


class _TextUnpickler(pickle.Unpickler):
    """Reads plain values alone: every name that a pickle asks for is refused."""

    def find_class(self, module: str, name: str) -> NoReturn:
        raise pickle.UnpicklingError(f"it asks for {module}.{name}")


def unpacked(packed: str, largest: int = LARGEST) -> str:
    """The JSON text in base64 of zlib of a pickle; nothing in it is run.

    Raises ValueError for anything else, and for more than ``largest`` bytes.
    """
    try:
        stream = zlib.decompressobj()
        data = stream.decompress(base64.b64decode(packed, validate=True), largest)
        if stream.unconsumed_tail:
            raise ValueError(f"over {largest:,} bytes when unpacked")
        found = _TextUnpickler(io.BytesIO(data)).load()
    except (binascii.Error, zlib.error, pickle.UnpicklingError, EOFError, IndexError) as error:
        raise ValueError(f"no packed text: {error}") from error
    if not isinstance(found, str):
        raise ValueError(f"a packed {type(found).__name__}, not a text")
    return found


def _tests(row: Record, name: str) -> list[dict[str, Any]]:
    """The tests in a column: a list, its JSON, or that JSON packed. Raises UnusableError."""
    found = row.get(name)
    if found is None or found == "":
        return []
    try:
        if isinstance(found, str):
            found = json.loads(found if found.lstrip()[:1] == "[" else unpacked(found))
    except (ValueError, RecursionError) as error:
        raise UnusableError(name, f"tests that cannot be read: {error}") from error
    if not isinstance(found, list) or not all(
        isinstance(one, dict) and {"input", "output"} <= one.keys() for one in found
    ):
        raise UnusableError(name, "not a list of tests with input and output")
    return found


def _function(row: Record) -> str | None:
    """The method that is called, from the metadata."""
    metadata = row.get("metadata")
    if isinstance(metadata, str) and metadata.strip():
        try:
            metadata = json.loads(metadata)
        except ValueError as error:
            raise UnusableError("metadata", f"not JSON: {error}") from error
    name = metadata.get("func_name") if isinstance(metadata, dict) else None
    return str(name) if name else None


def _read(row: Record) -> Asked:
    tests = [*_tests(row, "public_test_cases"), *_tests(row, "private_test_cases")]
    if not tests:
        raise UnusableError("public_test_cases", "no tests")
    kinds = {str(one.get("testtype", "stdin")) for one in tests}
    target: dict[str, Any] = {
        "inputs": [one["input"] for one in tests],
        "outputs": [one["output"] for one in tests],
        "setup": SETUP,
    }
    question = text(row, "question_content").strip()
    starter = row.get("starter_code")
    form = start_from(starter) if isinstance(starter, str) and starter.strip() else PROGRAM
    if kinds == {"functional"}:
        name = _function(row)
        if name is None:
            raise UnusableError("metadata", "no func_name, so what to call is not known")
        return Asked(question, {**target, "entry_point": f"Solution().{name}"}, form)
    if kinds != {"stdin"}:
        raise UnusableError("public_test_cases", f"tests of kinds {', '.join(sorted(kinds))}")
    return Asked(question, target, f"Read standard input, write standard output. {form}")


LIVECODEBENCH = Benchmark(
    "LiveCodeBench",
    "code",
    "question_content, public_test_cases, private_test_cases",
    lambda rows: has(rows, "question_content", "public_test_cases"),
    _read,
    lambda row: None,
    ids=("question_id",),
)
