"""Word lists: what names nothing, what also has an ordinary meaning, what is a cue for more."""

from typing import Final

from smepo.masking.search.folding import fold

# Words that start sentences and queries without naming anything.
COMMON: Final[frozenset[str]] = frozenset(
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
# Words that names are made of but that also mean something in lower case. A surname written small
# is taken for the name unless it stands here.
ORDINARY: Final[frozenset[str]] = frozenset(
    """
    able academy access account act acting active actual addition address adult affairs africa
    age agency agent agreement air airport album america american amount ancient angel animal
    anniversary annual apple april area arm army art article artist arts assembly assistant
    association attack attention attorney audience august autumn avenue average award awards
    baby bad ball band bank bar base baseball basic basketball battle bay beach bear beautiful
    beauty bed beginning bell best better big bill bird birthday black blood blue board boat
    body bomb bone book border born boss bottle bottom bowl box boy boys brain branch bread
    break bride bridge bright british broad broken brother brothers brown building bureau
    business cabin camera camp campus capital captain car card care career case cash castle cat
    catholic cause cave cell center central centre century certain chain chair challenge
    champion championship chance change channel chapter character charge charter chicken chief
    children china choice christian christmas church cinema circle citizen citizens city civil
    class classic clean clear climate clock close cloud club coach coast code coffee cold
    collection college colonel color colour comedy comic comics command commander commission
    committee common communication community company complete computer concert conference
    congress constitution contact contest control cook cool copper corner corporation council
    country county couple course court cover craft cream creek crime criminal crisis critical
    cross crown cultural culture cup current customer daily dance dancing danger dark data dawn
    days dead deal dean dear death decade december deep defense degree department deputy desert
    design desk detective development device devil diamond digital dinner direct direction
    disease distance district division doctor dog dollar door double downtown dragon drama draw
    dream dreams dress drink drive driver drug dry duke dust duty eagle early earth east eastern
    easy economic economy edge edition education effect eight elder election electric electronic
    element elementary emperor empire empty energy engine engineer english entertainment entry
    environment episode equal escape estate europe european evening event events evil example
    exchange executive experience expert express eye eyes face factory fair faith fall false
    fame family famous fantasy farm fashion fast fate fear feature february federal federation
    feel feet female festival fiction field fifth fight figure final finance financial fine fire
    fish five flag flash flat fleet flight flood floor flower flowers fly food foot football
    force foreign forest form formal fort fortune forum forward foundation founded fountain four
    fourth frame free freedom french fresh friday friend friends front fruit full fund future
    gallery game games gang garden gate general generation german ghost giant gift girl girls
    glass global goal god gold golden golf government governor grace grade graduate grand grant
    grass gray great green grey ground group growth guard guest guide guitar gulf half hall hand
    hands happy harbor harbour hard head health heart hearts heat heaven heavy heights hell help
    hero heroes high hill hills history holiday holy home honor hope horror horse hospital host
    hotel hour house housing human hundred hunter husband ice idea ideal image independent india
    indian industrial industry infantry inner inside institute institution insurance
    international internet investment iron island islands isle issue italian january japan
    japanese jazz jersey job joint journal journey judge july jump june jungle junior jury
    justice key kid kids kind king kingdom kings kitchen knight lab labor labour lady lake lakes
    lamp land language large laser latin laugh law lawyer leader leadership league learning
    legal legend letter letters level liberal liberty library life light lights limited line
    lion list literary literature little live living local lodge long lord lost love lovely
    lover lower lucky machine magazine magic mail main major male man management manager manor
    march marine market marriage married mars martial master match material matter mayor meaning
    media medical medicine medium meeting member members memorial memory metal method metro
    middle midnight military milk mill mills mind mine minister ministry minor mirror mission
    mixed model modern moment monday money monster month moon moral morning motion motor
    mountain mountains mouse mouth movement multiple murder museum music musical mystery myth
    naked names narrow nation national native natural nature naval navy network news newspaper
    night nine noble noise normal north northern notes novel november nuclear number nurse oak
    ocean october office officer official oil old olympic open opera operation opposition orange
    orchestra order organization original outside oxford pacific page paint painter painting
    pair palace panel paper paradise parent park parliament part particular partner party pass
    past path patient peace peak pearl penny perfect performance period personal phone photo
    physical piano picture pictures piece pilot pine pink pioneer pitch plain plane planet plant
    plants plastic plate platform play player players plaza poem poet poetry point police policy
    political politics pool poor pop popular population port position positive post power powers
    premier present press price pride priest prime prince princess principal prison private
    prize problem process producer production professional professor profile program programme
    progress project promise property protest province public publisher punk pure purple queen
    quick quiet race racing radio rail railway rain ranch range rapid rare ray real reason rebel
    record recording records red reform regiment region regional regular relations release
    religion religious report republic research reserve resort response rest restaurant return
    review revolution rich ride rider right rights ring rise rising river road robot rock roll
    roman romance room root rose round route royal rule run rural sacred safe sailor saint sale
    salt sand saturday scale scene school schools science scientific scout screen script sea
    season seat second secret secretary section security senate senator senior series service
    services session set seven seventh shadow shape sharp shell ship shop shore short shot show
    shows side sign silence silent silver simple single sister sisters site sixth size skin sky
    slave sleep slow small smart smith smoke snow social society soft soil solar soldier
    soldiers solid sonic soul sound south southern space special species spectrum speech speed
    spirit spirits sport sports spot spring square stadium staff stage standard star stars state
    statement states station steel stone stop storm story strange stranger stream street streets
    strike string strong structure student students studies studio studios study style subject
    success sugar summer summit sun sunday super support supreme surface surgery sweet swimming
    symphony system table tale talent tales tall target task tax teacher team tech technical
    technology teen television temple tennis term terminal territory test theater theatre theme
    theory thing things third thousand three thunder thursday ticket tiger time times title
    today tomorrow tone top total touch tour tower town toys track trade tradition traffic trail
    train training transport travel treasure treaty tree trees trial tribe trinity trip triple
    troops truck true trust truth tuesday turn twelve twenty twin type ultimate uncle union
    unique unit united universal universe university upper urban valley value vampire variety
    vehicle version victim victory video view village violence violin virgin virtual vision
    visual voice volume wagon walk wall walls war warrior wars watch water waters wave waves
    wealth weapon weather wedding wednesday week welcome west western wheel white whole wide
    wild wind window wine wing wings winner winter wise witch wolf woman women wonder wonderful
    wood woods word words work worker works workshop world worlds wrestling writer writers
    writing wrong yard yellow york young younger youth zone
    amber baker banks bishop buck chase chip clay dale drew earl fisher frank guy iris ivy jade joy
    lance lily mark marks miles moody nick pierce porter reed rob ruby rush savage skip sue victor
    wade walker ward wells
    """.split()
)
SMALL_NAMES: Final[frozenset[str]] = frozenset("i ok okay tv id q a".split())
LINKING: Final = (  # small words of titles
    "with from that into upon over under without about after before between through against when"
    " than then where your this they what have will".split()
)
LABELS: Final[frozenset[str]] = frozenset(
    "yes no i ok search finish action thought observation answer question wikipedia final".split()
)
TITLES: Final[frozenset[str]] = frozenset(
    "mr mrs ms dr prof sir lord lady dame saint st rev".split()
)
PARTICLES: Final[frozenset[str]] = frozenset(
    (
        "of the de da do dos das del della di du van von der den ter la le les el al bin ibn ben"
        " y e"
    ).split()
)
ARTICLES: Final = frozenset(("the", "a", "an", "i"))
WEEKDAYS: Final = frozenset("monday tuesday wednesday thursday friday saturday sunday".split())

# What words are cues for: a text without the cue needs no closer look.
DIGITS: Final = 1  # a digit, or an ordinal or a month of a date
NUMBER: Final = 2  # a number in words
ANSWER: Final = 4  # "the answer is"
SO: Final = 8  # a sentence that concludes
YES_NO: Final = 16
PLAN: Final = 32  # a sentence that says what to do next
ORDINALS: Final = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth"
    " fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth twenty-first"
    " twenty-second twenty-third twenty-fourth twenty-fifth twenty-sixth twenty-seventh"
    " twenty-eighth twenty-ninth thirtieth thirty-first"
).split()
MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar janvier enero gennaio janeiro",
            "feb february februar février fevrier febrero febbraio fevereiro",
            "mar march märz marz mars marzo março",
            "apr april avril abril aprile",
            "may mai mayo maggio maio",
            "jun june juni juin junio giugno junho",
            "jul july juli juillet julio luglio julho",
            "aug august août aout agosto",
            "sep sept september septembre septiembre settembre setembro",
            "oct october oktober octobre octubre ottobre outubro",
            "nov november novembre noviembre novembro",
            "dec december dezember décembre decembre diciembre dicembre dezembro",
        ),
        1,
    )
    for name in names.split()
}
LATER_ORDINALS: Final = (  # that no date has
    "fortieth fiftieth sixtieth seventieth eightieth ninetieth hundredth"
).split()
_SPELLED: Final = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
    " sixteen seventeen eighteen nineteen twenty thirty forty fourty fifty sixty seventy eighty"
    " ninety hundred thousand million billion trillion"
).split()
CUES: Final[dict[str, int]] = {
    **dict.fromkeys(map(fold, MONTHS), DIGITS),
    **dict.fromkeys(_SPELLED, NUMBER),
    **dict.fromkeys(LATER_ORDINALS, NUMBER),
    **dict.fromkeys(ORDINALS, DIGITS | NUMBER),
    **dict.fromkeys(("twenty", "thirty"), DIGITS | NUMBER),
    "answer": ANSWER,
    **dict.fromkeys("so thus therefore hence conclusion since because".split(), SO),
    **dict.fromkeys(("yes", "no"), YES_NO),
    **dict.fromkeys("need whether check search look next let find if".split(), PLAN),
}
