"""Code in explained solutions: blocks, bare statements and inline code hide, the plan stays."""

import gzip
import json
import re
import time
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smepo.masking import mask_trace
from smepo.masking.code import ranges, spans
from smepo.masking.detector import Context
from smepo.types import Kind, Role

plain = partial(mask_trace, domain="code", placeholders="plain")


def masked(text: str) -> str:
    return plain(text).text


def listed(codes: str) -> list[str]:
    return [code for line in codes.split("\n") for code in re.split(r"(?<! )\|", line) if code]


FENCES = {
    "plain": ("```python\nx = f(1)\n```\nBye.", "```python\n[CODE]\n```\nBye."),
    "tildes": ("~~~py\nx = f(1)\n~~~\nBye.", "~~~py\n[CODE]\n~~~\nBye."),
    "long": ("`````\nx = f(1)\n`````\nBye.", "`````\n[CODE]\n`````\nBye."),
    "words in the info string": (
        '```js title="a b.js" linenos wrap\nx = f(1)\n```\nBye.',
        '```js title="a b.js" linenos wrap\n[CODE]\n```\nBye.',
    ),
    "one line of tildes": ("~~~py x = f(1)~~~\nBye.", "~~~py [CODE]~~~\nBye."),
    "info string": ('``` python title="a.py"\nx\n```', '``` python title="a.py"\n[CODE]\n```'),
    "attributes": ("```{.python .numberLines}\nx\n```", "```{.python .numberLines}\n[CODE]\n```"),
    "unclosed": ("Idea.\n```python\nreturn x\n", "Idea.\n```python\n[CODE]\n"),
    "unclosed, then prose": (
        "```python\nreturn x\n\nThis returns its argument.\n",
        "```python\n[CODE]\n\nThis returns its argument.\n",
    ),
    "unclosed, then another": (
        "```python\nx = 1\n\nThen we print the first item.\n\n```python\nprint(x)\n```\nBye.",
        "```python\n[CODE]\n\nThen we print the first item.\n\n```python\n[CODE]\n```\nBye.",
    ),
    "nested": ("````md\n```python\nx\n```\n````\nBye.", "````md\n[CODE]\n````\nBye."),
    "nested, unlabelled": ("````\n```\nx\n```\n````\nBye.", "````\n[CODE]\n````\nBye."),
    "nested, equal length": (
        "```md\n# T\n```python\nx\n```\n```\nBye.",
        "```md\n[CODE]\n```\nBye.",
    ),
    "other character inside": ("~~~\nx\n```\ny\n~~~\nBye.", "~~~\n[CODE]\n~~~\nBye."),
    "one line": ("```python def f(x): return x+1```", "```python [CODE]```"),
    "code on the fence line": ("```def f(x):\n    return x\n```", "```[CODE]\n```"),
    "closed on the last line": (
        "```python\nprint(1)```\nBye now.",
        "```python\n[CODE]```\nBye now.",
    ),
    "text after the closing fence": (
        "```\nx = 1\n```So it is one.",
        "```\n[CODE]\n```So it is one.",
    ),
    "opened in a sentence": (
        "The code: ```python\nf(1)\n```\nBye",
        "The code: ```python\n[CODE]\n```\nBye",
    ),
    "quoted": ("> ```python\n> x = f(1)\n> ```\nBye.", "> ```python\n> [CODE]\n> ```\nBye."),
    "quoted twice": (">> ~~~\n>> x\n>> y\n>> ~~~\n>> Bye", ">> ~~~\n>> [CODE]\n>> ~~~\n>> Bye"),
    "end of the quote": ("> ```\n> x = f(1)\nAfter it.", "> ```\n> [CODE]\nAfter it."),
    "in a list": (
        "1. Read.\n   ```c\n   int x;\n   ```\n2. Print.",
        "1. Read.\n   ```c\n   [CODE]\n   ```\n2. Print.",
    ),
    "on a list marker": ("- ```c\n  int x;\n  ```\n- Print.", "- ```c\n  [CODE]\n  ```\n- Print."),
    "CRLF": ("```python\r\nx = 1\r\n```\r\nBye.\r\n", "```python\r\n[CODE]\r\n```\r\nBye.\r\n"),
    "in a string": (
        "```python\ns = '''\n```\n'''\nn = len(s)\n```\nBye.",
        "```python\n[CODE]\n```\nBye.",
    ),
    "opened in a string": (
        '```python\ns = """\n```sh\nls\n```\n"""\nprint(s)\n```\nBye.',
        "```python\n[CODE]\n```\nBye.",
    ),
    "in a here-document": ("```sh\ncat <<EOF\n```\nEOF\nls\n```\nBye.", "```sh\n[CODE]\n```\nBye."),
    "quotes in a comment": ("```c\nint x; // don't '''\n```\nBye.", "```c\n[CODE]\n```\nBye."),
}
STRAYS = {
    "in a sentence": "A stray fence ``` in this sentence.\n\n```\nx = f(1)\n```\nBye.",
    "at the start of a line": "``` is how fences look.\n\n```\nx = f(1)\n```\nBye.",
    "at the end of a line": (
        "Here is one ```\n\nScan the list twice.\n\n```python\nx = f(1)\n```\nBye."
    ),
    "on its own line": "Text.\n```\nScan the list twice.\n\n```python\nx = f(1)\n```\nBye.",
    "between blocks": (
        "```\ny = f(2)\n```\nSome prose is here.\n```\nAnd more of it.\n```\nx = f(1)\n```\nBye."
    ),
    "at the end": "```\nx = f(1)\n```\nScan the list twice.\n```\nBye.",
    "in backticks": "Fences look like `` ``` `` here.\n\n```\nx = f(1)\n```\nBye.",
}
MARKUP = {
    "<pre><code>x = f(1)</code></pre> shows it.": "<pre><code>[CODE]</code></pre> shows it.",
    "<PRE CLASS='py'>\nx = f(1)\n</PRE>\nBye": "<PRE CLASS='py'>\n[CODE]\n</PRE>\nBye",
    "Use <code>nums</code>, then <code>x = f(1)</code>.": (
        "Use <code>nums</code>, then <code>[CODE]</code>."
    ),
    "A `<pre>` tag is no block.": "A `<pre>` tag is no block.",
    "\\begin{lstlisting}[language=C]\nint x;\n\\end{lstlisting}": (
        "\\begin{lstlisting}[language=C]\n[CODE]\n\\end{lstlisting}"
    ),
    "\\begin{minted}{python}\nx\n\\end{minted}\nBye": (
        "\\begin{minted}{python}\n[CODE]\n\\end{minted}\nBye"
    ),
    "\\begin{verbatim}\nx\n\\end{verbatim}": "\\begin{verbatim}\n[CODE]\n\\end{verbatim}",
    "\\texttt{x = f(1)} and \\verb|return x|": "\\texttt{[CODE]} and \\verb|[CODE]|",
    "\\lstinline{if (a) { s += 1; }} and \\mintinline{c}|x = f(1)|": (
        "\\lstinline{[CODE]} and \\mintinline{c}|[CODE]|"
    ),
    "&lt;code&gt;x = f(1)&lt;/code&gt; shows it.": "&lt;code&gt;x = [CODE]&lt;/code&gt; shows it.",
    "<think>So x = f(1) + 2.</think>\n<answer>x = f(1)</answer>": (
        "<think>So x = [CODE].</think>\n<answer>[CODE]</answer>"
    ),
    "<answer>```py\nx = f(1)\n```</answer>": "<answer>```py\n[CODE]\n```</answer>",
    "<answer>\n```py\nx = f(1)\n</answer>": "<answer>\n```py\n[CODE]\n</answer>",
    "[code]x = f(1)[/code] shows it.": "[code][CODE][/code] shows it.",
    "#+BEGIN_SRC python\nx = 1\n#+END_SRC\nBye": "#+BEGIN_SRC python\n[CODE]\n#+END_SRC\nBye",
}
BARE = {
    "We define\ndef add(a, b):\n    return a + b\nand are done.": (
        "We define\n[CODE]\nand are done."
    ),
    "It is\n\n    def f(x):\n        return x\n\nand so on.": "It is\n\n    [CODE]\n\nand so on.",
    "It is\n\n\tx = f(1)\n\tprint(x)\n\nand so on.": "It is\n\n\t[CODE]\n\nand so on.",
    "We do\nfor (int i = 0; i < n; i++) {\n  s += a[i];\n}\nand stop.": "We do\n[CODE]\nand stop.",
    "import heapq\nheap = []\nheapq.heappush(heap, 1)\nNow it has one.": "[CODE]\nNow it has one.",
    'fn main() {\n    println!("hi");\n}\nsays hi.': "[CODE]\nsays hi.",
    "SELECT a FROM t\nWHERE b > 3\nORDER BY a;\nshows it.": "[CODE]\nshows it.",
    "#include <stdio.h>\nint main(void) { return 0; }\nDone with it.": "[CODE]\nDone with it.",
    "Answer:\ndef f(a):\n\n    b = a\n\n    return b\n\nThat was it.": (
        "Answer:\n[CODE]\n\nThat was it."
    ),
    "def f(a): return a + 1": "[CODE]",
    "Run:\n\n    pip install foo\n\nand wait.": "Run:\n\n    [CODE]\n\nand wait.",
    "1. Loop:\n\n    for x in a:\n        s += x\n\n2. Done.": "1. Loop:\n\n    [CODE]\n\n2. Done.",
}
INLINE_HIDES = """
return sum(a)|x = 1|i += 1|a, b = b, a|x % 2 == 0|len(nums) - 1|max(a, b)|nums.sort()|dp[i-1]|i++
~x|i--|lambda: 0|a[::-1]|vec![0; n]|map (+1) xs|(+ 1 2)|x === y
while left < right|for x in a|not root|lambda x: x * x|x -> x + 1|s[i:j]|n & (n - 1)|import re
SELECT a FROM t|SELECT a x FROM t WHERE b IS NULL|select a from t where b is null|ORDER BY b DESC
order by b desc|group by a|limit 5|b is not null
def f(x)|if x in seen|a if b else c|nums[i] + nums[j] == target
"""
INLINE_STAYS = """
nums|self.val|node.next|dp[i]|grid[i][j]|List[int]|Dict[str, int]|std::vector<int>|int[]|HashMap
str | None|Optional[TreeNode]|O(n)|O(n log n)|Θ(V + E)|O(n^2)|main.py|src/a/b.rs|README.md|-1
GROUP BY|LEFT JOIN|IS NULL|group by|order of size|C:\\temp\\in.txt
try/except|if-else|unsigned long long|&str|\\n
"abc"|True|[]|{}|[1, 2]|(i, j)|for|return|==|findMin()|@cache|--flag|<div>|for loop|*args
"""
PROSE = [
    "For each element in the array:\n- add it to the sum;\n- if it is negative, reset the sum.",
    "Here a + b, a * b, i == j, 50% of n, C++ / Java and 10 * 3 are words; A* search is one.",
    "Initialize left = 0 and right = n, where n <= 10^5 and 1 <= k <= n.",
    "Input: nums = [2,7,11,15], target = 9\nOutput: [0,1]",
    "The time is O(n log n), the space O(n); T(n) = 2T(n/2) + O(n).",
    "We have dp[0] = 1 and dp[1] = 1, i.e. and/or state-of-the-art, in-order.",
    "1. First item\n\n    This paragraph belongs to the item, in words.\n\n2. Next",
    "## Steps:\n\n- **Sort**: order the items.\n- **Merge**: put them together (see above).",
    "If nums[i] and nums[j] are equal, we stop; **then** the answer is known - that is all.",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "We:\n- add the left half, then the right;\n- push left, right children;\n- SET them free.",
    "FOR each item we look it up.\nREAD the task - then think.\nIF that fails, go on.",
    "let us call it x\nlet me define y\nmatch x with y\nmatch each bracket with\nits partner",
    "sort | merge | scan\nnode -> child is an edge\na <-> b\ntype of (x, y)\n$ n $ is even",
    "python 3.11\nsort by end/start\nread (*) below\nselect one from each",
    "nothing changes unless needed",
]
IN_PROSE = {
    "The recurrence is dp[i] = dp[i-1] + dp[i-2], from left to right.": (
        "The recurrence is dp[i] = [CODE], from left to right."
    ),
    "Let F(n) = F(n-1) + F(n-2) for n > 2.": "Let F(n) = [CODE] for n > 2.",
    "Then $dp[i] = \\max(dp[i-1], dp[i-2] + a_i)$ holds.": "Then $dp[i] = [CODE]$ holds.",
    "\\[ dp_{i} = \\min(dp_{i-1}, c_i) + 1 \\]": "\\[ dp_{i} = [CODE] \\]",
    "Move left += 1 or set right = mid - 1 and go on.": (
        "Move left += [CODE] or set right = [CODE] and go on."
    ),
    "Here mid = (lo + hi) // 2, as usual.": "Here mid = [CODE], as usual.",
    "We swap: a[i], a[j] = a[j], a[i], and go on.": "We swap: a[i], a[j] = [CODE], and go on.",
    "Use lambda x: x + 1 as the key.": "Use [CODE] as the key.",
    "We return max(a, b) + 1 at the end.": "We return [CODE] at the end.",
    "It is sorted(a)[0] in short.": "It is [CODE] in short.",
    "x = a if b else c, and then stop": "x = [CODE], and then stop",
    "Here x = a if a > b else b here.": "Here x = [CODE] here.",
    "The closed form n * (n + 1) // 2 gives it.": "The closed form [CODE] gives it.",
    "We need x % 2 == 0 to hold, and x & -x.": "We need [CODE] to hold, and [CODE].",
    "Then s[i:j] == s[i:j][::-1] holds.": "Then [CODE] holds.",
    "So print(a + b) ends it.": "So [CODE] ends it.",
    "Set low = mid + 1 and retry.": "Set low = [CODE] and retry.",
    "Here best = max(best, run) or nothing, then go.": "Here best = [CODE] or nothing, then go.",
    "Order by lambda q: (q[0], -q[1]) and sweep.": "Order by [CODE] and sweep.",
    "With free = True we test ok = a[i] > 3 and free.": "With free = True we test ok = [CODE].",
    "Each `free` counts, as ok = a[i] > 3 and free.": "Each `free` counts, as ok = [CODE].",
    "Then ok = a[i] > 3 and b.": "Then ok = [CODE].",
    "g[k] is g[k-1] * g[k-2] for all k.": "g[k] is [CODE] for all k.",
    "Each g[k] is (3 * k) - 1 here.": "Each [CODE] here.",
}


@pytest.mark.parametrize("name", FENCES)
def test_content_of_fences_hides_and_the_fences_stay(name):
    text, expected = FENCES[name]
    assert masked(text) == expected


@pytest.mark.parametrize("name", STRAYS)
def test_a_stray_fence_does_not_invert_the_mask(name):
    text = STRAYS[name]
    assert masked(text) == text.replace("x = f(1)", "[CODE]").replace("y = f(2)", "[CODE]")


@pytest.mark.parametrize("text", [*MARKUP, *BARE, *IN_PROSE])
def test_other_code(text):
    assert masked(text) == {**MARKUP, **BARE, **IN_PROSE}[text]


@pytest.mark.parametrize("code", listed(INLINE_HIDES))
def test_inline_statements_and_expressions_hide(code):
    assert masked(f"We see that `{code}` is here.") == "We see that `[CODE]` is here."


@pytest.mark.parametrize("code", listed(INLINE_STAYS))
def test_inline_names_types_complexities_and_files_stay(code):
    assert masked(f"We see that `{code}` is here.") == f"We see that `{code}` is here."


@pytest.mark.parametrize("text", PROSE)
def test_prose_stays(text):
    assert masked(text) == text


def test_a_lone_backtick_does_not_invert_inline_code():
    assert masked("The ` sign and `return x + 1` here.") == "The ` sign and `[CODE]` here."
    assert masked("Use ``y = `z` + 1`` now.") == "Use ``[CODE]`` now."


def test_spans_have_one_kind_and_role_and_equal_code_has_one_key():
    found = spans("`x = 1` or\n```\nx = 1\n```\nor `y = 2`.", Context())
    assert {(s.kind, s.role) for s in found} == {(Kind.CODE, Role.RESULT)}
    assert [s.key for s in found] == ["x = 1", "x = 1", "y = 2"]


MARKS = """
``` ```` ~~~ ` `` > - 1. python md x=f(1) f(x): <pre> </pre> <code> </code> ( ] { = é 中 O(n) <<EOF
EOF \\begin{verbatim} \\end{verbatim} \\left( \\texttt{a=b} ''' lambda def return dp[i]=dp[i-1]+1
"""
BREAKS = [
    "\n",
    "\n\n",
    "\r\n",
    "    ",
    "\t",
    " ",
    "> ",
    "- ",
    '"""',
    "\ud800",
    "\0",
    "Some prose here. ",
]
PIECES = st.sampled_from([*MARKS.split(), *BREAKS, "for x in a: ", "lambda x: ", "return x"])


@given(st.lists(PIECES, max_size=40).map("".join) | st.text())
@settings(max_examples=400, deadline=None)
def test_ranges_are_in_order_and_inside_the_text(text):
    at = 0
    for start, end in ranges(text):
        assert at <= start < end <= len(text)
        assert not text[start:end].isspace()
        at = end


@given(
    st.lists(PIECES.filter(lambda p: not set(p) & set("`~'\"<\\") and "```" not in p)).map("".join)
)
@settings(max_examples=100, deadline=None)
def test_whatever_stands_in_a_fence_hides(code):
    body = f"y = g({code!r})\nz = h(y)"
    text = masked(f"First some prose.\n```python\n{body}\n```\nThen some more.")
    assert text == "First some prose.\n```python\n[CODE]\n```\nThen some more."


HOSTILE = {
    "fences": "```\n" * 300_000,
    "fences on one line": "``` " * 75_000,
    "quoted fences": "> ```\n" * 45_000,
    "labelled fences": "```python\n" * 30_000,
    "shrinking fences": "".join("`" * k + "\n" for k in range(1400, 2, -1)),
    "open strings": "```\n'''\n" * 36_000,
    "brackets": "([{" * 99_000,
    "calls": "f(" * 150_000,
    "matched brackets": "(" * 150_000 + ")" * 150_000,
    "assignments": "x=(" * 99_000,
    "conditions": "x = " + "a if b " * 42_000,
    "one word": "a" * 300_000,
    "backslashes": "\\frac{" * 48_000,
    "quotes": '"\\"' * 99_000,
    "open tags": "<code><pre" * 30_000,
    "backticks": "`a``b```c" * 33_000,
    "indented": "    x = 1\n\n" * 27_000,
    "surrogates": "\ud800\0A" * 99_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_input_ends(name):
    start = time.process_time()
    ranges(HOSTILE[name])
    assert time.process_time() - start < 8  # below 1 second; a quadratic rule takes far longer


@pytest.mark.data
def test_real_solutions_keep_their_prose_and_lose_their_blocks(public):
    path = public / "code" / "leetcode_train.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line)["response"] for _, line in zip(range(400), lines, strict=False)]
    words = kept = 0
    for text in rows:
        blocks = re.findall(r"^```python\n(.*?)\n```$", text, re.DOTALL | re.MULTILINE)
        result = masked(text)
        assert blocks
        assert not any(block in result for block in blocks)
        prose = re.sub(
            r"`[^`\n]*`|\\[(\[].*?\\[)\]]", "", re.sub(r"```.*?```", "", text, flags=re.DOTALL)
        )
        found = re.findall(r"\b[a-zA-Z]{3,}\b", prose)
        words += len(found)
        kept += sum(word in result for word in found)
    assert kept / words > 0.995


PARTS_OF_SENTENCES = {
    "Here largest = max.": "Here largest = [CODE].",
    "Use from builtins import max as largest here.": "Use [CODE] here.",
    "add = operator.add after import operator": "add = [CODE] after [CODE]",
    "add = int.__add__ does it.": "add = [CODE] does it.",
    "We need from math import gcd, and then more.": "We need [CODE], and then more.",
    "It returns n*2 + 1.": "It returns [CODE].",
    "Return a + b.": "Return [CODE].",
    "Return max(a, b).": "Return [CODE].",
    "It gives a*2, and more.": "It gives [CODE], and more.",
    "| add = int.__add__ | ok |": "| add = [CODE] | ok |",
    "x = a | b is the union.": "x = [CODE] is the union.",
}


@pytest.mark.parametrize("text", PARTS_OF_SENTENCES)
def test_code_that_is_a_part_of_a_sentence_hides(text):
    assert masked(text) == PARTS_OF_SENTENCES[text]


@pytest.mark.parametrize(
    "text",
    [
        "It comes from the import of goods.",
        "We import the module.",
        "Let k = n.",
        "It returns true/false.",
        "Returns the left-most item.",
        "returns left-most items",
        "This gives O(n) + O(m) time.",
        "It gives 2 * 3 = 6.",
        "It returns -1 if none.",
    ],
)
def test_sentences_with_words_of_code_stay(text):
    assert masked(text) == text


def test_what_comments_and_docstrings_say_is_returned_hides():
    code = '"""Return a + b.\n\n    It returns n*2 + 1.\n    """\n    # gives a*2\n    pass'
    shape = plain(f"```python\ndef f(a):\n    {code}\n```", level="skeleton").text
    assert "Return [CODE]." in shape
    assert "It returns [CODE]." in shape
    assert "# gives [CODE]" in shape
