"""Names in a text: runs of capitalised words, and quoted titles."""

from __future__ import annotations

import re
from typing import Final

from smepo.masking.search import folding
from smepo.masking.search.common import COMMON, LINKING, ORDINARY, PARTICLES, SMALL_NAMES
from smepo.masking.search.words import Words, is_capital, is_word

_BLOCKS = (*range(0x250), *range(0x370, 0x590), *range(0x1E00, 0x2000))
_UPPER = "".join(chr(c) for c in _BLOCKS if chr(c).isupper() or chr(c).istitle())
_CUT = (
    "born|based|speaking|language|winning|led|style|like|made|owned|related|themed|era|bred|trained"
)
_LETTERS = r"[\w\u0300-\u036f$]*"
_WORD = (
    rf"(?:(?:[dDlL]['’]|[a-z]l-|Mc|Mac|O['’]|[a-z](?=[{_UPPER}]))?[{_UPPER}]"
    rf"{_LETTERS}(?:(?:['’](?![sS]\b)(?=\w)|[-‐‑](?!(?:{_CUT})\b)(?=\w)|[/+](?=[{_UPPER}])|[&](?=\w))"
    rf"{_LETTERS})*!?)"
)
_INITIALS = rf"(?:(?:[{_UPPER}]\.){{2,}}[{_UPPER}](?!\w)|(?:[{_UPPER}]\.)+(?![{_UPPER}]?\w))"
_TITLES = "St|Mr|Mrs|Ms|Dr|Jr|Sr|Inc|Co|Ltd|Mt|Ft|Prof|Rev|Gen|Sgt|Capt|Lt|Col|Gov|Sen|Bros"
_ABBREVIATED = rf"(?:{_TITLES})\."
_SPOKEN = r"(?!(?:I|You|We|They|He|She|It|That|There|Who|What)['’](?:ll|ve|d|m|re)\b)"
_TOKEN = rf"(?:{_ABBREVIATED}|{_INITIALS}|{_SPOKEN}{_WORD})"
_MOST_WORDS: Final = 24  # that follow the first of a name
_COUNT = r"\d{1,2}(?![\w%]|[.,:-]\d|[ ]per[ ]?cent)"  # Apollo 11
_LINK = (
    r"(?:of[ ]the|of|de[ ]la|de[ ]los|de|da|do|dos|das|del|della|di|du|van[ ]der|van[ ]den"
    r"|van|von[ ]der|von|zu|der|den|ter|ten|la|le|les|el|al|bin|ibn|ben|y|&|n'|['’]t|'n'"
    r"|and(?=[ ](?:Sons?|Co|Brothers|Daughters|Partners|Associates)\b))"
)
_STARTER = (
    r"(?:The|He|She|It|They|This|That|These|Now|So|Then|I|In|Next|Thus|Therefore|His|Her|We|But|And"
    r"|Also|However|Finally|Its|Since|Both|Let|My|To|As|At|On|For|From|After|First|Based|There)\b"
)
_RUN: Final = re.compile(
    rf"(?<![\w&])(?<!\w['’])"
    rf"(?:(?:del|de|van|von|di|da|du|bin|ibn|ter|dos|della)[ ](?:la[ ]|der[ ]|den[ ])?)?"
    rf"{_TOKEN}"
    rf"(?:(?:[ ](?:{_LINK}[ ])?|,[ ](?=(?:Jr|Sr|Inc)\b)|(?<=\.))(?!(?<=\.[ ]){_STARTER}){_TOKEN}"
    rf"|[ ]{_COUNT}){{0,{_MOST_WORDS}}}"
)
_NEXT_SENTENCE: Final = re.compile(rf"[ ]{_STARTER}|\s*(?:\n|\Z)")  # behind Jr.
_QUOTED: Final = re.compile(
    r"[\"“„«'‘《「『【*_](?:"  # a set of characters is found faster than a branch
    r"(?<=[\"“„«])([^\"“”„«»\n]{2,120})[\"”“»]"
    r"|(?<=['‘])(?<!\w.)([^'‘’\n]{2,80}(?:['’](?=\w)[^'‘’\n]{1,80})?)['’](?!\w)"
    r"|(?<=[《「『【])([^》」』】\n]{1,80})[》」』】]"
    r"|(?<=\*)(?<![\w*].)([^*\n]{2,100})\*(?![\w*])"
    r"|(?<=_)(?<![\w_].)([^_\n]{2,100})_(?![\w_]))"
)
_SMALL_WORD = re.compile(rf"\b(?!(?:{'|'.join(LINKING)})\b)[a-z]{{4,}}\b")
_QUOTES: Final = tuple("\"“„«‘《「『【*_'")
_ASCII_QUOTES: Final = tuple(quote for quote in _QUOTES if quote.isascii())
_BEFORE: Final = frozenset("del de van von di da du bin ibn ter dos della".split())
_BETWEEN: Final = frozenset(("la", "der", "den"))
_JOINING: Final = frozenset(
    "of de da do dos das del della di du van von zu der den ter ten la le les el al bin ibn ben y"
    " n".split()
)
_FIRMS: Final = tuple("son co brothers daughters partners associates".split())
_LINKING: Final = _JOINING - {"n"}
_CUTS: Final = frozenset(_CUT.split("|"))
_QUIET_BEFORE: Final = frozenset(' \n\t([{"“:,;*>')
_QUIET: Final = frozenset('\n\t;:?()[]{}<>"”*=|')  # no name goes on with these
_PERCENT: Final = (" percent", " per cent")  # no part of the name before the number
_INSIDE: Final = frozenset(".,:-")  # a number
_BEHIND: Final = ("Jr", "Sr", "Inc")
_SHORTENED: Final = frozenset(_TITLES.split("|"))
_OPENS: Final = frozenset(" \t\r\f\v\u00a0\"'“”‘’([*_>")
_STARTS: Final = frozenset(".!?…\n")


class Name:
    """A run of words ``first`` to ``last`` of a text: a name as it stands there."""

    def __init__(
        self, start: int, end: int, words: tuple[str, ...], at: int = 0, opens: bool = False
    ) -> None:
        self.start = start
        self.end = end
        self.words = words  # folded
        self.at = at  # the first of them among the words of the text
        self.opens = opens  # it starts a sentence, where capitals tell nothing


def runs(words: Words, known: set[str] | None = None) -> list[Name]:
    """Runs of capitalised words, in order; with ``known``, those that start near such a word."""
    found: list[Name] = []
    text = words.text
    end = 0
    for index in words.capitals:
        if words.starts[index] < end or (known is not None and words.words[index] not in known):
            continue
        first = index if known is None else _back(words, index, end)
        for start in range(first, index + 1):
            name = _run(words, start, end) if words.starts[start] >= end else None
            if name is None:
                continue
            end = name.end
            if end > words.starts[index]:
                name.opens = starts_sentence(text, name.start)
                found.append(name)
                break
    return found


def _back(words: Words, index: int, end: int) -> int:
    """The word from which a run that holds word ``index`` could start."""
    text, first = words.text, index
    while first and index - first < 24:
        before = words.starts[first - 1]
        if before < end or words.starts[first] - words.ends[first - 1] > 2:
            break
        if not is_capital(ord(text[before])) and words.words[first - 1] not in PARTICLES:
            break
        first -= 1
    return first


def _run(words: Words, index: int, end: int) -> Name | None:
    """The run that starts with word ``index``, or with the particle before it."""
    text = words.text
    start = words.starts[index]
    first = _particle(words, index, end)
    if first == index:
        if last := _plain_run(words, index):
            return Name(start, words.ends[last - 1], tuple(words.words[index:last]), index)
        stop = words.ends[index]
        small = text[stop : stop + 1] == " " and text[start:stop].islower()
        if small and words.words[index] not in _BEFORE:
            return None
    match = None
    if first < index:
        match = _RUN.match(text, words.starts[first])
        if match is not None and match.end() <= start:
            match = None
    if match is None:
        first = index
        match = _RUN.match(text, start)
        if match is None:
            return None
    stop = match.end()
    if text[stop - 1] == "." and _NEXT_SENTENCE.match(text, stop) is not None:
        stop -= 1
    last = index + 1
    while last < len(words.starts) and words.starts[last] < stop:
        last += 1
    return Name(words.starts[first], stop, tuple(words.words[first:last]), first)


def _plain_run(words: Words, index: int) -> int:
    """One past the last word of the name that starts with word ``index``, as ``_RUN`` reads it.

    For plain words, a space, a hyphen or "of" apart, and counts; 0 for all else, which takes that
    closer look.
    """
    text, start, last, count = words.text, words.starts[index], index, False
    if not is_capital(ord(text[start])) or (start and text[start - 1] not in _QUIET_BEFORE):
        return 0
    while last - index < _MOST_WORDS:
        start, end = words.starts[last], words.ends[last]
        if not count and not _is_letters(text, start, end):
            return 0
        last += 1
        if end == len(text):
            return last
        sign = text[end]
        after = text[end + 1] if end + 1 < len(text) else "\n"
        joined = last < len(words.words) and words.starts[last] == end + 1
        if sign == "-":
            if count or not joined or words.words[last] in _CUTS:
                return 0
            continue
        count = False
        if sign != " ":
            if sign == ".":
                ends = end - start > 1 and text[start:end] not in _SHORTENED
            elif sign == "'":  # a possessive
                owned = after == "s" and not _goes_on(text[end + 2 : end + 3])
                ends = owned or not _goes_on(after)
            else:
                ends = sign in _QUIET or (sign == "," and not text.startswith(_BEHIND, end + 2))
            return last if ends else 0
        if not joined:
            return last if after in _QUIET or after == "." else 0
        if not is_capital(ord(after)):
            count = _counts(words, last)
            joining = 0 if count else _links(words, last)
            if not count and not joining:
                return last if _joins_nothing(words, last) else 0
            last += joining
    return 0


def _is_letters(text: str, start: int, end: int) -> bool:
    """``text[start:end].isalpha()`` without the slice: a tenth of the time of ``runs``."""
    for at in range(start, end):
        code = ord(text[at])
        if not (97 <= code | 32 <= 122 if code < 128 else chr(code).isalpha()):
            return False
    return True


def _goes_on(sign: str) -> bool:
    return sign.isalnum() or sign == "_"


def _counts(words: Words, index: int) -> bool:
    """True for one or two digits that stand by themselves, as ``_COUNT`` reads them."""
    text, start, end = words.text, words.starts[index], words.ends[index]
    if end - start > 2 or not text[start:end].isdigit() or not text[start:end].isascii():
        return False
    if text.startswith(_PERCENT, end):
        return False
    return not (text[end : end + 1] in _INSIDE and text[end + 1 : end + 2].isdigit())


def _links(words: Words, index: int) -> int:
    """How many small words, such as "of" and "of the", lead to a capitalised one, a space apart."""
    text, linking = words.text, 1
    if words.words[index] not in _LINKING:
        return 0
    if words.words[index] == "of" and words.words[index + 1 : index + 2] == ["the"]:
        linking = 2
    for at in range(index, index + linking):
        start, end = words.starts[at], words.ends[at]
        if text[start:end] != words.words[at] or text[end : end + 1] != " ":
            return 0
    return linking if end + 1 < len(text) and is_capital(ord(text[end + 1])) else 0


def _joins_nothing(words: Words, index: int) -> bool:
    """True for a word in small letters, or a long number, that is surely no part of a name."""
    text, start, end = words.text, words.starts[index], words.ends[index]
    if 48 <= ord(text[start]) <= 57:
        return end - start > 2 and text[start:end].isalnum()
    word, second = words.words[index], ord(text[start + 1]) if start + 1 < len(text) else 32
    return (
        97 <= ord(text[start]) <= 122
        and (97 <= second <= 122 or second == 32)
        and word not in _JOINING
        and not (len(word) == 2 and word[1] == "l")
        and not (word == "and" and " ".join(words.words[index + 1 : index + 2]).startswith(_FIRMS))
    )


def _particle(words: Words, index: int, end: int) -> int:
    """The first word of a particle such as ``van der`` before word ``index``, else ``index``."""
    if not index:
        return index
    start, before = words.starts[index], index - 1
    if words.starts[before] < end or words.ends[before] != start - 1:
        return index
    word, sign = words.words[before], words.text[start - 1]
    if sign == " ":
        if word in _BEFORE:
            return before
        if word in _BETWEEN and before and words.words[before - 1] in _BEFORE:
            apart = words.starts[before] - words.ends[before - 1]
            return before - 1 if apart == 1 and words.starts[before - 1] >= end else index
    elif sign == "-" and len(word) == 2 and word[1] == "l":  # al-Qaeda
        return before
    return index


def starts_sentence(text: str, at: int) -> bool:
    """True if a sentence, a line or an item of a list starts at ``at``."""
    start = at
    while start and at - start < 12:
        sign = text[start - 1]
        if sign not in _OPENS:
            break
        start -= 1
    if not start:
        return True
    sign = text[start - 1]
    if sign in _STARTS:
        return True
    if start == at:
        return False
    if text[start] == "*" or sign in "•-#":
        return True
    return sign == ")" and start > 1 and text[start - 2].isdigit()


def quoted(text: str) -> list[Name]:
    """What stands in quotes, brackets or emphasis and may be a title.

    A quoted query such as ``"Maren Okafor place of birth"`` is none: it has ordinary words in
    lower case.
    """
    found: list[Name] = []
    first = _first_quote(text)
    if first < 0:
        return found
    for match in _QUOTED.finditer(text, first):
        group = match.lastindex or 1
        inner = match[group]
        small = is_small(inner)
        if len(inner.split()) > 14 or _says_more(inner, small):
            continue
        start, end = match.span(group)
        found.append(Name(start, end - (inner[-1] in ",.;"), folding.words(inner)))
    return found


def is_small(title: str) -> bool:
    """True for Latin letters without a capital, of which it takes more to tell a title."""
    return title.isascii() and title == title.lower()


def _first_quote(text: str) -> int:
    """Where the first mark stands that could open a quote; -1 if none does."""
    first = -1
    for quote in _ASCII_QUOTES if text.isascii() else _QUOTES:
        at = text.find(quote)
        while quote == "'" and at > 0 and is_word(ord(text[at - 1])):
            at = text.find(quote, at + 1)
        if at >= 0 and (first < 0 or at < first):
            first = at
    return first


def _says_more(inner: str, small: bool) -> bool:
    return any(
        word in COMMON or (word in ORDINARY and not small) for word in _SMALL_WORD.findall(inner)
    )


def is_common(word: str) -> bool:
    """True for a word that starts sentences and queries without naming anything."""
    return word in COMMON or word in SMALL_NAMES
