"""Code of any language hides in any frame: no line of it stays, and the prose around it does."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smepo.masking import mask_trace

CODE = {
    "C": (
        '#include <stdio.h>\n\nint main(void) {\n    int n;\n    scanf("%d", &n);\n    return n;\n}'
    ),
    "C++": (
        "class Solution {\npublic:\n    int sum(vector<int>& a) {\n        int s = 0;\n"
        "        for (int x : a) s += x;\n        return s;\n    }\n};"
    ),
    "C#": "using System;\n\nclass P {\n    static int Total(int[] a) => a.Sum();\n}",
    "Clojure": "(defn total [a]\n  (reduce + 0 a))",
    "Elixir": "def total(a) do\n  Enum.reduce(a, 0, fn x, s -> x + s end)\nend",
    "Go": (
        "func sum(a []int) int {\n\ts := 0\n\tfor _, x := range a {\n\t\ts += x\n\t}\n\treturn s\n}"
    ),
    "Haskell": "sumTo :: Int -> Int\nsumTo 0 = 0\nsumTo n = n + sumTo (n - 1)",
    "Java": (
        "public class Main {\n    public static int sum(int[] a) {\n        int s = 0;\n"
        "        for (int x : a) {\n            s += x;\n        }\n        return s;\n    }\n}"
    ),
    "JavaScript": (
        "const sum = (a) => {\n  let s = 0;\n  a.forEach(x => { s += x; });\n  return s;\n};"
    ),
    "Julia": (
        "function total(a)\n    s = 0\n    for x in a\n        s += x\n    end\n    return s\nend"
    ),
    "Kotlin": (
        "fun total(a: IntArray): Int {\n    var s = 0\n    for (x in a) s += x\n    return s\n}"
    ),
    "Lisp": "(defun total (a)\n  (if (null a)\n      0\n      (+ (car a) (total (cdr a)))))",
    "Lua": (
        "function total(a)\n  local s = 0\n  for _, x in ipairs(a) do\n    s = s + x\n  end\n"
        "  return s\nend"
    ),
    "OCaml": "let rec total = function\n  | [] -> 0\n  | x :: xs -> x + total xs",
    "Pascal": (
        "function total(a: array of integer): integer;\nvar i, s: integer;\nbegin\n  s := 0;\n"
        "  for i := 0 to high(a) do\n    s := s + a[i];\n  total := s;\nend;"
    ),
    "Perl": "sub total {\n    my $s = 0;\n    $s += $_ for @_;\n    return $s;\n}",
    "PHP": "<?php\nfunction total($a) {\n    return array_sum($a);\n}\n?>",
    "Prolog": "total([], 0).\ntotal([H|T], S) :- total(T, R), S is H + R.",
    "Python": (
        "def total(a):\n    s = 0\n\n    # every item\n    for x in a:\n        s += x\n"
        "    return s"
    ),
    "Python, decorated": (
        "@lru_cache(None)\ndef go(i, j):\n    if i == n:\n        return 0\n    return 1"
    ),
    "Python, top level": "n = int(input())\na = list(map(int, input().split()))\nprint(sum(a))",
    "R": "total <- function(a) {\n  s <- 0\n  for (x in a) {\n    s <- s + x\n  }\n  s\n}",
    "Ruby": "def total(a)\n  s = 0\n  a.each do |x|\n    s += x\n  end\n  s\nend",
    "Rust": (
        "fn sum(a: &[i32]) -> i32 {\n    let mut s = 0;\n    for x in a.iter() {\n"
        "        s += x;\n    }\n    s\n}"
    ),
    "Scala": "def total(a: List[Int]): Int = a match {\n  case Nil => 0\n  case x :: xs => x\n}",
    "Scheme": "(define (fact n)\n  (if (= n 0) 1 (* n (fact (- n 1)))))",
    "shell": 'for f in *.txt; do\n  wc -l "$f"\ndone\ngrep -c foo bar.txt | sort -n',
    "SQL": (
        "SELECT d.name, COUNT(*) AS n\nFROM dept d\nLEFT JOIN emp e ON e.dept_id = d.id\n"
        "WHERE e.salary > 100\nGROUP BY d.name\nORDER BY n DESC;"
    ),
    "SQL, lower case": "select name from Customer\nwhere referee_id != 2 or referee_id is null;",
    "Swift": "func total(_ a: [Int]) -> Int {\n    return a.reduce(0, +)\n}",
    "TypeScript": (
        "function total(a: number[]): number {\n  return a.reduce((s, x) => s + x, 0);\n}"
    ),
    "words for code": (
        "function BFS(graph, start):\n    queue = [start]\n    while queue is not empty:\n"
        "        node = queue.pop()\n        for each neighbor of node:\n"
        "            queue.push(neighbor)"
    ),
    "words for loops": "for i from 1 to n do\n    sum <- sum + a[i]\nend for\nreturn sum",
    "assembly, Intel": "mov ecx, edi\nimul ecx, ecx\n.again:\ndec ecx\njnz .again\nret",
    "assembly, AT&T": "movq %rdi, %rax\naddq $8, %rax\nret",
    "assembly, RISC": "ldr r2, [r0]\nadd r2, r2, #1\nbx lr",
    "Basic": "10 LET K = 5\n20 PRINT K * K\n30 GOTO 10",
    "C, brace below": "int cube(int k)\n{\n    return k * k * k;\n}",
    "Erlang": "-module(m).\nf(0) -> 1;\nf(N) -> N * f(N - 1).",
    "F#": "let mul a b = a * b\nlet all = List.fold mul 1 items",
    "Fortran": (
        "program cube\n  implicit none\n  integer :: k\n  read *, k\n  print *, k ** 3\n"
        "end program cube"
    ),
    "Fortran, flat": "do k = 1, n\ns = s + b(k)\nend do",
    "Haskell, a type": "data Shape a = Dot | Box (Shape a) a",
    "JavaScript, one line": "for (const item of list) total += item;",
    "Kotlin, typed": "val size: Int = items.count()",
    "Kotlin, a data class": "data class Edge(val from: Int, val to: Int)",
    "Lua, local": "local function half(v)\n  return v / 2\nend",
    "OCaml, arms": "match k with\n| 0 -> 10\n| k -> k * 20",
    "OCaml, recursive": "let rec pow b e = if e = 0 then 1 else b * pow b (e - 1)",
    "Pascal, a program": (
        "program cube;\nvar k: integer;\nbegin\n  readln(k);\n  writeln(k * k);\nend."
    ),
    "Ruby, a block": "(1..k).each do |i|\n  puts i * 2\nend",
    "Rust, typed": "let width: u32 = rows.len() as u32;\nlet mut low: i64 = 0;",
    "shell, a pipeline": "cut -f2 log.txt | sort | uniq -c | sort -n | tail -3",
    "shell, prompts": "$ g++ -O3 sieve.cpp -o sieve\n$ ./sieve < primes.txt\n$ ls",
    "shell, programs": "rustc main.rs\n./main < cases.txt\ncat a.txt b.txt | wc -l",
    "SQL, no sign": "select id from orders where paid is null",
    "Swift, typed": "var count: Int = 0\nlet k = Int(readLine()!)!",
    "TypeScript, typed": "const last: number = items.length - 1;\nlet seen: boolean = false;",
    "Visual Basic": (
        "Dim k As Integer = 5\nFor i = 1 To k\n  s = s + i\nNext i\nIf s > 9 Then\n  s = 9\nEnd If"
    ),
    "words in capitals": (
        "BEGIN\nSET best TO 0\nFOR each v IN values\nIF v > best THEN\nSET best TO v\nEND IF\n"
        "END FOR\nOUTPUT best\nEND"
    ),
    "an expression": "n * (n + 1) // 2",
    "a call": "a.sort(key=lambda x: x[1])",
}


def indented(code: str, by: str) -> str:
    """``code`` with ``by`` before each line; blank lines stay blank, but for marks of a quote."""
    return "\n".join(by + line if line or ">" in by else line for line in code.split("\n"))


FRAMES = {
    "bare": "We sum them up.\n{}\nThat is the whole idea.",
    "bare, between blank lines": "We sum them up:\n\n{}\n\nThat is the whole idea.",
    "fence": "We sum them up.\n```\n{}\n```\nThat is the whole idea.",
    "unclosed fence": "We sum them up.\n```\n{}",
    "one HTML block": "<p>We sum them up.</p>\n<pre><code>{}</code></pre>\nThat is the whole idea.",
    "LaTeX listing": "We sum.\n\\begin{{lstlisting}}\n{}\n\\end{{lstlisting}}\nThat is it.",
    "CRLF": "We sum them up.\r\n~~~\r\n{}\r\n~~~\r\nThat is the whole idea.",
}


@pytest.mark.parametrize("language", CODE)
@pytest.mark.parametrize("frame", FRAMES)
def test_no_line_stays_in_any_frame(frame, language):
    shown = mask_trace(FRAMES[frame].format(CODE[language]), domain="code", placeholders="plain")
    assert shown.text == FRAMES[frame].format("[CODE]")


@pytest.mark.parametrize("language", CODE)
def test_no_line_stays_where_the_whole_block_is_indented_or_quoted(language):
    if language != "an expression":
        text = f"We sum:\n\n{indented(CODE[language], '    ')}\n\nThat is the whole idea."
        shown = mask_trace(text, domain="code", placeholders="plain").text
        assert shown == "We sum:\n\n    [CODE]\n\nThat is the whole idea."
    text = f"We sum:\n\n> ```\n{indented(CODE[language], '> ')}\n> ```\n\nThat is the idea."
    shown = mask_trace(text, domain="code", placeholders="plain").text
    assert shown == "We sum:\n\n> ```\n> [CODE]\n> ```\n\nThat is the idea."
    text = f"1. We sum:\n\n   ```\n{indented(CODE[language], '   ')}\n   ```\n2. That is it."
    shown = mask_trace(text, domain="code", placeholders="plain").text
    assert shown == "1. We sum:\n\n   ```\n   [CODE]\n   ```\n2. That is it."


PROSE = st.sampled_from(
    ["First we sort the items.", "Then each pair is compared once.", "The time is O(n log n)."]
)


@given(
    st.lists(
        st.tuples(PROSE, st.sampled_from(sorted(CODE)), st.sampled_from(["```", "~~~~", "`````"])),
        min_size=1,
        max_size=6,
    )
)
@settings(max_examples=60, deadline=None)
def test_blocks_between_paragraphs_hide_one_by_one(parts):
    """Laws 3 and 5: no line of code stays, and nothing but the code changes."""
    text = "".join(f"{said}\n{fence}\n{CODE[name]}\n{fence}\n\n" for said, name, fence in parts)
    shown = mask_trace(text, domain="code", placeholders="plain").text
    assert shown == "".join(f"{said}\n{fence}\n[CODE]\n{fence}\n\n" for said, _, fence in parts)
