"""Does a piece of text look like code or like prose? Language-neutral, without parsing.

The one observation behind it: prose puts plain words side by side, code puts something between
them. So statements are recognised by their form *and* by the absence of neighbouring plain words.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

JUDGED = 600  # characters of a line that are looked at: keeps every test here linear

KEYWORDS = frozenset(
    "and or not in is if else elif for while do return yield raise throw throws try except finally"
    " with as from import lambda def class async await del global nonlocal assert pass break"
    " continue print new let const var val mut fn func fun function struct enum interface trait"
    " impl pub static public private protected final override virtual inline abstract export"
    " default unsigned signed int long short char float double bool boolean void string auto"
    " switch case match typeof instanceof delete extends implements package using namespace"
    " template typename echo puts local typedef goto defer chan"
    " SELECT FROM WHERE GROUP ORDER BY JOIN LEFT RIGHT INNER OUTER ON AS AND OR NOT IN LIMIT"
    " HAVING INSERT INTO VALUES UPDATE SET DELETE CREATE TABLE UNION ALL DISTINCT WITH IS NULL"
    " As BETWEEN LIKE EXISTS DESC ASC TO THEN DO EACH unless nil".split()
)
PROSE_WORDS = frozenset(
    "the an of we you that these those are was were has have our their should would must which"
    " than every also into its they there here because since however".split()
)
COMPLEXITY = re.compile(r"(?:\\(?:mathcal|Theta|Omega)\b|[OoΘΩΘ])\s*(?:\{[A-Z]\}\s*)?\(")

_STRING = re.compile(r"(?<!\\)(?:\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')|`[^`]*`")
_COMMENT = re.compile(r"(?:^|\s)(?:#|//|--\s).*$|/\*[^*]*\*/")
_PAIR = re.compile(r"(?<![\w.])([^\W\d]\w*)[ \t]+(?=([^\W\d][\w'’]*))")
FOUR_WORDS: Final = re.compile(r"[a-z](?<![\w\"'#/].)(?!onst |ar )[a-z]+ [a-z]+ [a-z]+ [a-z]{2,}\b")
_QUOTES_WORDS = re.compile(r"[\"'#]|//|--|/\*")
_WORD = re.compile(r"[^\W\d]\w*")
_SENTENCE = re.compile(r"[A-Z][^=(){}\[\];<>_]*[.!?:]")
_QUOTED_CODE = re.compile(r"`[^`]*`")
_ITEM = re.compile(r"(?:[-*+]|\d+[.)]|#+)\s+")
_FORMULA = re.compile(r"\bO\(|\\\(|\\\)")
_CODE_SIGN = re.compile(r"[=;{}\[\]]|\w\(")
_CODE_CHARACTER = re.compile(r"[=(){}\[\];<>+*/%&|^@\\]")

_HEADER = re.compile(r"(?:async\s+)?(for|while|if|elif|with|except|switch|match|def|class)\b(.*):$")
_FOR = re.compile(r"\s*\(?[\w, ()]+\)?\s+in\s+\S")
_DEFINITION = re.compile(r"\s+\w+\s*[(:\[]|\s+\w+$")
_ONE_LINER = re.compile(r"(?:for|while|if|elif|else|with|try|def)\b[^\n]*?:\s+\S")
_SIMPLE = re.compile(
    r"(?:return|yield|raise|throw|assert|del|import|from|global|nonlocal|await|print|printfn|echo|puts)\b"
)
_ASSIGN = re.compile(
    r"(?P<lhs>[\w$*&@(\[][\w$.,*&:<>\[\]()'\"{} \t+-]*?)\s*"
    r"(?:(?://|\*\*|<<|>>|[-+*/%&|^@:])?=(?![=>])|<-(?!>)|←)\s*(?P<rhs>\S.*)$"
)
_EXAMPLE = re.compile(r"[a-z] (?:for|with|when|where|if) ")  # "Walk-through for n = 5"
_CONDITION = re.compile(r"(?:for|foreach|while|until|if|elif|else|unless|case)\b")
_CALL = re.compile(r"[\w$.:]+!?(?:\(.*\)|\[.*\][.(\[].*)(?:[.\[(].*)?;?$")
_DECLARES = re.compile(
    r"(?:(?:public|private|protected|static|async|export|default|inline|pub|override|virtual|final"
    r"|local|abstract|unsafe|const|data|sealed|open|case|internal|suspend|Public|Private|Shared)"
    r"\s+)*(?:def|function|Function|Sub|procedure|proc|subroutine|fn|func|fun|class|struct|enum"
    r"|interface|trait|impl|namespace|type)"
    r"\s+[\w.<>]+[?!]?(?:(?P<parameters>\()|\s*[({:=<])"
)
_TYPED = re.compile(  # what stands before the name in ``let mut x: i32 = 0``
    r"(?:(?:let|var|val|const|mut|static|final|readonly|lateinit|private|public|pub|lazy)\s+)+"
)
# Words that open a line of pseudo-code in capitals, of Basic and their like.
CAPITALS: Final = (
    "SET|LET|DIM|FOR|FOREACH|WHILE|IF|ELSEIF|ELSIF|UNTIL|RETURN|INPUT|OUTPUT|PRINT|DISPLAY|READ|WRITE"
    "|CALL|COMPUTE|INCREMENT|DECREMENT|APPEND|PUSH|POP|SWAP|GOTO|GOSUB|NEXT|RUN|CMD|COPY|ENTRYPOINT"
)
_VERB: Final = (
    "(?:INPUT|OUTPUT|PRINT|DISPLAY|READ|WRITE|CALL|RETURN|(?:IN|DE)CREMENT|GOTO|GOSUB|NEXT)"
)
# Programs that a line of a shell starts with; the names in the second row are English words, too.
PROGRAMS: Final = (
    "apt|apt-get|awk|bash|brew|cargo|cat|cd|chmod|clang|cmake|cp|curl|docker|g\\+\\+|gcc|git|grep|javac?"
    "|jq|ls|mkdir|mv|npm|npx|perl|pip3?|pytest|python3?|rm|ruby|rustc|sed|ssh|sudo|tar|wc|wget|xargs"
)
_FILTERS: Final = "cut|diff|echo|find|head|less|sort|tail|tee|time|tr|uniq"
_REGISTER: Final = (
    r"(?:[%$]?(?:[re]?[abcd]x|[abcd][hl]|[re]?(?:[sd]i|[sb]p)|r\d{1,2}[dwb]?|[xwastv]\d{1,2}|sp|lr|ra)\b"
    r"|[$#]-?\d+|-?\d*[(\[][^()\[\]]*[)\]])"
)
_ASSEMBLY: Final = (
    r"(?:mov|xor|add|sub|i?mul|i?div|inc|dec|neg|sh[lr]|sa[lr]|lea|cmp|test|push|pop|[ls][wbd]|ldr?|str?|li|la)"
    rf"[a-z]{{0,3}}[ \t]+{_REGISTER}(?:,[ \t]*[^\s,]+)*[ \t]*(?:$|[;#@])"
)
_FOREIGN = re.compile(
    rf"{_ASSEMBLY}"
    r"|\$[ \t]+(?![^$]*\$(?![\w{(]))[a-z./~]|\.{1,2}/[\w./-]+(?:[ \t]|$)"  # shells
    rf"|(?:{PROGRAMS}|{_FILTERS}|\.?/[\w./-]+)\b[^|]*[ \t]\|[ \t]*(?:{PROGRAMS}|{_FILTERS}|\./)\b"
    rf"|(?:{PROGRAMS}|{_FILTERS})[ \t](?:[^\s-]\S*[ \t]+)*--?[a-zA-Z][\w-]*(?:[ \t=]|$)"
    rf"|(?:{PROGRAMS})[ \t]+(?:\.\.$|-?['\"]|[^=(]*(?:&&|[<>])[ \t]*[\w./]"
    r"|(?:[^\s,;:]+[ \t]+){0,6}(?=\.*[\w~*-]*(?:\.[a-zA-Z]|/))[\w./~*-]+$)"
    rf"|(?:\d+[ \t]+)?(?:{CAPITALS})[ \t]+(?:[^ ]*[=<>+*/\d(\[\"'-]"
    r"|.*[ \t](?:[=<>+*/]|(?:TO|IN|THEN|DO|FROM|INTO|ONTO)\b))"
    r"|(?:If|For|While)\b.*[ \t](?:Then$|To[ \t]+\S+$)"
)
_ARM = re.compile(
    r"(?:\|[ \t]|[a-z]\w*\([^()]*\)[ \t]*(?:when\b[^>]*)?(?=->))(?=[^|]*$)[^|]*?(?:->|[ \t]=[ \t])"
)
_CLAUSE = re.compile(r"(?:for|while|if)[ \t]*\((?:(?:const|let|var)[ \t]+\S+[ \t]+of\b)?")
_BLOCK_OF_RUBY = re.compile(r"\bdo[ \t]*\|[\w, ]+\|$")
_DIRECTIVE = re.compile(
    r"#\s*(?:include|define|ifdef|ifndef|endif|pragma|!)\b|#!|using\s+namespace\b|template\s*<"
    r"|package\s+\w+;?$|use\s+[\w:{}, ]+;$|(?:>>>|\.\.\.)\s\S|<\?php\b"
    r"|\((?:defun|defn-?|defmacro|defvar|define|lambda|setq|set!|ns|in-package)[ \t]\S"  # Lisp
    r"|\((?:if|let\*?|letrec|cond|loop|when|unless|fn)[ \t]+[(\[]|\([-+*/][ \t]+[(\w]"
    r"|[a-z]\w*\(.*\)[ \t]*:-(?:\s|$)|[a-z_][\w']*[ \t]+::[ \t]+\S"  # Prolog, Haskell
    r"|In \[\d+\]:\s\S|(?:for|while|until|if)\b.*;[ \t]*(?:do|then)$"  # shells
    rf"|(?:{PROGRAMS})[ \t]+(?:[\w-]*[./](?!\d)\S*$|(?:install|run|add|push|clone|build|test)\b)"
    r"|let[ \t]+(?:rec[ \t]|[a-z_]\w*(?:[ \t]+[a-z]['\d]?)+[ \t]*=)"  # ML
    r"|(?:data|newtype)[ \t]+[A-Z]\w*(?:[ \t]+[a-z]\w*)*[ \t]*="  # Haskell
    r"|-(?:module|export)\(|Dim[ \t]+[\w, ()]+[ \t]+As[ \t]"  # Erlang, Visual Basic
    r"|(?:read|write|print)[ \t]*(?:\*,|\((?:\*|\d+)[ \t]*,[^()]*\))|implicit[ \t]+none$"  # Fortran
    r"|[a-z]\w*(?:\([^()]*\))?(?:,[ \t]*\w+(?:\([\w*:, ]*\))?)*[ \t]*::[ \t]*\w"
    r"|@@ -\d|@echo\b|\$\w+[ \t]*\|[ \t]*[A-Z]"
    r"|(?:[^\W\d][\w.:]*(?:\([^()]*\)|\[[^\[\]]*\])?[ \t]*)?(?:\|>|%>%)(?:\s|$)"  # Elixir, F#, R
)
_FLAGS = re.compile(r"[a-z][\w.+-]*[ \t](?:[^\s-]\S*[ \t]+)*--?[a-zA-Z][\w-]*[ \t=]")
_SQL_LOWER = re.compile(r"select\s+\S.*\sfrom\s+[\w.]+")
_SQL_SIGN = re.compile(r"[*,(;=A-Z]|\b(?:is (?:not )?null|(?:order|group) by|limit \d)\b")
_CLAUSE_LOWER = re.compile(
    r"(?:(?:order|group)\s+by|insert\s+into|delete\s+from|create\s+table|join\s+\S+\s+on"
    r"|update\s+\S+\s+set|where\s+\S+\s+(?:is|in|like|between|not))\s+\S"
    r"|limit\s+\d+$|\S+\s+is\s+(?:not\s+)?null$"
)
_LEADS = re.compile(
    r"@[\w.]+(?:\(.*\))?$|(?:public|private|protected|default)\s*:$|(?://|/\*).*$"
    r"|(?:---|\+\+\+)[ ][ab]/\S+$"
    r"|[a-z]\w*\([^()]*\)\.$|(?:async|static|unsafe|inline)$"
    r"|(?:begin|BEGIN|repeat|REPEAT|DO)$|program[ \t]+\w+;?$"
    rf"|(?:procedure|function|package)\b.*\bis$|{_VERB}[ \t]+\w+$"
    r"|(?:match|case)[ \t]+[\w.()]+[ \t]+(?:with|of)$"
)
_SQL = re.compile(
    r"(?:SELECT|FROM|WHERE|GROUP BY|ORDER BY|HAVING|LIMIT|(?:(?:LEFT|RIGHT|INNER|FULL|CROSS) )?"
    r"(?:OUTER )?JOIN|INSERT INTO|UPDATE|DELETE FROM|CREATE (?:TABLE|VIEW|INDEX|OR REPLACE)|UNION)"
    r"\s+(?=\S)|select\s+\*\s+from\b"
)
_OPENS = re.compile(
    r"(?:else|try|finally|do|if|while|for|elif|case|default|except|with|class|def|match|defmodule)\b"
)
_BRACED = re.compile(
    r"[^()]*\w[ ]?\(.*\)(?:[ ](?:const|override|noexcept))*$"
    r"|(?:[a-z]+[ ])*(?:class|struct|namespace|interface|enum)[ ][\w: ]+$"
)
_WEAK = re.compile(
    r"[\])};,.]*[)\]}][)\]};,]*(?:\s*(?:else|catch|while|finally|elif)\b.*)?$|(?:#|//|/\*|\*/|\*\s|--\s)"
    r"|(?:else|try|finally|do|begin|fi|done|pass|break|continue|return|esac|endif|except|ELSE)\b"
    r"\s*[:;{]?$|(?i:end(?:[ ]?(?:if|for|while|do|case|loop|function|procedure|sub|class))?)[.;)]?$"
    r"|(?i:end[ ]?(?:program|module|subroutine|function|procedure)[ ]\w+$)|end[ ]\w+;$"
    r"|(?:where\b.*[=<>]|(?:group|order)[ ]by\b|(?:left |inner )?join\b.*=).*[^.!?:]$"
    r"|@[\w.]+(?:\(.*\))?$|(?:if|while|for|elif|case|default|except)\b.*:$|[\"']{3}|\?>$"
    rf"|(?:next|Next)(?:[ ]\w)?$|{_VERB}[ \t]+\w+$|!\w+;?$|(?:make|ls|pwd)$|\.\w+:$"
    r"|(?:ret|leave|nop|syscall)$|(?:b(?:eq|ne|[lg][te]|l?x?)|call|j[a-z]{1,3})[ \t]+[.$\w]+$"
    rf"|(?:and|x?or|not)[a-z]?[ \t]+{_REGISTER}(?:,[ \t]*[^\s,]+)*$"
)


def bare(line: str) -> str:
    """``line`` without surrounding space, string contents and comments, cut to ``JUDGED``."""
    line = " ".join(line[:JUDGED].split())
    if '"' in line or "'" in line or "`" in line:
        line = _STRING.sub('""', line)
    if "#" in line or "/" in line or "--" in line:
        line = _COMMENT.sub("", line)
    return line.strip()


def neighbours(line: str) -> int:
    """How often two plain words (no keywords) stand side by side."""
    return sum(a not in KEYWORDS and b not in KEYWORDS for a, b in _PAIR.findall(line[:JUDGED]))


def wordy(line: str) -> bool:
    """True if ``line`` holds words that only prose holds."""
    return any(w in PROSE_WORDS for w in _WORD.findall(line[:JUDGED].lower()))


def _is_code(part: str, allowed: int = 0) -> bool:
    return neighbours(part) <= allowed and not wordy(part)


@lru_cache(maxsize=1 << 12)
def statement(line: str) -> bool:
    """True if ``line`` as a whole is a statement of some programming language."""
    raw = line[:JUDGED].strip()
    if raw.startswith("select ") and _SQL_LOWER.match(raw):
        code = bare(raw)
        return code[-1] not in ".!?" and not wordy(code) and bool(_SQL_SIGN.search(code))
    if not raw or (FOUR_WORDS.search(raw) and not _QUOTES_WORDS.search(raw)):
        return False
    if _DIRECTIVE.match(raw):
        return True
    if _FOREIGN.match(raw):
        return _is_code(raw, 2)
    if " -" in raw and _FLAGS.match(raw):
        return _is_code(raw, 3 if " --" in raw else 1)
    if ("->" in raw or raw[0] == "|") and _ARM.match(raw):
        return _is_code(raw)
    code = bare(raw)
    if (
        not code
        or (code[-1] in ".,!?" and code[-2:] != ")!")
        or code[0] in "-|"
        or code[0] == code[-1] == "$"
    ):
        return False
    if clause := _SQL.match(code):
        return _is_code(code[clause.end() :], 2)
    if code[-1] == ":" and (header := _HEADER.match(code)):
        return _header(header[1], header[2])
    if code[-1] == "{" or (code[-1] == "}" and "{" in code and "(" in code and ";" in code):
        return _is_code(code, 1)
    if declared := _DECLARES.match(code):
        rest = code[declared.end() :] if declared["parameters"] else code
        return code[-1] == ";" or _is_code(rest)
    if _ONE_LINER.match(code):
        return _is_code(code) and bool(_CODE_CHARACTER.search(code))
    if word := _SIMPLE.match(code):
        rest = code[word.end() :]
        return bool(rest.strip()) and code[-1] != ":" and _is_code(rest)
    if code[-1] == ";" and (clause := _CLAUSE.match(code)):
        return _is_code(code[clause.end() :], 1)
    if assigned := _ASSIGN.match(code):
        return _assignment(assigned["lhs"], assigned["rhs"], ends=code[-1] == ";")
    if _CALL.match(code):
        return _is_code(code) and not COMPLEXITY.match(code)
    if code[-1] == "|" and _BLOCK_OF_RUBY.search(code):
        return _is_code(code, 1)
    return code[-1] == ";" and _is_code(code, 1) and ("(" in code or " " in code)


def query(code: str) -> bool:
    """True if inline ``code`` is SQL or a clause of it; the name of a clause alone is none."""
    if clause := _SQL.match(code):
        return _is_code(code[clause.end() :], 2)
    if not (_SQL_LOWER.match(code) or _CLAUSE_LOWER.match(code)):
        return False
    return _is_code(code.replace(" into ", " "), 4)


def _header(word: str, rest: str) -> bool:
    if not _is_code(rest):
        return False
    if word == "for":
        return bool(_FOR.match(rest)) or "(" in rest
    if word in ("def", "class"):
        return bool(_DEFINITION.match(rest))
    if word == "with":
        return "(" in rest or " as " in rest
    return bool(re.search(r"[^\w\s]|\b(?:not|in|is|and|or)\b|^\s+\w+$", rest)) and word != "match"


def _assignment(lhs: str, rhs: str, *, ends: bool) -> bool:
    if not (_is_code(rhs) and _is_code(lhs, 1)):
        return False
    label, colon, _ = lhs.partition(": ")
    if colon and (typed := _TYPED.match(label)):
        label = label[typed.end() :]
    if colon and (label[:1].isupper() or not label.replace(".", "").isidentifier()):
        return False
    if _EXAMPLE.search(lhs) or (rhs[-1] == ":" and not _CONDITION.match(lhs)):
        return False
    return ends or neighbours(lhs) == 0 or lhs[0].islower()


def opens_block(line: str) -> bool:
    """True if ``line`` reads like the head of a block, given that deeper lines follow it."""
    code = bare(line)
    if not _OPENS.match(code):
        return False
    return (
        _is_code(code)
        if code[-1] in ":{"
        else code.endswith((" do", " then")) and _is_code(code, 2)
    )


def opens_braces(line: str) -> bool:
    """True if ``line`` reads like the head of a block, given that a ``{`` alone follows it."""
    code = bare(line)
    return bool(_BRACED.match(code)) and _is_code(code, 2)


def leads(line: str) -> bool:
    """True if ``line`` belongs to code that follows right below it: ``@cache``, ``public:``."""
    return bool(_LEADS.match(line[:JUDGED].strip()))


@lru_cache(maxsize=1 << 12)
def continues(line: str) -> bool:
    """True if ``line`` carries on code that stands right above it (closers, comments, ``else``)."""
    raw = line[:JUDGED].strip()
    return bool(_WEAK.match(raw)) or (raw[-1:] in (",", "\\") and _is_code(bare(raw)))


def prose(line: str) -> bool:
    """True if ``line`` is certainly prose: a sentence, a list item or a heading of plain words."""
    raw = line[:JUDGED].strip()
    if not raw or (raw[0] in "#@/" and not raw.startswith("##")):
        return False
    # whether it reads like prose costs less than whether it is code
    return _reads_like_prose(raw) and not statement(raw) and not continues(raw)


def _reads_like_prose(raw: str) -> bool:
    if _SENTENCE.fullmatch(raw):
        return True
    text = _QUOTED_CODE.sub("x", raw)
    words = neighbours(text) + wordy(text)
    if _CODE_SIGN.search(_FORMULA.sub("", text)):
        return words >= 4
    return words >= (1 if _ITEM.match(text) or text[-1] in ".:!?" else 2)


def codey(lines: str) -> bool:
    """True if any of ``lines`` (the first 60 are judged) is code."""
    return any(
        statement(s) or s.strip() in ("}", "{", "};", "pass") for s in lines[:6000].split("\n")[:60]
    )


def prosy(lines: str) -> bool:
    """True if ``lines`` (the first 60 are judged) hold prose and no code."""
    judged = [s for s in lines[:6000].split("\n")[:60] if s.strip()]
    return any(prose(s) for s in judged) and not any(statement(s) or continues(s) for s in judged)
