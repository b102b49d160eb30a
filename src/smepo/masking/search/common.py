"""Words that start sentences and queries without naming anything."""

COMMON = frozenset(
    """
    a about above according accordingly action actually additionally after afterwards again
    against all also alternatively although am among an and another answer any anyway are around
    as aside ask assuming at back based be because been before below besides between beyond both
    but by can cannot check combining comparing concluding confirm consequently consider
    considering could currently deduce despite determine did do does doing done down due during
    each either else ensure entity episode even eventually every everything evidence exactly
    except fact far figure final finally find finding finish finished first firstly focus
    following for former fortunately from further furthermore get given gives go going good
    great had has have having he hence her here hers him his hmm how however i identify if in
    indeed information initially instead into is it its itself just keep know knowing known last
    lastly later latter least less let lets like likely list look lookup looking looks made make
    makes many maybe me meaning meanwhile might more moreover most much must my namely need
    neither never next no none nonetheless nor not note nothing notice now observation obviously
    of off ok okay on once one only or other otherwise our out over overall passage perfect
    perhaps please possibly presumably previous previously probably query question quite rather
    really recall regarding remember result results retrieve right same say search searching
    second secondly see seems several she should similarly simply since so some something soon
    sorry specifically start starting still such sure take than thank that the their them then
    there thereby therefore these they third this those though thought three through thus to
    together too try trying turning two under unfortunately unlike until up upon us use using
    verify very via wait was we well were what when where whereas wherever whether which while
    who whoever whom whose why will with within without would yes yet you your true false
    unknown wikipedia google bing tool step plan reasoning context document title source page
    summary director directors actor actress film films movie movies song songs album albums
    book books author composer performer singer band city country state town capital person
    people company university school team player founder president king queen nationality
    birthplace birth death date year place born died father mother spouse wife husband son
    daughter child
    """.split()
)
SMALL_NAMES = frozenset("i ok okay tv id q a".split())
PARTICLES = frozenset(
    (
        "of the de da do dos das del della di du van von der den ter la le les el al bin ibn ben"
        " y e"
    ).split()
)
NUMBER_WORDS = {
    word: str(value)
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
        " fifteen sixteen seventeen eighteen nineteen twenty".split()
    )
}
