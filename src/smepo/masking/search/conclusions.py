"""Where a thought concludes: announced answers, yes and no, the verdict of a comparison."""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import Final

from smepo.masking.search.common import ANSWER, PLAN, SO, YES_NO
from smepo.masking.search.mention import ENTITY, Mention, order
from smepo.masking.search.words import Words

_YES_NO = re.compile(r"(?<![\w-])(?:yes|no)(?=\s*(?:[.,;:!?)\]}\"'”’*<]|$|\n))", re.IGNORECASE)
_ANSWERS_YES_NO = re.compile(r"\s*(?:yes|no)\s*(?:[.,;:!]|\Z)", re.IGNORECASE)
_ASKS_YES_NO = re.compile(
    r"\s*(?:are|is|was|were|do|does|did|has|have|had|can|could|will|would|should)\b(?!.*\bor\b)",
    re.IGNORECASE,
)
_NO_ANSWER: Final = ("needed here: ", "needed: ")  # "Are follow up questions needed here: Yes."
_ECHO = re.compile(  # ", it is not."
    r",? (?:\w+ ){1,3}(?P<verb>(?:is|are|was|were|do|does|did|has|have|had|can|could)"
    r"(?: not|n['’]t)?)(?=[.!;,\n]|\Z)"
)
_CONCLUDES = re.compile(
    r"\banswer(?:[ ]to[ ](?:the|this|my)[ ](?:original[ ]|main[ ])?question)?"
    r"[ ]*(?:\bis|:|=|\b(?:should|must|would|will)[ ]be)[ :]*(?:that[ ])?[\"'“*]*"
    r"(?=\S)(?!(?:not|in|to|found|clear|based|still|yet|there|given|likely|known|unknown|unclear|now"
    r"|correct|available|on|from|of)\b)",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[^\n.;!?\"”*]*(?:\.(?=\d|\w)[^\n.;!?\"”*]*)*")
_SO = re.compile(
    r"\b(?:So|so|Thus|thus|Therefore|therefore|Hence|hence|[Ii]n conclusion),? [^\n.;]*"
)
_PLANS = re.compile(
    r"\b(?:need|whether|check|search|look|next|let|must find|find out|if)\b", re.IGNORECASE
)
_LAST = 600  # characters before the answer
_SENTENCE = re.compile(r"[^\n.!?]+(?:\.(?:(?=\w)|(?<=\b[A-Z]\.)(?=[ ][A-Z]))[^\n.!?]*)*[.!?]?")
# A verdict: a verb that answers the question, up to the last word that says which way.
_WAY_WORDS: Final = frozenset(
    (
        "not both same different neither common indeed also too either true false correct incorrect"
        " right wrong hold holds older younger taller shorter longer deeper larger bigger smaller"
        " higher lower greater fewer nearer closer heavier lighter faster slower earlier later"
        " wider richer poorer stronger weaker newer warmer colder hotter harder cheaper broader"
        " wealthier more less farther further better worse"
    ).split()
)
_WAYS = rf"\b(?:{'|'.join(sorted(_WAY_WORDS))}|differ\w*|shar\w+)\b"
_WAY_STARTS: Final = frozenset(("diff", "shar"))
_NEED_WAY: Final = frozenset(  # verbs that say nothing without such a word
    "are is was were do does did has have had can could come comes came belong belongs".split()
)
_VERDICT = re.compile(
    r"(?<!\bI )(?<!\b[Ww]e )(?<!\b[Yy]ou )"
    rf"\b(?:(?:{'|'.join(sorted(_NEED_WAY))})\b[^\n.,;!?]{{0,80}}{_WAYS}(?:, not {_WAYS})?"
    r"|(?:(?:are|is|was|were|do|does|did|has|have|had|ca|could)n['’]t|shares?|shared|differs?"
    rf"|differed|holds)\b(?:[^\n.,;!?]{{0,80}}{_WAYS})?)",
    re.IGNORECASE,
)
# ... or one that follows from what is said of both.
_OF_BOTH = re.compile(
    r"\b(?:(?P<denies>neither|none|not both|not all)|both|all)\b"
    r"(?:[^\n.;!?]|(?<=\b\w)\.(?=[ ])){0,80}?"  # E. Howard Hunt
    r"\b(?P<verb>(?:are|is|was|were|do|does|did|has|have|had|comes?|came|belongs?)\b(?=[ ]\w)"
    r"[^\n.;,!?]*)",
    re.IGNORECASE,
)

# The words that the patterns above start with.
_SO_WORDS: Final = frozenset("so thus therefore hence in".split())
_VERBS: Final = _NEED_WAY | frozenset(
    (
        "share shares shared differ differs differed holds aren't isn't wasn't weren't don't"
        " doesn't didn't hasn't haven't hadn't can't couldn't"
    ).split()
)
_BOTH: Final = frozenset("neither none not both all".split())

# ... or the words before what is told of somebody: "is an", "are both", "was born in".
_TOLD = re.compile(
    r"\b(?:is|are|was|were)(?:[ ](?:not|also|both|all|indeed|each|either))?"
    r"(?:[ ]an?|(?:[ ](?!than\b|the\b)[a-z]+){0,2}[ ](?:in|from|at|by|to)(?:[ ]the)?)?[ ]\Z"
)
_NEAR = 48

# What stands before a name that is only told of, between it and its value, and between two values;
# what says more than that.
_SUBJECT = re.compile(
    r"(?:\A\s*|\b(?:and|but|while|whereas)[ ]|[,;][ ])(?:[Tt]he[ ]|[Aa]n?[ ])?[\"“'*]*\Z"
)
_TELLS = re.compile(
    r"[\"”'*]*,?(?:(?:[ ](?:is|was|were|has|had))?(?:[ ][a-z]+)?[ ](?:in|on|at|from|since|until)"
    r"|[ ](?:lived|born|died|is|was|has|had|with|measures|about))?[ ][(]?"
)
_ORDERS = re.compile(
    r"[ ](?:is|was|comes)[ ](?:before|after|(?:earlier|later|less|more)[ ]than)[ ]"
)
_COMPARES = re.compile(
    r"\b(?:[a-z]+er|[a-z]+est|(?i:so|thus|therefore|hence|first|last|more|most|less|least|before"
    r"|than|which|answers?|earlier|later|older|younger))\b"
)


class Range:
    """A piece of a text that draws a conclusion."""

    def __init__(self, start: int, end: int, last: bool = False) -> None:
        self.start = start
        self.end = end
        self.last = last  # its place alone tells that it concludes


def asks_yes_no(question: str) -> bool:
    """True for a question that is answered by yes or no."""
    return _ASKS_YES_NO.match(question) is not None


def is_yes_no(answer: str) -> bool:
    """True for an answer that says yes or no."""
    return _ANSWERS_YES_NO.match(answer) is not None


def announced(words: Words) -> list[Range]:
    """What follows "the answer is": at most a clause of 80 characters."""
    found: list[Range] = []
    if not words.cues & ANSWER:
        return found
    text = words.text
    for match in _CONCLUDES.finditer(text):
        start = match.end()
        clause = _CLAUSE.match(text, start, start + 200)
        end = clause.end() if clause else start
        while end > start and text[end - 1] in " ,*'":
            end -= 1
        if end > start:
            found.append(Range(start, end))
    return found


def yes_no(words: Words) -> list[Range]:
    """Yes and no where they stand alone."""
    if not words.cues & YES_NO:
        return []
    text = words.text
    return [
        Range(m.start(), m.end())
        for m in _YES_NO.finditer(text)
        if not text.endswith(_NO_ANSWER, 0, m.start())
    ]


def echoed(text: str, said: Range) -> Range | None:
    """The verb that repeats a yes or no right behind it: ``Yes, he is.``"""
    match = _ECHO.match(text, said.end)
    return None if match is None else Range(match.start("verb"), match.end("verb"))


def concluding(words: Words, last: bool) -> list[Range]:
    """Sentences that conclude: from "so" on, and the last sentence before the answer."""
    text = words.text
    found: list[Range] = []
    if words.cues & SO:
        at = 0
        for index, word in enumerate(words.words):
            start = words.starts[index]
            if word in _SO_WORDS and start >= at:
                match = _SO.match(text, start)
                if match is not None:
                    at = match.end()
                    found.append(Range(start, at))
    if last:
        sentences = list(_SENTENCE.finditer(text, max(0, len(text) - _LAST)))
        if sentences:
            start, end = sentences[-1].span()
            concludes = [one.start for one in found if start < one.start < end]
            found.append(Range(start, min(concludes, default=end), True))
    return _without_plans(words, found)


def only_tells(text: str, sentence: Range, names: list[Mention], values: list[Mention]) -> bool:
    """True if ``sentence`` tells a value of each of ``names`` and draws no conclusion from them."""
    starts = [value.start for value in values]
    for name in names:
        after = bisect_left(starts, name.end)
        lead = text[max(sentence.start, name.start - 16) : name.start]
        if (
            after == len(starts)
            or _SUBJECT.search(lead) is None
            or _TELLS.fullmatch(text, name.end, starts[after]) is None
        ):
            return False
    at = sentence.start
    for value in values:
        if at <= value.start <= sentence.end:
            if _COMPARES.search(text, at, value.start) is not None and (
                at == sentence.start or _ORDERS.fullmatch(text, at, value.start) is None
            ):
                return False
            at = value.end
    return _COMPARES.search(text, at, sentence.end) is None


def tell(words: Words, found: list[Mention]) -> None:
    """What the question names hides where a sentence tells it: ``Orsholm is Norwegian``.

    Asked for yes or no, the name that stays there would say that the question is right.
    """
    given = sorted([m for m in found if m.given and m.kind == ENTITY], key=order)
    if not given:
        return
    text = words.text
    sentences = [
        Range(match.start(), match.end())
        for match in _SENTENCE.finditer(text)
        if not match[0].endswith("?")
    ]
    starts = [m.start for m in given]
    for sentence in _without_plans(words, sentences):
        for i in range(bisect_left(starts, sentence.start), bisect_left(starts, sentence.end)):
            at = given[i].start
            if _TOLD.search(text, max(sentence.start, at - _NEAR), at) is not None:
                given[i].given = False


def _without_plans(words: Words, found: list[Range]) -> list[Range]:
    if not words.cues & PLAN:
        return found
    return [one for one in found if _PLANS.search(words.text, one.start, one.end) is None]


def deciding(words: Words, spoken: list[Range], last: bool) -> list[Range]:
    """Sentences that may say yes or no in other words: neither plans nor questions.

    That is the sentence with the word itself (``spoken``), the one before, and the last ones before
    the answer.
    """
    found: list[Range] = []
    if not (spoken or last):
        return found
    text = words.text
    end = len(text) - _LAST if last else len(text)
    before: list[Range] = []
    at = 0
    for match in _SENTENCE.finditer(text):
        sentence = [] if match[0].endswith("?") else [Range(match.start(), match.end())]
        while at < len(spoken) and spoken[at].start < match.start():
            at += 1
        if at < len(spoken) and spoken[at].start < match.end():
            found += before + sentence
        elif match.start() >= end:
            found += sentence
        before = sentence
    return _without_plans(words, found)


def sentence_before(text: str, end: Range) -> Range:
    """The sentence that ends with ``end``, at most 300 characters back."""
    first = max(0, end.start - 300)
    start = max(text.rfind(sign, first, end.start) for sign in "\n.!?")
    return Range(start + 1 if start >= 0 else first, end.end)


def verdicts(words: Words, sentence: Range) -> list[Range]:
    """What says yes or no in other words: "are not of the same nationality", "neither ... is"."""
    text, end = words.text, sentence.end
    found: list[Range] = []
    of_both: list[Range] = []
    reached = reached_both = 0
    first, after = bisect_left(words.starts, sentence.start), bisect_left(words.starts, end)
    way = _last_way(words, first, after)
    for index in range(first, after):
        word, start = words.words[index], words.starts[index]
        if word in _VERBS and start >= reached and (index < way or word not in _NEED_WAY):
            match = _VERDICT.match(text, start, end)
            if match is not None:
                reached = match.end()
                found.append(Range(start, reached))
        elif word in _BOTH and start >= reached_both:
            match = _OF_BOTH.match(text, start, end)
            if match is not None:
                reached_both = match.end()
                of_both.append(Range(match.start("verb"), reached_both))
                if match["denies"]:
                    of_both.append(Range(start, match.end("denies")))
    found += of_both
    for one in found:
        while text[one.end - 1].isspace():
            one.end -= 1
    return found


def _last_way(words: Words, first: int, after: int) -> int:
    """The last of words ``first`` to ``after`` that ``_WAYS`` may match; ``first`` if none does."""
    for index in range(after - 1, first, -1):
        word = words.words[index]
        if word in _WAY_WORDS or word[:4] in _WAY_STARTS or not word.isascii() or "'" in word:
            return index
    return first
