"""The work folder beside an output: what is done survives a kill, and nothing else is believed.

    OUT.parts/manifest.json   the fingerprint of the run: options, input files, version
    OUT.parts/rows            the encoded batches, one behind the other
    OUT.parts/quarantine      lines of the quarantine file
    OUT.parts/journal         one JSON line a finished batch: where its bytes end, and its tally

A batch counts when its journal line is whole and its bytes have the checksum noted there; whatever
stands behind the last such batch is cut off. So nothing waits for the disk while the run works.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import zlib
from array import array
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import FileIO
from pathlib import Path
from typing import IO, Any

from smepo.data.output import replace
from smepo.errors import InputError
from smepo.pipeline.tally import Tally

_FORMAT = 2  # of the journal
_BATCHES = ("rows", "quarantine")  # the files that hold the bytes of batches


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


class Parts:
    """The work folder of one output, locked while it is open.

    ``found``: how many finished batches it held when it was opened; ``done``: how many it holds;
    ``tally``: of all of them.
    """

    def __init__(self, output: Path, run: Mapping[str, Any]) -> None:
        """Open or make the folder. A folder of a different run is emptied: ``stale`` is then true.

        Raises InputError if another process works on the same output.
        """
        self.folder = output.with_name(output.name + ".parts")
        self.folder.mkdir(parents=True, exist_ok=True)
        self.lock = _lock(self.folder / "lock", output)
        run = {"journal": _FORMAT, **run}
        text = json.dumps(run, sort_keys=True)
        self.fingerprint = hashlib.sha256(text.encode()).hexdigest()
        manifest = self.folder / "manifest.json"
        known = _read(manifest)
        self.stale = known is not None and known.get("fingerprint") != self.fingerprint
        self.tally = Tally()
        self._ends = {name: array("Q") for name in _BATCHES}
        if known is not None and not self.stale:
            self._load()
        else:
            for name in (*_BATCHES, "journal"):
                (self.folder / name).unlink(missing_ok=True)
            _write(manifest, {"fingerprint": self.fingerprint, **run})
        self.found = self.done = len(self._ends["rows"])
        self._files = {name: self._open(name) for name in (*_BATCHES, "journal")}

    def add(self, rows: bytes, quarantine: bytes, tally: Tally) -> None:
        """Append a finished batch: first its bytes, then the line that counts it."""
        entry: dict[str, Any] = {}
        for name, data in zip(_BATCHES, (rows, quarantine), strict=True):
            handle = self._files[name]
            _write_all(handle, data)
            entry[name] = [handle.tell(), zlib.crc32(data)]
        line = json.dumps({**entry, "tally": tally.as_json()}) + "\n"
        _write_all(self._files["journal"], line.encode())
        self.tally.merge(tally)
        self.done += 1

    def pieces(self) -> Iterator[bytes]:
        """The encoded batches that were there when the folder was opened, in order."""
        with (self.folder / "rows").open("rb") as handle:
            start = 0
            for end in self._ends["rows"]:
                yield handle.read(end - start)
                start = end

    def copy(self, name: str, path: Path) -> None:
        """Put `rows` or `quarantine` at ``path``, whole or not at all; the original stays."""
        temporary = path.with_name(f".{path.name}.part")
        temporary.unlink(missing_ok=True)
        try:
            os.link(self.folder / name, temporary)
        except OSError:  # a file system without links
            shutil.copyfile(self.folder / name, temporary)
        replace(temporary, path)

    def close(self, *, remove: bool) -> None:
        """Let go of the folder; ``remove`` it when the output stands."""
        for handle in self._files.values():
            handle.close()
        if remove:
            shutil.rmtree(self.folder)
        self.lock.close()

    def _load(self) -> None:
        """Take the batches whose journal line is whole and whose bytes are as it says."""
        path = self.folder / "journal"
        for name in (*_BATCHES, "journal"):
            (self.folder / name).touch()
        kept = 0
        with (
            path.open("rb") as journal,
            (self.folder / "rows").open("rb") as rows,
            (self.folder / "quarantine").open("rb") as quarantine,
        ):
            for line in journal:
                entry = _parsed(line) if line.endswith(b"\n") else None
                files = zip(_BATCHES, (rows, quarantine), strict=True)
                if entry is None or not all(_holds(file, *entry[name]) for name, file in files):
                    break
                for name in _BATCHES:
                    self._ends[name].append(entry[name][0])
                self.tally.merge(Tally.from_json(entry["tally"]))
                kept += len(line)
        os.truncate(path, kept)

    def _open(self, name: str) -> FileIO:
        """Open for writing behind the last batch that counts."""
        handle = FileIO(self.folder / name, "ab")
        if name != "journal":
            ends = self._ends[name]
            handle.truncate(ends[-1] if ends else 0)
        handle.seek(0, os.SEEK_END)
        return handle


def _write_all(handle: FileIO, data: bytes) -> None:
    """Hand all of ``data`` to the system, where a kill of this process cannot undo it."""
    left = memoryview(data)
    while left:
        left = left[handle.write(left) :]


def _holds(file: IO[bytes], end: int, checksum: int) -> bool:
    """True if the bytes from where ``file`` stands up to ``end`` are those that were written."""
    data = file.read(end - file.tell())
    return file.tell() == end and zlib.crc32(data) == checksum


def _lock(path: Path, output: Path) -> IO[bytes]:
    handle = path.open("wb")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        handle.close()
        raise InputError(f"{output}: another process is writing it") from error
    return handle


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
