"""Words that say what comes next: a result, a statement, a given, the answer."""

from __future__ import annotations

# "The total equals 9": what follows is computed.
YIELDS = frozenset(
    "yield yields yielding equal equals equalling become becomes leave leaves leaving total totals "
    "totaling totalling obtaining obtain obtains obtained produce produces result results "
    "simplifies reduces comes amounts remain remains factorizes factorises expands "
    "evaluates".split()
)
# "Half of 18 is 9": computed too, unless it only repeats the question.
STATES = frozenset("is are was were be being means represents".split())
# "Adding them gives 9", but also "he gives her 9": computed only where the clause computes.
MAKES = frozenset(
    "give gives giving gave make makes making made get gets getting got receive receives "
    "received".split()
)
# "So it has exactly 9": a result behind a word that concludes, a mere count elsewhere.
HAS = frozenset("has have had contains contain".split())
# "We find A = 2": a result; "to find A" is none.
FINDS = frozenset("find found deduce".split())
# Words between an announcement and its value.
FILLERS = frozenset(
    "a an the about approximately approx around exactly only just equal to then now also thus "
    "therefore hence simply indeed precisely at least most us him her them you me it with by "
    "be as roughly nearly almost actually total another all together number value following "
    "correct final required as".split()
)
TOTALS = frozenset("total sum value result number amount".split())  # "a total of 36"
RESULT_CUES = frozenset(
    "so thus hence therefore then consequently finally gives yields implies implying giving "
    "yielding get obtain becomes means which altogether concluding conclude".split()
)
GIVEN_CUES = frozenset(
    "let with where given when if since set suppose assume assuming using take taking plug "
    "plugging substitute substituting substituted put putting for denote because define as at "
    "recall know known".split()
)
PLACES = frozenset("at when".split())  # of these: "equality holds at (3, 4)"
# A clause with one of these computes something, so what it states is no mere repetition.
# "Total: 9" announces; "First quadrant: 4 squares" does not.
COUNTS = frozenset(
    "total totals count sum answer result value product number probability amount area volume "
    "length width height cost price ratio difference quotient remainder average mean sum slope "
    "degree".split()
)
JOINS = frozenset("and then but or".split())
COMPUTES = frozenset(
    "half twice double doubled triple sum total product difference quotient remainder times plus "
    "minus divided multiplied subtract subtracting add adding added multiply multiplying dividing "
    "divide average mean altogether left remaining remain remains more less fewer count counting "
    "result results computed number many squared cubed".split()
)
ANSWER = frozenset("answer answers ans answer's".split())

OPERATES = frozenset("divided multiplied plus minus".split())  # "is 20 divided by 4"
# A clause with one of these may state a general rule: "by definition log_b(x) = y means x = b^y".
RULES = frozenset("definition formula identity".split())
CJK_RESULT = ("是", "为", "等于", "得", "得到", "共有", "有", "共", "即")
CJK_ANSWER = "答案"
# A number after one of these is a name: "Step 2", "Equation (4)".
LABELS = frozenset(
    "step steps case cases part parts phase phases stage stages lemma lemmas theorem theorems "
    "corollary corollaries proposition propositions claim claims definition definitions equation "
    "equations eq eqs eqn eqns formula formulas inequality inequalities figure figures fig table "
    "tables section sections chapter chapters method methods approach solution solutions option "
    "options example examples exercise exercises problem problems question questions hint hints "
    "note notes remark remarks condition conditions property properties axiom axioms rule rules "
    "subcase subcases region regions scenario scenarios task tasks paragraph paragraphs "
    "observation observations fact facts statement statements constraint constraints iteration "
    "iterations column columns row rows line lines round rounds day days week weeks level levels "
    "group groups type types set sets game games player players page pages".split()
)
# What a word states: "half as many" states 1/2 and the 2 to divide by.
MULTIPLES: dict[str, list[str]] = {
    word: stated.split()
    for words, stated in {
        "half halved halves": "1/2 2",
        "twice double doubles doubled pair pairs couple couples both": "2",
        "thrice triple triples tripled": "3",
        "quadruple quadruples quadrupled": "4",
        "third": "1/3 3",
        "quarter quarters": "1/4 4",
        "dozen dozens": "12",
        "once single": "1",
    }.items()
    for word in words.split()
}
