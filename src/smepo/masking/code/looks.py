"""Does a piece of text look like code or like prose? Language-neutral, without parsing.

The one observation behind it: prose puts plain words side by side, code puts something between
them. So statements are recognised by their form *and* by the absence of neighbouring plain words.
"""

from __future__ import annotations

import re

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
    " HAVING INSERT INTO VALUES UPDATE SET DELETE CREATE TABLE UNION ALL DISTINCT WITH".split()
)
PROSE_WORDS = frozenset(
    "the an of we you that these those are was were has have our their should would must which"
    " than every also into its they there here because since however".split()
)
COMPLEXITY = re.compile(r"(?:\\(?:mathcal|Theta|Omega)\b|[OoΘΩΘ])\s*(?:\{[A-Z]\}\s*)?\(")

_STRING = re.compile(r"(?<!\\)(?:\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')|`[^`]*`")
_COMMENT = re.compile(r"(?:^|\s)(?:#|//|--\s).*$|/\*[^*]*\*/")
_PAIR = re.compile(r"(?<![\w.])([^\W\d]\w*)[ \t]+(?=([^\W\d][\w'’]*))")
_FOUR_WORDS = re.compile(r"[a-z](?<![\w\"'#/].)[a-z]+ [a-z]+ [a-z]+ [a-z]{2,}\b")
_QUOTES_WORDS = re.compile(r"[\"'#]|//|--|/\*")
_WORD = re.compile(r"[^\W\d]\w*")
_SENTENCE = re.compile(r"[A-Z][^=(){}\[\];<>_]*[.!?:]")
_CODE_CHARACTER = re.compile(r"[=(){}\[\];<>+*/%&|^@\\]")

_HEADER = re.compile(r"(?:async\s+)?(for|while|if|elif|with|except|switch|match|def|class)\b(.*):$")
_FOR = re.compile(r"\s*\(?[\w, ()]+\)?\s+in\s+\S")
_DEFINITION = re.compile(r"\s+\w+\s*[(:\[]|\s+\w+$")
_ONE_LINER = re.compile(r"(?:for|while|if|elif|else|with|try|def)\b[^\n]*?:\s+\S")
_SIMPLE = re.compile(
    r"(?:return|yield|raise|throw|assert|del|import|from|global|nonlocal|await|print|echo|puts)\b"
)
_ASSIGN = re.compile(
    r"(?P<lhs>[\w$*&@(\[][\w$.,*&:<>\[\]()'\"{} \t+-]*?)\s*"
    r"(?:(?://|\*\*|<<|>>|[-+*/%&|^@:])?=(?![=>])|<-|←)\s*(?P<rhs>\S.*)$"
)
_CALL = re.compile(r"[\w$.:]+!?(?:\(.*\)|\[.*\][.(\[].*)(?:[.\[(].*)?;?$")
_DECLARES = re.compile(
    r"(?:(?:public|private|protected|static|async|export|default|inline|pub|override|virtual|final)"
    r"\s+)*(?:def|function|Function|Sub|procedure|fn|func|fun|class|struct|enum|interface|trait|impl"
    r"|namespace|type)"
    r"\s+[\w.<>]+\s*[({:=<]"
)
_DIRECTIVE = re.compile(
    r"#\s*(?:include|define|ifdef|ifndef|endif|pragma|!)\b|#!|using\s+namespace\b|template\s*<"
    r"|package\s+\w+;?$|use\s+[\w:{}, ]+;$|(?:>>>|\.\.\.)\s\S|<\?php\b"
    r"|\((?:defun|defn|defmacro|defvar|define|lambda|setq|set!)[ \t]\S"  # Lisp
    r"|\((?:if|let\*?|letrec|cond|loop|when|unless|fn)[ \t]+[(\[]|\([-+*/][ \t]+[(\w]"
    r"|[a-z]\w*\(.*\)[ \t]*:-(?:\s|$)|[a-z_][\w']*[ \t]+::[ \t]+\S"  # Prolog, Haskell
    r"|In \[\d+\]:\s\S|(?:for|while|until|if)\b.*;[ \t]*(?:do|then)$"  # shells
    r"|(?:pip3?|npm|npx|git|cargo|apt|apt-get|docker|curl|python3?|javac?|gcc|g\+\+|cd|mkdir|rm)"
    r"[ \t]+(?:[\w-]*[./]\S*$|(?:install|run|add|push|clone|build|test)\b)"
    r"|\$[ \t]+[a-z][\w./-]*(?:[ \t]|$)"
    r"|[a-z][\w.+-]*[ \t](?:[^\s-]\S*[ \t]+)*--?[a-zA-Z][\w-]*[ \t=]"
)
_SQL_LOWER = re.compile(r"select\s+\S.*\sfrom\s+[\w.]+")
_SQL_SIGN = re.compile(r"[*,(;=A-Z]")
_LEADS = re.compile(
    r"@[\w.]+(?:\(.*\))?$|(?:public|private|protected|default)\s*:$|(?://|/\*).*$"
    r"|[a-z]\w*\([^()]*\)\.$|(?:async|static|unsafe|inline)$"
)
_SQL = re.compile(
    r"(?:SELECT|FROM|WHERE|GROUP BY|ORDER BY|HAVING|LIMIT|(?:(?:LEFT|RIGHT|INNER|FULL|CROSS) )?"
    r"(?:OUTER )?JOIN|INSERT INTO|UPDATE|DELETE FROM|CREATE (?:TABLE|VIEW|INDEX|OR REPLACE)|UNION)"
    r"\s+\S|select\s+\*\s+from\b"
)
_OPENS = re.compile(
    r"(?:else|try|finally|do|if|while|for|elif|case|default|except|with|class|def)\b"
)
_WEAK = re.compile(
    r"[\])};,.]*[)\]}][)\]};,]*(?:\s*(?:else|catch|while|finally|elif)\b.*)?$|(?:#|//|/\*|\*/|\*\s|--\s)"
    r"|(?:else|try|finally|do|begin|fi|done|pass|break|continue|return|esac|endif|except)\b"
    r"\s*[:;{]?$|[eE]nd(?:[ ]?(?:if|for|while|function|procedure|class|If|Sub|Function))?[.;)]?$"
    r"|(?:where\b.*[=<>]|(?:group|order)[ ]by\b|(?:left |inner )?join\b.*=).*[^.!?:]$"
    r"|@[\w.]+(?:\(.*\))?$|(?:if|while|for|elif|case|default|except)\b.*:$|[\"']{3}|\?>$"
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


def statement(line: str) -> bool:
    """True if ``line`` as a whole is a statement of some programming language."""
    raw = line[:JUDGED].strip()
    if not raw or (_FOUR_WORDS.search(raw) and not _QUOTES_WORDS.search(raw)):
        return False
    if _DIRECTIVE.match(raw):
        return True
    code = bare(raw)
    if not code or code[-1] in ".,!?" or code[0] in "-|" or code[0] == code[-1] == "$":
        return False
    if _SQL.match(code):
        return _is_code(code, 2)
    if _SQL_LOWER.match(code):
        return not wordy(code) and bool(_SQL_SIGN.search(code))
    if code[-1] == ":" and (header := _HEADER.match(code)):
        return _header(header[1], header[2])
    if code[-1] == "{" or (code[-1] == "}" and "{" in code and "(" in code and ";" in code):
        return _is_code(code, 1)
    if _DECLARES.match(code) and code[-1] == ";":
        return True
    if _DECLARES.match(code) or _ONE_LINER.match(code):
        return _is_code(code) and bool(_CODE_CHARACTER.search(code))
    if word := _SIMPLE.match(code):
        rest = code[word.end() :]
        return bool(rest.strip()) and code[-1] != ":" and _is_code(rest)
    if assigned := _ASSIGN.match(code):
        return _assignment(assigned["lhs"], assigned["rhs"], ends=code[-1] == ";")
    if _CALL.match(code):
        return _is_code(code) and not COMPLEXITY.match(code)
    return code[-1] == ";" and _is_code(code, 1) and ("(" in code or " " in code)


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
    if colon and (label[:1].isupper() or not label.replace(".", "").isidentifier()):
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


def leads(line: str) -> bool:
    """True if ``line`` belongs to code that follows right below it: ``@cache``, ``public:``."""
    return bool(_LEADS.match(line[:JUDGED].strip()))


def continues(line: str) -> bool:
    """True if ``line`` carries on code that stands right above it (closers, comments, ``else``)."""
    raw = line[:JUDGED].strip()
    return bool(_WEAK.match(raw)) or (raw[-1:] in (",", "\\") and _is_code(bare(raw)))


def prose(line: str) -> bool:
    """True if ``line`` is certainly prose: a sentence, a list item or a heading of plain words."""
    raw = line[:JUDGED].strip()
    if not raw or (raw[0] in "#@/" and not raw.startswith("##")):
        return False
    if statement(raw) or continues(raw):
        return False
    if _SENTENCE.fullmatch(raw):
        return True
    text = re.sub(r"`[^`]*`", "x", raw)
    item = re.match(r"(?:[-*+]|\d+[.)]|#+)\s+", text)
    words = neighbours(text) + wordy(text)
    if re.search(r"[=;{}\[\]]|\w\(", re.sub(r"\bO\(|\\\(|\\\)", "", text)):
        return words >= 4
    return words >= (1 if item or text[-1] in ".:!?" else 2)


def codey(lines: str) -> bool:
    """True if any of ``lines`` (the first 60 are judged) is code."""
    return any(
        statement(s) or s.strip() in ("}", "{", "};", "pass") for s in lines[:6000].split("\n")[:60]
    )


def prosy(lines: str) -> bool:
    """True if ``lines`` (the first 60 are judged) hold prose and no code."""
    judged = [s for s in lines[:6000].split("\n")[:60] if s.strip()]
    return any(prose(s) for s in judged) and not any(statement(s) or continues(s) for s in judged)
