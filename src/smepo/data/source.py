"""Which files an input means: one file, a folder, a glob, or a Hugging Face `datasets` folder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from smepo.errors import InputError

Format = Literal["jsonl", "json", "parquet", "arrow"]

SUFFIXES: dict[str, Format] = {
    ".jsonl": "jsonl",
    ".jsonl.gz": "jsonl",
    ".ndjson": "jsonl",
    ".ndjson.gz": "jsonl",
    ".json": "json",
    ".json.gz": "json",
    ".parquet": "parquet",
    ".arrow": "arrow",
}
QUARANTINE_SUFFIX = ".quarantine.jsonl"
SIDECAR_SUFFIX = ".smepo.json"
_ASIDE = (QUARANTINE_SUFFIX, SIDECAR_SUFFIX, "dataset_info.json", "state.json")


@dataclass(frozen=True, slots=True)
class InputFile:
    """One data file. ``size`` (bytes) and ``mtime_ns`` tell a changed file from a finished one."""

    path: str
    format: Format
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Source:
    """The files of one input, in reading order, all of one format."""

    name: str
    files: tuple[InputFile, ...]

    @property
    def format(self) -> Format:
        return self.files[0].format

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return sum(file.size for file in self.files)


def format_of(path: str | Path) -> Format | None:
    """The format that a file name announces, or None."""
    name = Path(path).name.lower()
    if name.endswith(_ASIDE):
        return None
    fits = [suffix for suffix in SUFFIXES if name.endswith(suffix)]
    return SUFFIXES[max(fits, key=len)] if fits else None


def find(path: str | Path) -> Source:
    """The data files behind ``path``.

    A folder that `datasets.save_to_disk` wrote gives its arrow files in the order of `state.json`;
    any other folder gives the data files directly in it, a glob those that match, both by name.
    Raises InputError if nothing is there, the suffix says nothing, or formats are mixed.
    """
    name = str(path)
    if any(sign in name for sign in "*?[") and not Path(name).exists():
        paths = _glob(name)
    elif Path(name).is_dir():
        paths = _folder(Path(name))
    elif Path(name).is_file():
        paths = [Path(name)]
    else:
        raise InputError(f"{name}: no such file or folder")
    files = tuple(_input_file(file) for file in paths)
    if len({file.format for file in files}) > 1:
        kinds = ", ".join(sorted({file.format for file in files}))
        raise InputError(
            f"{name}: holds files of several formats ({kinds}); "
            f"name those that you mean with a glob, such as '{name}/*.parquet'"
        )
    return Source(name, files)


def _input_file(path: Path) -> InputFile:
    form = format_of(path)
    if form is None:
        raise InputError(
            f"{path}: unknown kind of file {path.suffix!r}; give one of {', '.join(SUFFIXES)}"
        )
    state = path.stat()
    return InputFile(str(path), form, state.st_size, state.st_mtime_ns)


def _glob(pattern: str) -> list[Path]:
    import glob

    found = [Path(name) for name in sorted(glob.glob(pattern, recursive=True))]  # noqa: PTH207
    paths = [path for path in found if path.is_file() and format_of(path)]
    if not paths:
        raise InputError(f"{pattern}: no data file matches")
    return paths


def _folder(folder: Path) -> list[Path]:
    if (folder / "dataset_dict.json").is_file():
        splits = _json(folder / "dataset_dict.json").get("splits", [])
        if len(splits) != 1:
            choices = ", ".join(str(folder / split) for split in splits)
            raise InputError(f"{folder}: holds several splits; give one of {choices}")
        return _folder(folder / splits[0])
    if (folder / "state.json").is_file():
        return _saved_dataset(folder)
    paths = [
        path
        for path in sorted(folder.iterdir())
        if path.is_file() and not path.name.startswith((".", "_")) and format_of(path)
    ]
    if not paths:
        raise InputError(
            f"{folder}: holds no data file ({', '.join(SUFFIXES)}) itself; "
            f"for files in its subfolders give a glob, such as '{folder}/**/*.parquet'"
        )
    return paths


def _saved_dataset(folder: Path) -> list[Path]:
    state = _json(folder / "state.json")
    if state.get("_indices_data_files") or state.get("_indices_files"):
        raise InputError(
            f"{folder}: was saved with an index over its rows; "
            "save it again after `dataset.flatten_indices()`"
        )
    paths = [folder / entry["filename"] for entry in state.get("_data_files", [])]
    missing = [str(path) for path in paths if not path.is_file()]
    if missing or not paths:
        raise InputError(f"{folder}: state.json names files that are not there: {missing}")
    return paths


def _json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"{path}: not JSON ({error})") from error
    if not isinstance(value, dict):
        raise InputError(f"{path}: expected an object")
    return value
