"""The words of ageing tests: what sets cells out, what became of their efficiency, in which gas (issue 14)."""

import re

_NUMBER = r"\d{1,3}(?:,\d{3})+(?!\d)|\d+(?:\.\d+)?"
WORDS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "fifteen": 15, "thirteen": 13, "fourteen": 14, "sixteen": 16, "eighteen": 18, "twenty": 20,
    "twenty-four": 24, "twenty-five": 25, "thirty": 30, "thirty-six": 36, "dozen": 12, "half a dozen": 6, "pair of": 2, "couple of": 2,
}  # fmt: skip
WORD_NUMBER = "|".join(sorted(WORDS, key=len, reverse=True))

# These tell of one beside a percentage or a time of hours or days.
ACTS = (
    "retain", "retention", "maintain", "preserv", "kept", "remain", "sustain", "stored", "storage", "exposed", "held", " lay ", "left", "tracked",
    "tracking", "operated", "soak", "initial", "original", " lost", "loss", "dropped", "fell ", "declin", "decreas", "degrad", "decay", "stayed", "placed", "illuminated",
    "t80", "t90", "t95", "t_80", "t_90", "t_95", "t85", "t70", "t50", "efficien", "pce", "first", "started", "began", "begun", " value", "heat test", "stress test", "test of", "tests of", "normali", " sat ", " stood ", "→", "starting", "reached", "yielded", "delivered", "before", "beginning", "pce0", "cycl", "fresh", "shelf",
)  # fmt: skip
# A sentence on cells, their efficiency or their lifetime has one of these.
CELL_SIGNS = (
    "%",
    "cell",
    "device",
    "module",
    "tandem",
    "effic",
    "pce",
    "perform",
    "power",
    "t8",
    "t9",
    "t_",
    "t5",
    "t7",
    "those",
    "ones",
    "cent",
    "encapsul",
    "sealed",
)
# A sentence that tells what was left has one of these.
OUTCOME_SIGNS = (
    "%",
    "cent",
    "t8",
    "t9",
    "t_",
    "t5",
    "t7",
    "half",
    "third",
    "quarter",
    "fourth",
    "fifth",
    "sixth",
    "eighth",
    "tenth",
    "unchanged",
    "not change",
    "normali",
    "lost no",
    "losing no",
    "did not",
    "loss",
    "degradation",
    "decay",
    "decrease",
    "drop",
    "decline",
)
# Longer times than those in `document.durations`.
LONG = ("month", "year")

CELLS = re.compile(
    r"\b(?:cells?|devices?|modules?|tandems?|pscs?|panels?|pixels|ones|those|they|of them|photovoltaics?)\b|(?<!heating )(?<!optical )(?<!lens )(?<!finite )\belements?\b(?! analy)"
)
# Words that only go with cells, where none are named.
OF_CELLS = re.compile(
    r"maximum[- ]power|\bmpp|operational|outdoors?|one sun|1[ -]sun|illuminat|\bpce|efficien|\bdevice|\bcell|encapsulat|\bt_?[5-9]\d\b|light[- ]soak|\bisos\b"
)
# "98% after 30 days (target), 85% (control)"
SORTS = re.compile(r"\btargets?\b.*\bcontrols?\b|\bcontrols?\b.*\btargets?\b")
NOT_CELLS = re.compile(
    r"\b(?:not|nor|instead of|rather than) (?:from |of |on |with |in |the |complete |finished )*(?:cells?|devices?)\b"
)
# Cells are put somewhere: sets out a test of which the next sentence tells the outcome.
PUT = re.compile(
    r"\b(?:stored|storage|kept|aged|ageing|aging|held|rested|left|lay|placed|put|tracked|tracking|operated|exposed|illuminated|irradiated|soaked|soaking|cycled|biased|maintained|stayed|followed|monitored|tested|run|ran|running|worked|mounted|heated|sat|stood|loaded|subjected|stressed|connected|storing|keeping|holding|placing|operating|exposing|heating|illuminating|mppt)\b"
)
# Told of the whole test, whatever came before.
OF_ALL = re.compile(
    r"\s*(?:all|both|these|this|during|throughout|meanwhile|it|they|no|the (?:tests?|measurements?|cells|devices|chamber|box|temperature|relative humidity|humidity|atmosphere|experiments?|ag(?:e?ing)|samples|sample holder|holder|chuck|stage|light|lamps?)|(?:chamber|stage|cell|device|sample) temperature|temperature|humidity)\b"
)
# J–V curves between the periods of a test.
INTERRUPTED = re.compile(
    r"\bevery\b|removed\b|(?:set|certain|given|fixed|regular) times|\b(?:cells?|devices?|modules?|they|these|tandems?|pscs?) (?:(?:without|with|of|in|from|under|sealed|encapsulated)(?: [\w-]+){0,4} )?(?:were|was) (?:\w+ )?(?:stored|kept|held|aged|placed|put|left|exposed|heated|illuminated|soaked|tracked|operated)\b|\bbetween\b|periodic|taken out|\bweekly|\bdaily|each (?:day|week)|once (?:a|per|in)\b|interval|time to time|regularly"
)
MATERIAL = re.compile(
    r"\btga\b|thermogravi|calorimetr|\bdsc\b|decompos|heating rate|diffract|\bxrd\b|contact angle|absor(?:ption|bance)|\bnmr\b"
)
NO_CELLS = re.compile(
    r"\b(?:films?|powders?|crystals?|solutions?|inks?|dispersions?|precursors?|half-?stacks?|sols?|samples for|polymers?|wafers?)\b"
)
# "The silica sol obtained was kept …": on a material, whatever it is for.
MATERIAL_SUBJECT = re.compile(
    r"\W*(?:the |this |our |an? )?(?:[\w-]+ ){0,3}?(?:films?|powders?|crystals?|solutions?|inks?|dispersions?|precursors?|sols?|pastes?)(?: (?:obtained|prepared|thus obtained))? (?:was|were|could|can|is|are)\b"
)
OTHER_CELLS = re.compile(
    r"\borganic (?:solar )?cells?\b|\bopv\b|\bsilicon cells?\b|irradiance was (?:monitored|measured|recorded)"
)
TREATMENT = re.compile(
    r"after-?treatment|oxidi[sz]|over\s?night|before (?:the )?(?:measur|deposit|evaporat|use)|prior to|until use|purif|anneal|cur(?:ed|ing)\b(?! (?:glue|epoxy|resin|adhesive|sealant|encaps))"
)
SETS_OUT = re.compile(
    r"\b(?:stored|storage|kept|aged|ag(?:e?ing)|held|tracked|tracking|placed|put|operated|left|exposed|heated|subjected|lay|rested|stayed|illuminated|irradiated|soaked|soaking|cycled|followed|monitored|run|biased|maintained|tested|put in|carried out|performed|conducted|done|took place|ran|running|worked|mounted|assessed|evaluated|examined|measured|under|sat|stood|loaded|storing|keeping|holding|tracking|placing|operating|exposing|heating|illuminating|leaving|soaking|cycling|loading|determined|recorded|applied|stressed|connected|observed|checked|executed)\b"
)
TOPIC = re.compile(
    r"\s*(?:we (?:performed|conducted|carried out|measured|tested|made) (?:an? )?|for|in|under|during|to \w+|the|as for|as to)?\s*(?:the )?(?:thermal|operation|light|shelf|moisture|damp|photo|humid|long-?term|storage|maximum|ambient|heat|outdoor|indoor|air)"
)

DURATION = re.compile(
    rf"(?<![\w.,])(?P<n>{_NUMBER}|{WORD_NUMBER})\s?-?\s?(?P<unit>hours?|hrs?|h|days?|d|weeks?|months?|years?)\b(?!\s?[-−]\s?1)(?!\s?/)(?<!\b[0-3]d)(?<!\b[0-3]-d)"
    r"|\b(?P<n2>half an?|a) (?P<unit2>year|month|week)\b(?! (?:before|earlier|ago))"
    r"|\b(?:in|on|at|by|until|after) (?P<unit3>hour|day|week|month) (?P<n3>\d+)\b"
)
# "200 cycles of 6 h each"
CYCLES = re.compile(
    r"(?<![\w.,])(?P<times>\d{1,3}(?:,\d{3})+|\d+) (?:[\w-]+ )?cycles?(?: of| with| lasting| each of| each lasting| \(of|, (?=[\d.]+ ?\w+ (?:each|per cycle))| \((?=[\d.]+ ?\w+ (?:each|per cycle))) ?(?P<n>\d+(?:\.\d+)?) ?(?P<unit>h|hours?|min|minutes)\b(?! (?:in total|altogether|total))"
)
HOURS = {"h": 1.0, "d": 24.0, "w": 168.0, "m": 720.0, "y": 8760.0}
# "every 24 h", "once in 3 days": when they were measured, not how long.
REPEATED = re.compile(
    r"(?:every|each|per|once (?:in|a)|interval\w* of|cycles? of|after each|(?:for|in|within|during|over) the first)\s(?:about |some )?$"
)
NAMED_COUNTS = {"half a": 0.5, "half an": 0.5, "a": 1.0}
LIFETIME = re.compile(
    rf"\bt_?(?P<percent>[5-9]\d)\b(?!\s?%)(?:[^.;%]|\.(?=\d)|%(?= ?(?:rh|r\.h|relative|humid))){{0,90}}?(?P<n>{_NUMBER})\s?(?P<unit>hours?|hrs?|h|days?|weeks?|months?)\b"
)

PERCENT = re.compile(
    r"(?<![\d.,])(?P<n>\d+(?:\.\d+)?)(?:\s?(?:±|\+/-)\s?\d+(?:\.\d+)?)?\s?(?:%|percent\b|per cent\b|(?=,? (?:and|or|versus) \d+(?:\.\d+)?\s?%))"
)
_ABOUT = r"(?:only |just |merely |about |around |over |more than |above |nearly |almost |at least |still |approximately |ca\.? ?|some |roughly |close to |well |up to |less than |under |below |as (?:much|little) as |[~≈≥≤><∼]\s?|a |an |the )*"
HUMID_BEHIND = re.compile(
    r"\s*(?:[-–]\s?)?\(?(?:in |of )?(?:the )?(?:relative |air )?(?:humidity|r\.? ?h\b|moist)"
)
HUMID_BEFORE = re.compile(
    r"(?:(?<!% )(?<!% relative )humidity|humidity-controlled \w+ \(|(?<!\d% )(?<!\d % )(?<!\d%)\brh\b|\bhr\b|r\.h\.|\bdrier|\bmoisture)\)?[^%a-z:]{0,4}(?:(?:of|about|below|above|around|under|at|is|was|between|less|more|lower|higher|than|from|to|and|kept|approximately|ca|being|[\d.±]+|%|[(<>≈~≤≥,=–-])\s?)*$"
)
KEPT_BEHIND = re.compile(
    r"\)?,?\s*(?:of|from) (?:its|their|the|this|that|it|these|what)\b(?:$|[ ,;.)]|\s)(?=.{0,30}(?:initial|original|start|first|on day |day (?:one|zero|1|0)\b|outset|value|efficien|pce\b|perform|power|output|begin|had|fresh|maxim|retain|remain|kept\b|left\b)|\W|$)"
    r"|\s*(?:of|from) (?:initial|original|start\b|(?:the |its |their )?(?:pce|η|eta)_?0)"
)
# "… and 80% after 2000 h"
AFTER_BEHIND = re.compile(r"\s*(?:after|within) (?:a total of |another )?\d")
LEFT_BEHIND = re.compile(
    r"\s*(?:pce |efficiency |performance )?(?:retention|remain|was (?:left|retained)|were (?:left|retained)|left\b|(?:retained|preserved|maintained|kept)(?=\W*(?:$|\(|;|\.)))"
)
KEPT_BEFORE = re.compile(
    rf"(?:\b(?:maintenance|retention) (?:rates?|ratios?|factors?)|retain\w*|retention|maintain\w*|kept|keep\w*|preserv\w*|remain\w*|sustain\w*|conserv\w*|stay\w*|stood|hold(?:s|ing)?|held|(?:values?|efficienc\w+|pces?|power|output) after (?:the |this )?(?:test|storage|ag(?:e?ing)|exposure|experiment|\d+ ?h\w*)|relative to (?:the |its |their )?(?:fresh|initial|first|start\w*|original)|normali[sz]ed (?:pce|efficiency|power|performance)s?)\b[^%;]{{0,50}}$|\b(?:at|was|with) {_ABOUT}$(?<=still )"
)
OF_EFFICIENCY = re.compile(
    r"\s*(?:left )?\(?\s?(?:of|from) (?:an? |the |its |their |initial |initially )*\d"
)
LOST_BEFORE = re.compile(
    rf"(?:\blost|\bloses?|\blosing|\bcost (?:them|it|(?:the|these|our|such) (?:\w+ )?(?:cells?|devices?|modules?|tandems?))|\b(?:loss(?:es)?|drop|decrease|degradation|decay|decline|reduction)(?: (?:in|of) (?:the )?(?:mean |average )?(?:pce|efficiency|performance|power|output)| \w+)? (?:of|by|was|is|averag\w*|amount\w* to|came to|(?:stay|remain)\w* (?:at|below|under))|(?:decreas|dropp|degrad|declin|reduc|decay|fall|fell|sank|deteriorat)\w*(?: the (?:\w+ )?(?:pce|efficiency|power|output|performance))? by|\b(?:dropped|fell|decreased|declined|degraded)(?! (?:below|under)\b))\s{_ABOUT}$|\b(?:loss(?:es)?|degradation|decrease|drop) \((?:about |only |[<~≈] ?)*$"
)
LOST_BEHIND = re.compile(
    r"\)?\s*(?:relative )?(?:\w+ )?(?:loss(?:es)?|drop|decrease|degradation|decay|decline|reduction)\b|\s*of (?:its|their|the) (?:\w+ ){0,3}(?:was|were|had been|has been|is|are|had|have|has) (?:lost|gone|disappeared|vanished)\b"
)
FELL_TO = re.compile(
    rf"(?:dropp?\w*|fell|fallen|falls?|declin\w*|decreas\w*|degrad\w*|reduc\w*|down|decay\w*|went|sank|sunk|came|deteriorat\w*)(?: \w+)? (?:to|below|under) {_ABOUT}$"
)
FROM_TO = re.compile(
    r"\bfrom (?:an? |the )?(?:\w+ ){0,4}?(?P<before>\d+(?:\.\d+)?)\s?%?\s?(?:\([^)]*\)\s)?(?:(?:at|in|on|before|when) (?:the )?(?:\w+ ){0,2}?(?:start|beginning|outset|first|day|ageing|aging|test|new|fresh)s? |initially |originally )?(?:down )?to (?:\w+ ){0,2}?(?P<after>\d+(?:\.\d+)?)\s?%"
    r"|(?P<before3>\d+(?:\.\d+)?)\s?%,? [^.;%]{0,30}?(?:fell|fallen|dropped|decreased|declined|went|gone|came|sank|sunk|decayed|degraded|reduced|become|became) (?:(?:\w+ )?to )?(?:about |only |just |ca\.? )?(?P<after3>\d+(?:\.\d+)?)\s?%"
    r"|(?P<before4>\d+(?:\.\d+)?)\s?%?\s?(?:→|⟶|->)\s?(?P<after4>\d+(?:\.\d+)?)\s?%"
    r"|\b(?:pces?|efficienc(?:y|ies))\b (?:[\w-]+ ){0,3}?from (?P<before8>\d{1,2}\.\d+) (?:down )?to (?P<after8>\d{1,2}\.\d+)(?! ?(?:%|v\b|nm\b|ev\b))"
    r"|\bto (?P<after5>\d+(?:\.\d+)?)\s?%,? from (?P<before5>\d+(?:\.\d+)?)\s?%"
    r"|(?:before ?(?:and|/) ?after|initial ?(?:and|/) ?final|start and (?:at the )?end)[^;%]{0,120}?(?P<before6>\d+(?:\.\d+)?)\s?%? ?(?:and|/) ?(?P<after6>\d+(?:\.\d+)?)\s?%"
    r"|(?P<before2>\d+(?:\.\d+)?)\s?% (?:before|initially)[^.;%]{0,40}?(?P<after2>\d+(?:\.\d+)?)\s?% (?:after|afterwards|at the end)"
)
FRACTIONS = {
    r"half": 50, r"(?:a|one)[ -]third": 33, r"(?:a|one)[ -](?:quarter|fourth)": 25, r"(?:a|one)[ -]fifth": 20, r"(?:a|one)[ -]sixth": 17,
    r"(?:a|one)[ -]eighth": 12.5, r"(?:a|one)[ -]tenth": 10, r"two[ -]thirds": 67, r"three[ -](?:quarters|fourths)": 75, r"four[ -]fifths": 80, r"nine[ -]tenths": 90,
}  # fmt: skip
FRACTION = re.compile(
    rf"(?P<verb>\blost|\blosing|\bloss of|retain\w*|kept|keep\w*|maintain\w*|preserv\w*|fell to|dropped to|fell by|dropped by|remain\w*|\bhad|\bhave|delivered|showed)\s{_ABOUT}(?P<part>{'|'.join(FRACTIONS)})\b"
    rf"|\b(?P<part2>{'|'.join(FRACTIONS)}) of (?:its|their|the) (?:\w+ ){{0,2}}(?:efficiency|pce|performance|value|power)[^.;,]{{0,20}}(?P<verb2>lost|left|remain|kept|retain|gone)"
)
FRACTION_SIGNS = ("half", "third", "quarter", "fourth", "fifth", "sixth", "eighth", "tenth")
# An efficiency that rises is that of cells that ripen.
RISING = re.compile(r"(?:increas|rose|rais|improv|enhanc|grew|went up|ripen)\w*[^.;%]{0,40}$")
RISES = re.compile(r"\b(?:increas|rose|rais|improv|enhanc|grew|went up|up to|climb)")
# "the cells were bent 1,000 times": no ageing.
BENT = re.compile(r"\b(?:bending|bent|bend|folded|stretched|twisted)\b")
UNCHANGED = re.compile(
    r"(?:\bno|\bwithout(?: any)?) (?:\w+ ){0,2}(?:loss|degradation|decay|decrease|drop|decline)\b(?! (?:test|stud))(?! (?:of|in) (?!the (?:pce|efficien)|pce|efficien|perform|power))"
    r"|\bno (?:\w+ )?changes? (?:in|of) (?:the |their |its )?(?:\w+ )?(?:pces?|efficienc|performance)"
    r"|(?:efficienc(?:y|ies)|pces?|performance) (?:\w+ ){0,3}(?:unchanged|did not change)"
    r"|\b(?:lost|losing) (?:no|none of (?:its|their|the))\b(?: \w+)? (?:efficienc|pce|perform|power)|(?:did|do|had|have|has) not (?:degrade|decay|lose|lost|degraded)\w*\b(?! more| further| below)"
)
STARTED_BEFORE = re.compile(
    r"(?:^|[.;,] )\W*of (?:its|their) (?:initial )?$|(?:initial(?:ly)?|original(?:ly)?|start\w*|beg[aiu]n\w*|fresh\w*|at first|before|pce_?0|day[- ]one|time (?:zero|0)|at 0 h)\b[^%;]{0,50}$|%[^%;.]{0,14}\(?\bof (?:an? )?(?:\w+ ){0,2}$"
)
STARTED = re.compile(
    r"\b(?:initial(?:ly)?|fresh|originally|as[- ]made|at the (?:start|beginning))\b"
)
STARTED_BEHIND = re.compile(
    r"\s*\)?,?\s*\(?(?:(?:for|of|in) (?:the |an? )?fresh\b|at the (?:start|beginning|outset)|in the beginning|to begin|to start|initial|before|at first|(?:when|while|as|were|still) (?:fresh|new)\b|as (?:made|prepared)\b|at t ?= ?0|at (?:the )?time (?:zero|0)\b|on (?:the first day|day (?:zero|one|0|1)\b)|originally)"
)
CONTROL = re.compile(
    r"(?:^|[.;:,] |\bthe )[rc][ -](?:cells|devices|modules)\b(?=:| (?:kept|had|lost|fell|dropped|retained|only|held|were|to|went|still))|\bcontrol|\breference|\bpristine|\bwithout (?!(?:any )?(?:encaps|seal|cover|uv|light|cooling|humidity|filter|bias|loss|measur|further|addit))|\bw/o\b|\bbaseline (?:cell|device|one)|\bstandard (?:cell|device)|\buntreated|\bunpassivated|\bundoped|\bconventional|\bcompar(?:ison|ative)|\bunmodified|\breplac|\b(?!dopant|lead|ma|antisolvent|hysteresis|pinhole)\w+-free (?:ones|cells|devices|controls?)\b"
)
# "…, whereas 3D devices were down to 20%": the first are the paper's own.
AGAINST = re.compile(
    r"(?:\bwhereas|, while|\bcompared (?:with|to)|\bin contrast to|\bas opposed to) (?:the )?(?:(?!target|champion|treated|modified|passivated|optimi|initial)[\w/-]+ ){0,4}?(?:cells?|devices?|modules?|pscs|tandems?|those|ones)\b"
)
CLAUSE = re.compile(
    r";|, (?:while|whereas|but|and|those|that of|with(?! [\d~])|compared|against|in contrast)\b|\bwhereas\b|\bwhile\b|, (?:the )?(?:(?!and |or )[\w-]+ )?(?=control|reference|comparative|pristine|target|other)|\band (?=\d+(?:\.\d+)?\s?%\s(?:in|for|of|with|by|on) (?:the )?(?:control|reference|compar\w+|pristine|un\w+|standard))|\band (?:those|the (?:control|reference|target))|\bcompared (?:with|to)|\bbut\b|\bversus\b"
)

# "21% and 19% at the start": what is said behind the second holds for both.
PAIRED = re.compile(rf"\s*(?:and|or|versus|vs\.?|against)\s{_ABOUT}(?P<n>\d+(?:\.\d+)?)\s?%")
PAIRED_BEFORE = re.compile(r"(?P<n>\d+(?:\.\d+)?)\s?% (?:and|or|versus|vs\.?|against) $")
CONTROL_FIRST = re.compile(
    r"\b(?:control|reference|pristine|untreated|unmodified|unpassivated|standard)(?: \w+){0,2} (?:and|or|versus) (?:the )?(?:target|champion|modified|treated|passivated|optimi[sz]ed)"
)

_OF_CELLS = r"(?:(?!and |or |h |hours |days )[\w-]+ ){0,3}?(?:cells|devices|modules|mini-?modules|tandems|pscs|samples|pixels)\b"
AVERAGED = re.compile(r"averag|\bmeans?\b|\bmedian")
# "mean of six", "averaged over 8 cells", "means of n = 6"
AVERAGE = re.compile(
    rf"(?:\bmeans?|\bmedians?|averag\w*)(?: values?)?(?: are| is| was| were)?(?: taken| calculated| formed)? (?:of|over|from|for|across) (?:the |these |those |all |at least |about |a set of |n ?= ?)*(?P<n>\d+|{WORD_NUMBER})\b(?!\s?(?:%|h\b|hours|days|min|°|\.\d|,\d|scan|measure|point))"
    rf"|(?<!\w)n\s?=\s?(?P<n2>\d+)\b(?!\.\d)"
)
_OF_EACH = (
    r" (?:of|from) (?:each|either|both|every) (?:sorts?|kinds?|types?|groups?|batch(?:es)?)\b"
)
OF_EACH_SORT = re.compile(rf"\b(?:\d{{1,2}}|{WORD_NUMBER}){_OF_EACH}")
# So many cells were tested; they were averaged where the test says so.
COUNT = re.compile(
    rf"(?<![\w.,=-])(?P<n>\d{{1,3}}|{WORD_NUMBER}) (?!(?:h|d|w|v|k|mm|cm|nm|min|sun|suns|days?|hours?|weeks?|months?|%)\b){_OF_CELLS}(?! (?:were|had been) (?:made|fabricated|prepared|produced))"
    rf"|\bof (?:these|them|those|which),? (?P<n2>\d{{1,2}}|{WORD_NUMBER})\b (?:were|was)\b|\((?P<n3>\d{{1,2}}|{WORD_NUMBER}) (?:of )?each\b"
    rf"|\b(?P<n4>\d{{1,2}}|{WORD_NUMBER}){_OF_EACH}"
)
SINGLE = re.compile(
    r"(?:\ba single|\bone|^\s*one|\ba representative) (?:(?:encapsulated|unencapsulated|sealed|bare|target|champion|representative|perovskite|solar|tandem|such) ){0,3}(?:cell|device|module|tandem)\b(?! (?:of|for) each)"
)

# A gas is stated by a place more than by its moisture or by "inert".
MOISTURE = re.compile(r"humid|relative|r\.?h|damp|inert|ambient\b")
# "88% (target), 62% (control) of the initial PCE": what the first is of is said behind the second.
DEVICE_BEHIND = re.compile(
    r"^\s*\((?:after )?[\d,]+ ?(?:h|hours|d|days|weeks)\)|^\s*\((?:for |of )?(?:the )?(?:target|champion|best|modified|treated|passivated|control|reference|pristine|with|without)[^()%]{0,30}\)(?:(?:,| and)+\s?\d+(?:\.\d+)?\s?%\s*\([^()%]{0,40}\))?"
)
OF_TARGET = re.compile(
    r"\s*\(?(?:for |of )?(?:the )?(?:target|champion|best|modified|treated|passivated)"
)
OF_CONTROL = re.compile(r"\s*\(?(?:for |of )?(?:the )?(?:control|reference|pristine|without)")
