"""The work folder beside an output: what is done survives a kill, and nothing else is believed.

    OUT.parts/manifest.json   the fingerprint of the run: options, input files, version
    OUT.parts/rows            the encoded batches, one behind the other
    OUT.parts/quarantine      lines of the quarantine file
    OUT.parts/journal         one JSON line a finished batch: where its bytes end, and its tally

A batch counts when its journal line is whole; bytes behind the last such line are cut off.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from smepo.errors import InputError


@contextmanager
def writing(output: Path) -> Iterator[None]:
    """Turn what the file system refuses into an error that names the output."""
    try:
        yield
    except OSError as error:
        raise InputError(
            f"{output}: cannot be written ({error}); what is done so far is kept beside it, "
            "run the same command again to continue"
        ) from error


@dataclass(frozen=True, slots=True)
class Done:
    """A finished batch: where its bytes end in `rows` and `quarantine`, and its tally."""

    rows: int
    quarantine: int
    tally: dict[str, Any]


class Parts:
    """The work folder of one output, locked while it is open."""

    def __init__(self, output: Path, run: Mapping[str, Any]) -> None:
        """Open or make the folder. A folder of a different run is emptied: ``stale`` is then true.

        Raises InputError if another process works on the same output.
        """
        self.folder = output.with_name(output.name + ".parts")
        self.folder.mkdir(parents=True, exist_ok=True)
        self.lock = _lock(self.folder / "lock", output)
        text = json.dumps(run, sort_keys=True)
        self.fingerprint = hashlib.sha256(text.encode()).hexdigest()
        manifest = self.folder / "manifest.json"
        known = _read(manifest)
        self.stale = known is not None and known.get("fingerprint") != self.fingerprint
        self.done: list[Done] = []
        if known is not None and not self.stale:
            self.done = self._load()
        else:
            for name in ("rows", "quarantine", "journal"):
                (self.folder / name).unlink(missing_ok=True)
            _write(manifest, {"fingerprint": self.fingerprint, **run})
        self._files = {name: self._open(name) for name in ("rows", "quarantine", "journal")}

    def add(self, rows: bytes, quarantine: bytes, tally: Mapping[str, Any]) -> None:
        """Append a finished batch: first its bytes to the disk, then the line that counts it."""
        ends = []
        for name, data in (("rows", rows), ("quarantine", quarantine)):
            handle = self._files[name]
            handle.write(data)
            _to_disk(handle)
            ends.append(handle.tell())
        self._append({"rows": ends[0], "quarantine": ends[1], "tally": dict(tally)})
        self.done.append(Done(ends[0], ends[1], dict(tally)))

    def pieces(self) -> Iterator[bytes]:
        """The encoded batches, in order."""
        start = 0
        with (self.folder / "rows").open("rb") as handle:
            for done in self.done:
                if done.rows > start:
                    yield handle.read(done.rows - start)
                start = done.rows

    def copy(self, name: str, path: Path) -> None:
        """Put `rows` or `quarantine` at ``path``, whole or not at all; the original stays."""
        temporary = path.with_name(f".{path.name}.part")
        temporary.unlink(missing_ok=True)
        try:
            os.link(self.folder / name, temporary)
        except OSError:  # a file system without links
            shutil.copyfile(self.folder / name, temporary)
        temporary.replace(path)

    def close(self, *, remove: bool) -> None:
        """Let go of the folder; ``remove`` it when the output stands."""
        for handle in self._files.values():
            handle.close()
        if remove:
            shutil.rmtree(self.folder)
        self.lock.close()

    def _append(self, entry: Mapping[str, Any]) -> None:
        handle = self._files["journal"]
        handle.write((json.dumps(entry) + "\n").encode())
        _to_disk(handle)

    def _load(self) -> list[Done]:
        """The batches whose journal line is whole and whose bytes are there."""
        path = self.folder / "journal"
        lines = path.read_bytes().split(b"\n")[:-1] if path.is_file() else []
        sizes = {name: _size(self.folder / name) for name in ("rows", "quarantine")}
        done: list[Done] = []
        kept = 0
        for line in lines:
            entry = _parsed(line)
            if entry is None or any(entry[name] > sizes[name] for name in sizes):
                break
            done.append(Done(entry["rows"], entry["quarantine"], entry["tally"]))
            kept += len(line) + 1
        if path.is_file():
            os.truncate(path, kept)
        return done

    def _open(self, name: str) -> IO[bytes]:
        """Open for writing behind the last batch that counts."""
        handle = (self.folder / name).open("ab")
        if name != "journal":
            last = self.done[-1] if self.done else Done(0, 0, {})
            handle.truncate(last.rows if name == "rows" else last.quarantine)
        handle.seek(0, os.SEEK_END)
        return handle


def _lock(path: Path, output: Path) -> IO[bytes]:
    handle = path.open("wb")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        handle.close()
        raise InputError(f"{output}: another process is writing it") from error
    return handle


def _to_disk(handle: IO[bytes]) -> None:
    handle.flush()
    os.fsync(handle.fileno())


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _read(path: Path) -> dict[str, Any] | None:
    return _parsed(path.read_bytes()) if path.is_file() else None


def _parsed(data: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(data)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _write(path: Path, value: Mapping[str, Any]) -> None:
    temporary = path.with_name(path.name + ".part")
    temporary.write_text(json.dumps(value, indent=1))
    temporary.replace(path)
