"""An index of passages on disk: BM25 over titles, aliases and texts, by tantivy.

A folder that is memory-mapped, so that any number of processes read it at once. It is built beside
its place and put there whole. A build that was cut off goes on: documents are added in the order of
the corpus, so the number of those that are committed tells how many passages to pass over.
"""

from __future__ import annotations

import json
import shutil
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import blake2b
from itertools import chain
from pathlib import Path
from typing import Any

from smepo.data.records import Problem
from smepo.data.source import find
from smepo.errors import ConfigError, InputError, MissingExtraError
from smepo.search.corpus import Passage, read

try:
    import tantivy
except ImportError:  # training and the exports import this room; only an index needs it
    tantivy = None

NOTE = "smepo_index.json"  # written last: a folder without it is no finished index
VERSION = 1
COMMIT = 100_000  # passages between two commits
MEMORY = 256 << 20  # bytes that the writer may hold
BOOSTS = {"title": 2.0, "alias": 1.5, "text": 1.0}
TERMS = 64  # different terms of a query that are looked up; a longer one is cut, not refused


@dataclass(frozen=True, slots=True)
class Found:
    """A passage that was found, and its BM25 score."""

    title: str
    text: str
    score: float


@dataclass(slots=True)
class Counts:
    """What became of a corpus. ``broken`` counts records without a passage, by reason;
    ``examples`` holds the first of them with file and row."""

    passages: int = 0
    duplicates: int = 0
    broken: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)
    resumed_from: int = 0
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {**values, "broken": dict(self.broken)}


def build(
    corpus: str | Path | Sequence[str | Path],
    out: str | Path,
    *,
    threads: int = 1,
    progress: Callable[[int], None] = lambda passages: None,
) -> Counts:
    """Index ``corpus`` (a file, folder or glob, or several) into the folder ``out``.

    Passages with the same title and text count once. A build into the same folder that was cut off
    goes on; the finished index finds the same, its files may differ in their names.

    Raises:
        InputError: the corpus cannot be read, holds no passage, or is another than that of the
            build that was cut off.
        ConfigError: ``out`` exists.
    """
    _need_tantivy()
    began = time.monotonic()
    named = [corpus] if isinstance(corpus, str | Path) else corpus
    sources, target = [find(one) for one in named], Path(out)
    if target.exists():
        raise ConfigError(f"{target}: exists; give another folder, or remove it")
    part = target.with_name(f".{target.name}.part")
    _claim(part, [asdict(file) for source in sources for file in source.files])
    index = tantivy.Index(_schema(), path=str(part / "index"))
    index.register_tokenizer("words", _analyzer())
    writer = index.writer(heap_size=MEMORY, num_threads=threads)
    index.reload()
    counts = Counts(resumed_from=index.searcher().num_docs)
    for passage in _unique(chain.from_iterable(map(read, sources)), counts):
        counts.passages += 1
        if counts.passages > counts.resumed_from:
            writer.add_document(_document(passage))
            if counts.passages % COMMIT == 0:
                writer.commit()
        if counts.passages % 1000 == 0:
            progress(counts.passages)
    if not counts.passages:
        shutil.rmtree(part)
        raise InputError(f"{', '.join(map(str, named))}: no passage in it: {_why(counts)}")
    writer.commit()
    writer.wait_merging_threads()
    counts.seconds = time.monotonic() - began
    note = {"version": VERSION, "corpus": [str(one) for one in named], **counts.as_json()}
    _write(part / NOTE, note)
    part.rename(target)
    progress(counts.passages)
    return counts


def _claim(part: Path, files: Sequence[dict[str, Any]]) -> None:
    """Make the folder of a build, or check that the one that is there is of the same corpus."""
    note = part / "corpus.json"
    if note.is_file():
        if json.loads(note.read_text(encoding="utf-8")) != list(files):
            raise InputError(
                f"{part}: a build of another corpus was cut off here; remove the folder"
            )
        return
    shutil.rmtree(part, ignore_errors=True)
    (part / "index").mkdir(parents=True)
    _write(note, files)


def _write(path: Path, value: Any) -> None:
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    temporary.replace(path)


def _unique(found: Iterator[Passage | Problem], counts: Counts) -> Iterator[Passage]:
    """The passages that are new; the others and the broken ones are counted."""
    seen: set[bytes] = set()
    for one in found:
        if isinstance(one, Problem):
            counts.broken[one.reason] += 1
            if len(counts.examples) < 5:
                where = f"{one.location.file}, row {one.location.row}"
                counts.examples.append(f"{where}, column {one.column}: {one.reason}")
            continue
        key = blake2b(f"{one.title}\0{one.text}".encode(), digest_size=8).digest()
        if key in seen:
            counts.duplicates += 1
            continue
        seen.add(key)
        yield one


def _why(counts: Counts) -> str:
    return "; ".join(counts.examples) or "it is empty"


def _need_tantivy() -> None:
    if tantivy is None:
        raise MissingExtraError("an index needs tantivy: pip install 'smepo[search]'")


def _analyzer() -> Any:
    """Words in small letters without accents, stemmed; very long ones are left out."""
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    for step in (
        tantivy.Filter.remove_long(80),
        tantivy.Filter.lowercase(),
        tantivy.Filter.ascii_fold(),
        tantivy.Filter.stemmer("english"),
    ):
        builder = builder.filter(step)
    return builder.build()


def _schema() -> Any:
    builder = tantivy.SchemaBuilder()
    for name in BOOSTS:
        builder.add_text_field(name, stored=name != "alias", tokenizer_name="words")
    builder.add_text_field("key", stored=False, tokenizer_name="raw", index_option="basic")
    return builder.build()


def _document(passage: Passage) -> Any:
    keys = {key_of(name) for name in (passage.title, *passage.aliases)}
    return tantivy.Document(
        title=passage.title,
        text=passage.text,
        alias=list(passage.aliases),
        key=sorted(keys),
    )


def key_of(title: str) -> str:
    """A title as `Index.read` compares it: without accents, case and outer punctuation."""
    plain = unicodedata.normalize("NFKD", title)
    letters = "".join(c for c in plain if not unicodedata.combining(c)).casefold()
    return " ".join(letters.strip(" \t\n\"'`.,;:!?").split())


class Index:
    """A finished index. Safe to share between threads; every process opens its own."""

    def __init__(self, index: Any, note: dict[str, Any]) -> None:
        self._schema = index.schema
        self._searcher = index.searcher()
        self._words = _analyzer()
        self.note = note

    @staticmethod
    def open(path: str | Path) -> Index:
        """The index in a folder that `build` made.

        Raises InputError if there is none, or one of another version.
        """
        note = Path(path) / NOTE
        if not note.is_file():
            raise InputError(f"{path}: no index; make one with `smepo index CORPUS {path}`")
        held = json.loads(note.read_text(encoding="utf-8"))
        if held.get("version") != VERSION:
            raise InputError(
                f"{path}: an index of version {held.get('version')}, this reads {VERSION}; "
                "build it again"
            )
        _need_tantivy()
        index = tantivy.Index.open(str(Path(path) / "index"))
        index.register_tokenizer("words", _analyzer())
        return Index(index, held)

    def __len__(self) -> int:
        return int(self._searcher.num_docs)

    def search(self, query: str, k: int = 5) -> list[Found]:
        """The ``k`` best passages for any text, best first; none for a text without words.

        The text is no query language: its words are looked up in titles, aliases and texts, with
        the boosts of `BOOSTS`, and their BM25 scores are added. Passages with equal scores come in
        an order that belongs to the files of the index.
        """
        words = dict.fromkeys(self._words.analyze(_utf8(query)))
        terms = [
            (
                tantivy.Occur.Should,
                tantivy.Query.boost_query(
                    tantivy.Query.term_query(self._schema, name, word), boost
                ),
            )
            for word in list(words)[:TERMS]
            for name, boost in BOOSTS.items()
        ]
        if not terms or k < 1:
            return []
        return self._found(tantivy.Query.boolean_query(terms), k)

    def read(self, title: str) -> Found | None:
        """The passage of that title or alias, compared by `key_of`; the first of several."""
        query = tantivy.Query.term_query(self._schema, "key", key_of(_utf8(title)), "basic")
        found = self._found(query, 1)
        return found[0] if found else None

    def _found(self, query: Any, k: int) -> list[Found]:
        hits = self._searcher.search(query, k, count=False).hits
        documents = [(score, self._searcher.doc(address)) for score, address in hits]
        return [Found(d["title"][0], d["text"][0], float(score)) for score, d in documents]


def _utf8(text: str) -> str:
    """Without lone surrogates, which cannot be passed on."""
    return text.encode("utf-8", "replace").decode("utf-8")
