"""Traces made to be slow to mask: each is a text of any size that repeats what is hard to read."""

from collections.abc import Callable
from itertools import cycle, islice


def repeat(piece: str) -> Callable[[int], str]:
    """``piece`` over and over, ``size`` characters in all."""
    return lambda size: (piece * (size // len(piece) + 1))[:size]


def alternating(size: int) -> str:
    """Letters and digits of many scripts, another at every place."""
    return "".join(islice(cycle("aб漢1γ٣א二Ⅳ½ｘ９é"), size))


def nested(size: int) -> str:
    """Brackets and braces of all kinds that open and close in the middle."""
    half = size // 12
    return "([{" * half + "1" + "}])" * half


def fractions(size: int) -> str:
    """Fractions in fractions, all closed."""
    depth = size // 12
    return r"\frac{1}{" * depth + "2" + "}" * depth


def longer_fences(size: int) -> str:
    """Fences each of which is longer than the one before, so that none closes another."""
    lines: list[str] = []
    left, length = size, 3
    while left > 0:
        lines.append("`" * length + "\nx\n")
        left -= length + 3
        length += 1
    return "".join(lines)


def names(size: int) -> str:
    """Names that are all different, in one endless run."""
    count = size // 8
    return " ".join(f"N{chr(97 + n % 26)}{chr(97 + n // 26 % 26)}o{n}" for n in range(count))


def variables(size: int) -> str:
    """Assignments of new names, each used on the line below."""
    return "".join(f"v{n} = v{n - 1} + {n}\n" for n in range(1, size // 18))


def json_depth(size: int) -> str:
    """JSON as deep as it is long."""
    return '{"a": [' * (size // 7)


INPUTS: dict[str, Callable[[int], str]] = {
    "frac and digits": repeat(r"\frac{1234"),
    "frac without braces": repeat(r"\frac1"),
    "nested frac": repeat(r"\frac{1"),
    "closed nested frac": fractions,
    "sqrt": repeat(r"\sqrt[1"),
    "boxed": repeat(r"\boxed{1"),
    "text": repeat(r"\text{is 1"),
    "left": repeat(r"\left(1,"),
    "begin": repeat(r"\begin{matrix}1&"),
    "step labels": repeat("Step 1\n"),
    "list numbers": repeat("1. "),
    "open braces": repeat("{"),
    "closed braces": repeat("}"),
    "open brackets": repeat("["),
    "parentheses": repeat("("),
    "all brackets": nested,
    "dollars": repeat("$"),
    "dollars and digits": repeat("$1"),
    "backslashes": repeat("\\"),
    "fences": repeat("```\n"),
    "fences with code": repeat("```python\nx = 1\n"),
    "fence never closed": lambda size: "```python\n" + repeat("x = 1\n")(size),
    "longer and longer fences": longer_fences,
    "backticks": repeat("`"),
    "backticks apart": repeat("`a "),
    "indented": repeat("    x\n\n"),
    "quotes": repeat("> "),
    "quotation marks": repeat('"'),
    "triple quotes": repeat('"""'),
    "comments": repeat("# x\n"),
    "one endless word": repeat("a"),
    "one endless name": repeat("Aa"),
    "one endless number": repeat("7"),
    "one endless decimal": repeat("1."),
    "thousands": repeat(",123"),
    "a sum": repeat("1+"),
    "equations": repeat("=1"),
    "powers": repeat("2^"),
    "powers in braces": repeat("2^{"),
    "factorials": repeat("3!"),
    "slashes": repeat("1/"),
    "minus": repeat("-"),
    "percent": repeat("5%"),
    "number words": repeat("two hundred and "),
    "hyphenated words": repeat("twenty-"),
    "is": repeat("is "),
    "the answer is": repeat("the answer is "),
    "answer lines": repeat("Answer:\n"),
    "hashes": repeat("####"),
    "annotations": repeat("<<1="),
    "placeholders": repeat("[NUMBER_1]"),
    "alternating scripts": alternating,
    "surrogates": repeat("\ud800\udc00\udfff"),
    "nuls": repeat("\x00"),
    "nuls and digits": repeat("\x001"),
    "spaces": repeat(" "),
    "line ends": repeat("\n"),
    "carriage returns": repeat("\r\n"),
    "combining marks": repeat("e\u0301\u0327"),
    "dotted capitals": repeat("\u0130"),
    "names": repeat("Tilda Varrow "),
    "initials": repeat("T. "),
    "different names": names,
    "and": repeat("Varrow and "),
    "small titles": lambda size: "".join(f'"low tide {n}" ' for n in range(size // 16)),
    "follow up": repeat("Intermediate answer: a\nFollow up: b\n"),
    "observations that conclude": repeat("Observation: a\nThe answer is b\n"),
    "years": repeat("1904 "),
    "dates": repeat("May 3, "),
    "thoughts": repeat("Thought: "),
    "actions": repeat("Action: search["),
    "finish": repeat("finish["),
    "observations": repeat("Observation: a\n"),
    "think": repeat("<think>"),
    "information": repeat("<information>x"),
    "end tags": repeat("</answer>"),
    "tags without end": repeat("<a "),
    "tool calls": repeat('<tool_call>{"query": "'),
    "json depth": json_depth,
    "json lines": repeat('{"thought": "search[x]\\nThen"}\n'),
    "json over lines": repeat('{\n "query": "x"\n}\n'),
    "json over lines, never closed": repeat('{"query":\n'),
    "json lines in json that breaks off": lambda size: '{"a":\n' + repeat('{"b": 1}\n')(size),
    "arrays on lines": repeat("[\n{}\n"),
    "listings in quotes": repeat("`\\begin{code}["),
    "indented braces": repeat("    {\n"),
    "json strings": repeat('{"a": "\\'),
    "code tags": repeat("<code>"),
    "listings": repeat(r"\begin{lstlisting}"),
    "assignments": variables,
    "functions": repeat("def f(x):\n"),
    "calls": repeat("f("),
    "lambda": repeat("lambda x: "),
    "comparisons": repeat("x == "),
    "comparisons without space": repeat("x=="),
    "negated comparisons": repeat("not x == "),
    "sums of names": repeat("a + "),
    "subscripts and words": repeat("x[i] and "),
    "return": repeat("return "),
    "return and words": repeat("return a and "),
    "semicolons": repeat("int x;"),
}  # fmt: skip
