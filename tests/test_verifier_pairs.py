"""Pairs of a target and an answer, written for this project: what the math verifier must accept
and what it must refuse. Each pair is judged through the public verifier, wrapped as an answer.
"""

import pytest

import smepo
from smepo.types import VerdictStatus

EQUAL = r"""
    # integers and thousands
    42 | 42
    42 | +42
    -7 | −7
    -7 | –7
    1000 | 1,000
    1,000 | 1000
    2016532 | 2{,}016{,}532
    2{,}016{,}532 | 2,016,532
    9,\!000,\!000 | 9000000
    11,\! 111,\! 111,\! 100 | 11111111100
    10\,080 | 10080
    1000000 | 1 000 000
    58,500 | $58,500$
    35 | 035
    0 | -0
    7 | 7.
    7 | 7.0
    7 | \(7\)
    7 | **7**
    7 | $$7$$
    12 | １２
    17 |  17
    \[ 7 \] | 7
    \boxed{1999} | 1999
    $\boxed{ \frac{1}{667}} .$ | \frac{1}{667}
    # decimals
    0.5 | .5
    .0000672 | 0.0000672
    2.50 | 2.5
    1,234.5 | 1234.50
    0.25 | \frac14
    0.25 | \frac{1}{4}
    0.25 | 1/4
    \frac14 | 0.25
    6.125 | 6\frac{1}{8}
    0.\overline{3} | \frac13
    0.00000672 | 6.72 \times 10^{-6}
    300000000 | 3 \times 10^8
    300000000 | 3 \cdot 10^{8}
    120000 | 1.2e5
    # fractions
    \frac{1}{2} | \frac12
    \frac{1}{2} | \dfrac{1}{2}
    \frac{1}{2} | \tfrac 12
    \frac{1}{2} | 1/2
    \frac{1}{2} | ½
    \frac{1}{2} | 0.5
    \frac{1}{2} | \frac 1 2
    \frac{1}{2} | \frac{1}2
    \frac{1}{2} | (1/2)
    \frac{1}{2} | {\frac{1}{2}}
    -\frac{35}{9} | \frac{-35}{9}
    -\frac{35}{9} | -35/9
    -\frac{35}{9} | \frac{35}{-9}
    1\frac{4}{5} | \frac{9}{5}
    1\frac{4}{5} | 1.8
    137 \frac{1}{2} | 137.5
    137 \frac{1}{2} | 137 1/2
    \frac{270}7\text{ degrees} | \frac{270}{7}
    \frac 59 | \frac{5}{9}
    \tfrac{5151}{50} | 103.02
    # percent, degrees, money, units
    52\% | 52\%
    52\% | 52 %
    52\% | 52
    52\% | 0.52
    52\% | 52 percent
    52 | 52\%
    \frac{1}{5} | 20\%
    10^{\circ} | 10
    10^{\circ} | 10^\circ
    10^{\circ} | 10°
    10 | 10 degrees
    120^\circ | 120\text{ degrees}
    \$18.90 | 18.90
    \$18.90 | 18.9
    18.9 | \$18.90
    \$32,\!348 | 32348
    36 | \$36
    36 | 36 dollars
    \$36 | 36\text{ dollars}
    3\text{ cm} | 3
    3\text{ cm} | 3 cm
    3\text{ cm} | 3\,\mathrm{cm}
    3\text{ cm} | 3cm
    3\text{ cm} | 3\text{ centimeters}
    15\mbox{ cm}^2 | 15
    15\mbox{ cm}^2 | 15 \text{ cm}^{2}
    15\mbox{ cm}^2 | 15 cm^2
    864 \mbox{ inches}^2 | 864
    40 \text{ inches} | 40 inches
    1.8^{\circ} \mathrm{C} / \mathrm{h} | 1.8
    5.4 \text{ cents} | 5.4
    5 | 5 \text{ apples}
    5 | 5 apples
    12 | 12 \text{ km/h}
    16 \pi | 16\pi \text{ square units}
    1000 | 1{,}000 \text{ km}^2
    \$32,\!348 | 32,348 dollars
    25 | 25 \mathrm{~cm}^{2}
    6:30 | \text{6:30 PM}
    6:30 PM | 6:30 p.m.
    # choices
    B | B
    B | (B)
    B | \text{B}
    B | \text{(B)}
    B | \textbf{(B)}
    B | \mathrm{B}
    B | B.
    B | B)
    B | (b)
    \text{(B)} | B
    \text{(C)} | (C)
    (E) | \textbf{(E)}
    B | \textbf{(B)}\ 14
    14 | \textbf{(B)}\ 14
    14 | \textbf{(B) } 14
    B | (B) 14
    B | (B) 6+8
    # text
    Tuesday | \text{Tuesday}
    \text{Tuesday} | Tuesday
    \text{Tuesday} | tuesday
    \text{Tuesday} | \textbf{Tuesday}
    \text{Evelyn} | Evelyn
    \text{even} | even
    \text{east} | East
    yes | \text{Yes}
    no | \text{No}
    \text{no} | no
    \text{not enough information} | Not enough information.
    \text{None} | \text{none}
    # names, equations and chains that end in the value
    5 | x = 5
    x=5 | 5
    x=5 | x = 5
    n = 32 | 32
    32 | n = 32
    41 | 30 + 11 = 41
    2 | g^{-1}(f(7)) = 2
    f(x)=x^2+(1)/(4) | x^2 + \frac{1}{4}
    P(x) = x + 1 | x+1
    x+1 | P(x) = x + 1
    y = 2x + 3 | 2x+3
    x \in [-2,7] | [-2,7]
    60^{\circ} | \angle DAB = 60^\circ
    25 | \text{Area} = 25 \text{ cm}^2
    3.14 | x \approx 3.14
    12 | \color{red}{12}
    y = -2x | y + 2x = 0
    # surds, pi, e, powers
    2\sqrt{3} | 2 \sqrt 3
    2\sqrt{3} | 2\sqrt3
    2\sqrt{3} | \sqrt{3} \cdot 2
    2\sqrt{3} | \sqrt{12}
    2\sqrt{3} | 2√3
    2\sqrt{3} | 2*sqrt(3)
    \frac{\sqrt{2}}{2} | \frac{1}{\sqrt{2}}
    \frac{\sqrt{2}}{2} | \sqrt{\frac{1}{2}}
    -1 + 2 \sqrt{7} | 2\sqrt{7}-1
    \frac{2 \sqrt{3}-1}{3} | \frac{2\sqrt{3}}{3} - \frac{1}{3}
    \frac{\sqrt{3}}{3} | \frac{1}{\sqrt{3}}
    \sqrt 2+\sqrt 5 | \sqrt{5}+\sqrt{2}
    \frac{1}{1+\sqrt{2}} | \sqrt{2}-1
    16 \pi | 16\pi
    16 \pi | 16π
    16 \pi | \pi \cdot 16
    \frac{325}{4}\pi | \frac{325\pi}{4}
    164+64 \pi | 64\pi + 164
    \frac{\pi \sqrt{3}}{4} | \frac{\sqrt{3}}{4}\pi
    \frac{\pi^2}{16} | \left(\frac{\pi}{4}\right)^2
    \frac{2}{e} | 2e^{-1}
    \frac{20000}{\pi} | 20000/\pi
    2^{10} | 1024
    2^{10} | 2^{10}
    10^8 | 100000000
    10^8 | 10^{8}
    $6^7$ | 279936
    $6^7$ | 6^{7}
    \sqrt[3]{2} | \sqrt[3]{2}
    # what is written unevaluated may be answered so
    \frac{4}{36} | \frac{1}{9}
    \frac{4}{36} | \frac{4}{36}
    \frac{4}{36} | 4/36
    \frac{366}{31 \times 24} | \frac{61}{124}
    \frac{366}{31 \times 24} | \frac{366}{31 \cdot 24}
    # algebra
    x^2+2x+9 | 9 + 2x + x^2
    (3x+7)(x+1) | (x+1)(3x+7)
    (-9x^2+x+2)(9x^2+x+2) | (9x^2+x+2)(-9x^2+x+2)
    n(k-1)^2 | n (k-1)^{2}
    n(k-1)^2 | n(1-k)^2
    3n^{2}-5n+2 | 3n^2 - 5n + 2
    \frac{1}{x^2} | x^{-2}
    \frac{1}{2}(a+b)^2 | \frac{(a+b)^2}{2}
    \frac{p}{q^2} | p/q^2
    19x^4 | 19 x^{4}
    -3a | -3 \cdot a
    1-x | -x+1
    \cot x | \cot(x)
    \frac{1}{6^{n}} | 6^{-n}
    6 - 5i | -5i + 6
    \dfrac{11}{5} - \dfrac{2}{5}i | \frac{11-2i}{5}
    x_1 + x_2 | x_2 + x_{1}
    2x + 3x | 3x + 2x
    2x + 3x | 5x
    \frac{\pi}{3} + 2\pi n | 2\pi n + \frac{\pi}{3}
    n(n-1)(n-2) | (n-2)(n-1)n
    x^2 + x + 1 | 1 + x + x^2
    \sqrt{2} + \sqrt{3} + \sqrt{6} | \sqrt{6} + \sqrt{3} + \sqrt{2}
    \sqrt{2}\sqrt{3} | \sqrt{3}\sqrt{2}
    \frac{\sqrt{3}}{2} + \frac{1}{2}i | \frac{1}{2}i + \frac{\sqrt{3}}{2}
    \frac{1}{x} + \frac{1}{x+1} | \frac{1}{x+1} + \frac{1}{x}
    \frac{\pi\sqrt{2}}{6} | \frac{\sqrt{2}}{6}\pi
    (x+1)(x+2) | (x+2)(x+1)
    \frac{1}{2} + \frac{\sqrt{5}}{2} | \frac{1+\sqrt{5}}{2}
    ab + bc + ca | ca + ab + bc
    e^{x} + e^{-x} | e^{-x} + e^{x}
    2a/5 + 1 \text{ or } \frac{2a+5}{5} | \frac{2a+5}{5}
    # tuples, intervals, sets, lists, matrices
    (3, 3) | (3,3)
    (3,-24) | \left(3, -24\right)
    \left(\frac{3}{5},\frac{8}{3}\right] | (3/5, 8/3]
    (2,\infty) | (2, +\infty)
    (2,\infty) | (2,∞)
    (-\infty, 0] | \left(-\infty, 0\right]
    [-9, 9] | [-9,9]
    \left( 3, \frac{\pi}{2} \right) | (3, \pi/2)
    (0,9) \cup (9,36) | (9,36) \cup (0,9)
    (-\infty, 2) \cup (3, \infty) | (-\infty,2)∪(3,\infty)
    \{1,2\} | \{2,1\}
    \{1,2\} | 1, 2
    \{1,2,3\} | \{3, 1, 2\}
    1,-2 | -2, 1
    36, 37 | 37 and 36
    36, 37 | 36 \text{ and } 37
    36, 37 | \{36, 37\}
    9 and -7 | -7, 9
    3, 5, 7 | 3,5,7
    3, 5, 7 | \text{3, 5, and 7}
    0, \frac{1}{2}, 1 | 0, 0.5, 1
    1,000, 2,000 | 1000, 2000
    -\sqrt{3},-1,1,\sqrt{3} | -1, 1, \sqrt{3}, -\sqrt{3}
    1 \pm \sqrt{19} | 1+\sqrt{19}, 1-\sqrt{19}
    3 \pm 2 \sqrt{2} | 3-2\sqrt{2}, 3+2\sqrt{2}
    \{1\pm\sqrt{5},-2\} | \{-2, 1+\sqrt{5}, 1-\sqrt{5}\}
    (1,16) | (1, 16)
    (128,32,16,4) \text{ or } (160,16,8,4) | (160,16,8,4), (128,32,16,4)
    D, E | E, D
    D, E | \text{D, E}
    D, E | \text{D and E}
    1,000 + x | x + 1000
    x \geq 0 | [0, \infty)
    \mathbb{R} | (-\infty, \infty)
    x = 1, x = 2 | x=2, x=1
    \emptyset | \varnothing
    \emptyset | \{\}
    \begin{pmatrix}-6 \\ 8 \end{pmatrix} | \begin{pmatrix} -6 \\ 8 \end{pmatrix}
    \begin{pmatrix} 1/5 \\ -18/5 \end{pmatrix} | \begin{bmatrix} 0.2 \\ -3.6 \end{bmatrix}
    \begin{pmatrix} 0 & 0 \\ 0 & 0 \end{pmatrix} | \begin{pmatrix}0&0\\0&0\end{pmatrix}
    45^\circ, 135^\circ | 45, 135
    2:3 | 2 : 3
    # bases
    861_{12} | 861_{12}
    52_8 | 52_{8}
    52_8 | 52
    # by computer algebra
    \sqrt{3+2\sqrt{2}} | 1+\sqrt{2}
    \sin^2 x + \cos^2 x + y | 1 + y
    \frac{3^{n+1} + (-1)^{n+1}}{2} | \frac{3 \cdot 3^{n} - (-1)^{n}}{2}
    x > 2 | 2 < x
"""

DIFFERENT = r"""
    # numbers
    42 | 43
    42 | -42
    42 | 420
    42 | 4.2
    42 | 42.0001
    42 | 4 2
    42 | 42, 43
    42 | 42 \text{ or } 43
    42 | 42 or 43
    42 | 41, 42
    42 | \{41, 42\}
    42 | \{42, 43\}
    42 | (42, 42)
    42 | 42 = 43
    42 | 41 = 42
    42 | x
    42 | \text{forty-two}
    42 | not 42
    42 | \text{not } 42
    42 | > 42
    42 | x > 42
    42 | 42 \pm 1
    42 | [NUMBER]
    42 | 4[NUMBER]
    12 | 1 2
    1000 | 1,00
    1000 | 1.000,5
    51 | 5_1
    0 | \emptyset
    0 | \text{none}
    # near misses of decimals and fractions
    \frac13 | 0.333333333333
    1/3 | 0.333333333333
    \frac{1}{3} | 0.3333333333333333333333
    \frac23 | 0.666667
    \frac{1}{3} | 33.3333333333\%
    \sqrt{2} | 1.41421356237
    \sqrt{2} | 1.4142135623730950488
    \pi | 3.14159265358979
    16 \pi | 50.26548245743669
    \frac{\sqrt{3}}{2} | 0.8660254037844386
    \sqrt{2+\sqrt{2}} | 1.84775906502
    e | 2.718281828459045
    0.3 | \frac{1}{3}
    2.33 | \frac{7}{3}
    \frac{1}{2} | \frac{1}{3}
    \frac{1}{2} | \frac{2}{1}
    \frac{1}{2} | -\frac{1}{2}
    \frac{1}{2} | 1:2
    1\frac{4}{5} | \frac{4}{5}
    100000001 | 100000000
    100000001 | 1.00000001 \times 10^7
    1000000000000000000001 | 1000000000000000000000
    # unevaluated arithmetic
    42 | 6*7
    42 | 6 \times 7
    42 | 6 \cdot 7
    42 | 40+2
    42 | 44 - 2
    42 | 84/2
    42 | \frac{84}{2}
    42 | \frac{42}{1}
    42 | (6)(7)
    42 | 6(7)
    42 | x = 6 \cdot 7
    42 | --42
    42 | -(-42)
    42 | |{-42}|
    120 | 5!
    120 | \binom{10}{3}
    1024 | 2^{10}
    1024 | 2^10
    1024 | 32^2
    1024 | 4^5
    4 | \sqrt{16}
    2 | \sqrt[3]{8}
    2 | 4^{1/2}
    2+\pi | 4^{1/2}+\pi
    2\sqrt{2} | \sqrt{4}\sqrt{2}
    3 | \log_2 8
    3 | \lfloor 3.7 \rfloor
    \frac12 | \sin 30^\circ
    \frac{5}{2} | \frac{10}{4}
    \frac{5}{2} | 10/4
    \frac{5}{2} | 2 + \frac{1}{2}
    \frac{5}{2} | \frac{2.5}{1}
    \frac{5}{2} | 2\frac{2}{4}
    0.5 | \frac{2}{4}
    0.5 | 1 - 0.5
    \frac{1}{9} | \frac{4}{36}
    \frac{4}{36} | \frac{2}{18}
    60 | 3 \times 20
    200 | 2 \times 10^2 + 0
    20 | \frac{60}{3}
    52\% | \frac{52}{1}\%
    52\% | 50\% + 2\%
    5+\pi | 2 + 3 + \pi
    6\pi | 2 \cdot 3 \pi
    6\pi | 2 \cdot 3 \cdot \pi
    8x | 2^3 x
    6\sqrt{2} | 2 \cdot 3 \sqrt{2}
    x^3 | x^{2+1}
    \pi | \frac{4}{4}\pi
    (2, 6) | (2, 2 \cdot 3)
    1, 2 | 1, 4/2
    \{1, 6\} | \{1, 3!\}
    3 | \sqrt{3}\sqrt{3}
    # what is not collected
    5x | 2x+3x
    2x | x + x
    x^2 + 3x | x^2 + x + 2x
    x | 3x - 2x
    \frac{5x}{7} | \frac{2x+3x}{7}
    \frac{5x}{6} | \frac{x}{2} + \frac{x}{3}
    x^2 | x \cdot x
    x^5 | x^2 x^3
    5\pi | 2\pi + 3\pi
    5\sqrt{3} | 2\sqrt{3} + 3\sqrt{3}
    3\sqrt{2} | \sqrt{2} + \sqrt{8}
    \sqrt{6} | \sqrt{2}\sqrt{3}
    2\sqrt{6} | 2\sqrt{2} \cdot \sqrt{3}
    3 - i | (1+3i)+(2-4i)
    3 - i | (5+i)-(2+2i)
    (1, 5x) | (1, 2x+3x)
    # functions of constants
    \sqrt{7} | \tan\frac{\pi}{7} \tan\frac{2\pi}{7} \tan\frac{3\pi}{7}
    \frac{2}{e} | e^{\ln 2 - 1}
    4\sqrt{2} | \frac{|-8|}{\sqrt{2}}
    \frac{\pi}{4} | \arctan 1
    # units, percent
    3\text{ cm} | 3\text{ m}
    3\text{ cm} | 3\text{ inches}
    3\text{ cm} | 3\text{ cm}^2
    52\% | 5.2
    52\% | 51\%
    52\% | 0.52\%
    5.4 \text{ cents} | 5.4 \text{ dollars}
    60^{\circ} | \frac{\pi}{3}
    5 | 5 \text{ or } 6 \text{ apples}
    5 | 5 \text{ apples or 6}
    6:30 AM | 6:30 PM
    1,000 | 1\text{ or }000
    # choices and text
    B | A
    B | C
    B | (A)
    B | A, B
    B | A \text{ or } B
    B | AB
    B | ABCDE
    B | \text{(A) or (B)}
    B | (A)(B)
    B | \text{Bob}
    B | 2
    B | \textbf{(A)}\ 14
    14 | \textbf{(B)}\ 15
    Tuesday | Wednesday
    Tuesday | Tuesday or Wednesday
    Tuesday | \text{Tuesday and Wednesday}
    Tuesday | not Tuesday
    Tuesday | Tues
    \text{even} | odd
    \text{east} | seat
    \text{east} | west
    \text{Navin} | \text{Luke}
    yes | no
    yes | yes or no
    # names
    x=5 | y=5
    x=5 | x=6
    n = 32 | 23
    x^2+y^2=25 | 25
    5x - 7y + 11z + 4 = 0 | 5x - 7y + 11z - 4 = 0
    \frac{1}{3} | 0.333 \approx \frac13
    y = -2x | y - 2x = 0
    # surds and algebra
    2\sqrt{3} | 3\sqrt{2}
    2\sqrt{3} | 2\sqrt{3}+1
    2\sqrt{3} | \sqrt{6}
    16 \pi | 16
    16 \pi | 16\pi^2
    16 \pi | 8\pi
    \frac{\pi}{4} | \frac{4}{\pi}
    10^8 | 10^7
    10^8 | 8^{10}
    x^2+1 | x^2-1
    x^2+1 | x^2
    x^2+1 | x+1
    x^2+1 | y^2+1
    x^2+1 | 5
    n(k-1)^2 | n(k+1)^2
    n(k-1)^2 | k(n-1)^2
    (n + 1)! - (n - 1)! | (n + 1)! - n!
    \frac{1}{6^{n}} | \frac{1}{6n}
    6 - 5i | 6 + 5i
    6 - 5i | 6
    2k+2 | 2k
    2k | k
    abc | cba + 1
    \cot x | \tan x
    # tuples, intervals, sets, lists
    (1, 2) | (2, 1)
    (1, 2) | [1, 2]
    (1, 2) | (1, 2]
    (1, 2) | (1, 3)
    (1, 2) | (1, 2, 3)
    (1, 2) | 1
    (1, 2) | 2
    (1, 2) | (1)
    (1, 2) | 12
    [-9, 9] | (-9, 9)
    (0,9) \cup (9,36) | (0,9)
    (0,9) \cup (9,36) | (0,36)
    (2,\infty) | (-\infty,2)
    (2,\infty) | \infty
    \{1,2\} | \{1,2,3\}
    \{1,2\} | \{1\}
    \{1,2\} | 1
    \{1,2\} | (1,2)
    36, 37 | 36
    36, 37 | 37
    36, 37 | 3637
    36, 37 | 36, 37, 38
    9 and -7 | 9
    9 and -7 | 9, 7
    1 \pm \sqrt{19} | 1 + \sqrt{19}
    3, 5, 7 | 3, 5
    982,982 | 982
    982,982 | 982, 982
    \begin{pmatrix}-6 \\ 8 \end{pmatrix} | \begin{pmatrix} 8 \\ -6 \end{pmatrix}
    \begin{pmatrix}-6 \\ 8 \end{pmatrix} | \begin{pmatrix} -6 & 8 \end{pmatrix}
    \begin{pmatrix}-6 \\ 8 \end{pmatrix} | 8
    2:3 | 3:2
    2:3 | 4:6
    # bases
    861_{12} | 861_{11}
    861_{12} | 1225
    861_{12} | 862
    52_8 | 42
    # relations
    x > 2 | 2
    x > 2 | x < 2
    x > 2 | x \geq 2
    M > 1 | M > 0
    \frac{5}{2} < r < 3 | 3
"""


def pairs(table: str) -> list[tuple[str, str]]:
    lines = [line.strip() for line in table.strip().splitlines()]
    rows = [line.partition(" | ") for line in lines if line and not line.startswith("# ")]
    return [(target.strip(), answer) for target, _, answer in rows]


@pytest.fixture(scope="module")
def math():
    return smepo.verifier("math", timeout=30.0)


def test_there_are_enough_pairs():
    assert len(pairs(EQUAL)) + len(pairs(DIFFERENT)) >= 300


@pytest.mark.parametrize(("target", "answer"), pairs(EQUAL))
def test_equal(math, target, answer):
    verdict = math(math.wrap(answer), target)
    assert (verdict.score, verdict.status) == (1.0, VerdictStatus.CORRECT), verdict


@pytest.mark.parametrize(("target", "answer"), pairs(DIFFERENT))
def test_different(math, target, answer):
    verdict = math(math.wrap(answer), target)
    assert verdict.score == 0.0
    assert verdict.status in (VerdictStatus.WRONG, VerdictStatus.UNPARSED), verdict


def test_every_text_equals_itself(math):
    texts = [t for table in (EQUAL, DIFFERENT) for t, _ in pairs(table)]
    verdicts = math.many([(math.wrap(t), t) for t in texts])
    assert [v for v in verdicts if v.score != 1.0] == []


def test_most_pairs_need_no_computer_algebra(math):
    every = pairs(EQUAL) + pairs(DIFFERENT)
    slow = [
        v for v in math.many([(math.wrap(a), t) for t, a in every]) if "math-verify" in v.detail
    ]
    assert len(slow) <= len(every) // 20
