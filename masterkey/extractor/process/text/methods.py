"""Deposition methods: the database's names and how papers write them."""

import re
from typing import NamedTuple

_COAT = r"(?:[\s-]?(?:coat(?:ed|ing|ers?|s)?|cast(?:ed|ing)?|deposit(?:ed|ion)?|print(?:ed|ing)?))"
# What tells that several sources work together, so that one film grows.
_AT_ONCE = r"\b(?:simultaneous(?:ly)?|concurrently|in parallel|at the same time(?! (?:as|on|for|in)\b)|together from)\b"
# Name → pattern on lower-cased text. The first of two that begin at one place wins.
PATTERNS = {
    "Spin-coating": rf"(?:(?<=was )|(?<=were )|(?<=how: ))hot[\s-]cast(?:ing)?\b(?![^.;]{{0,250}}(?:spin|spun|rpm|°c|heated))|spin{_COAT}(?:\b|(?=ers?\b))|\bspun\b(?! off)|spin[\s-]?process\w*|\bspin(?:ning)?\b(?=[^.]{{0,25}}rpm)|\bspin(?:ning)? at \d|(?:(?<=[.;:] )|(?<=\n)|(?<=then )|(?<=, ))spin\b(?= (?:the |a |an |on )?[a-z\d\[(])(?! (?:off|dry|speed|program|coater|state|rate|orbit|param|axis|curve))|\brpm\b|r\.p\.m",
    "Electrospraying": r"electro-?spray\w*",
    "Electrospinning": r"electro-?sp(?:inn\w*|un\b)",
    "Electrochemical anodization": r"anodi[sz](?:ed|ation|ing)\b|electrochemical(?:ly)? anodi[sz]\w*",
    "Electropolymerization": r"electro-?polymeri[sz]\w*",
    "Solution combustion": r"(?:solution[\s-])?combustion(?:[\s-](?:synthesis|method|process|route))?\b(?! (?:engine|analy))",
    "Thermal oxidation": r"thermal(?:ly)? oxidi[sz]\w*|thermal oxidation",
    "Roller-coating": r"roller[\s-]?coat\w*",
    "Ultrasonic spray": r"ultra-?sonic(?:ally)?[\s-](?:spray|nozzle)\w*(?:[\s-]nozzles?)?",
    "Spray-pyrolys": r"spray[\s-]pyroly\w*|pyroly[sz]\w*",
    "Spray-coating": rf"spray{_COAT}\b|air[\s-]?brush\w*|\bspray(?:ed|ing)?\b|\bnebuli[sz]ed\b|\batomi[sz]ed\b",
    "Slot-die coating": rf"slot[\s-]die{_COAT}?|\bslot die\b|\b(?:delivered|pumped|fed|supplied|dispensed) at (?:a (?:flow )?rate of |a flow of )?[\d.]+ ?(?:[µu]l|ml) ?(?:/ ?min|min|per min)|\b(?:slit(?:[\s-]die)?|die)[\s-]coat(?:ed|ing|ers?)\b",
    "Gravure printing": r"gravure\w*(?:[\s-]print\w*)?",
    "Inkjet printing": r"ink-?jet\w*(?:[\s-]print\w*)?|\bdimatix\b[^.;()]{0,30}?\bprinted\b|\bjetted\b|\bprint[\s-]?heads?\b",
    "Screen printing": r"screen[\s-]?print\w*|stencil[\s-]?print\w*|\bprinted through\b|\b(?:squeezed|pressed|pushed|forced|squeegeed|wiped) through (?=[^.;]{0,40}\b(?:mesh|screen|stencil))|\bsqueegee\w*|\brotary[\s-]screens?\b(?:[\s-]print\w*)?",
    "Doctor blading": r"doctor[\s-]?blad\w*|blade[\s-]?coat\w*|\bblad(?:ed|ing)\b|\bblade\b(?= (?:the|an?|this|it) )|\b(?:the|a) blade\b|knife[\s-]coat\w*|bar[\s-]?coat\w*|(?:wire|mayer)[\s-](?:bar|rod)s?|meniscus[\s-]coat\w*|\bapplicators?\b|\b(?:casting|coating|drawing)[\s-]kni(?:fe|ves)\b|(?:draw|pull)n? down (?:with|by|using)\b",
    "Dropcasting": r"\bdrops? of (?:about )?\d[\d.]* ?[µu]l (?:covered|was (?:placed|put|set|laid|left)|sat|stood|lay)\b|drop[\s-]?(?:cast|coat)\w*|\bdropped (?:on|onto|into|through)\b(?! the (?:rotating|spinning))|\bpipetted (?:on|onto)\b",
    "Drop-infiltration": r"infiltrat\w*|\b(?:dripped|dropped|poured|injected|filled|dispensed) (?:down )?(?:through|into) (?:the |an? )?(?:[\w-]+ ){0,2}(?:carbon|meso\w*|porous|stacks?|scaffolds?|electrodes?)\b|(?:(?<=was )|(?<=were ))filled with\b(?= (?:the |a |an |\d[\d.]* ?[µu]l of )?(?:(?:fresh|filtered|warm|perovskite|precursor) )*(?:inks?|precursors?|perovskites?|solutions?|ma|fa|cs|ch3nh3|pbi2)[\w()]*\b)",
    "Dipp-coating": r"dip[\s-]?coat\w*|\bdipp(?:ed|ing)\b|(?<!a )\bdip(?= (?:in|into|the)\b)|immers(?:ed|ing|ion)|\bsoak(?:ed|ing)\b(?! (?:down|through|up)\b| in(?:to)? the (?:\w+ )?(?:pores|scaffold|stack|layers?|films?|carbon|mesopor\w*))",
    "CBD": r"\b(?:deposited|formed|prepared|grow(?:n|s|th)?)\b [^.;]{0,40}\bin a (?:\w+ )?bath\b|\b(?:stood|standing|placed|suspended|immersed|kept|hung|put)\b[^.;]{0,40}\bin a bath of\b(?=[^;]{0,90}(?:sncl|ticl|tin chlor|titanyl|urea))|\b(?:stood|standing|placed|suspended|immersed|kept|hung|put)\b[^.;]{0,60}\b(?:(?:chemical|diluted|this|the|deposition|cold|hot) )+bath\b|\bbath of\b(?=[^;]{0,120}\b(?:sncl\d?|ticl\d?|tin chlor\w*|titanyl|urea|titanium tetra\w+)\b)|chemical bath(?:[\s-]deposit\w*)?|\bbath (?:contained|consisted|held|was made|was prepared)\b(?=[^;]{0,90}(?:sncl|ticl|tin chlor|titanyl|urea))|\bcbd\b|bath deposition",
    "ALD": r"atomic[\s-]layer[\s-]deposit\w*|\bp?e?ald\b|atomic[\s-]layer|\b(?:cycles|pulses) of (?:\w+ )?(?:tdma\w*|tma\b|dez\b|tetrakis|trimethyl|diethylzinc)",
    "Co-evaporation": rf"(?:thermal(?:ly)? )?(?:evaporated|evaporating|sublimed|sublimated|subliming|sublimation|evaporation)\b(?=[^.;,]{{0,60}}?{_AT_ONCE})|\b(?:simultaneous|parallel)(?:ly)? (?:thermal(?:ly)? )?(?:evaporat|sublim)\w*|\b(?:deposited|grown|formed|made) from (?:two|three|four|several) (?:[\w-]+ )?(?:sources|crucibles|boats)\b|co-?\s?evaporat\w*|co-?deposit\w*(?= at (?:the )?rates?\b)|co-?sublim\w*|(?:dual|multi|two|three|triple|four)[\s-]source (?:vapou?r|evaporat\w*)",
    "E-beam evaporation": r"e-?beam\w*(?:[\s-]evaporat\w*)?|electron[\s-]beam\w*(?:[\s-]evaporat\w*)?",
    "Flash evaporation": r"flash[\s-](?:evaporat|sublim)\w*",
    "Evaporation": r"vacuum(?: ?\([^()]{0,30}\))?(?=: [^.;]{0,40}\d ?nm\b)|(?:thermal(?:ly)?|vacuum|vapou?r)[\s-]?(?:evaporat\w*|deposit\w*|sublim\w*)|(?<!rotary )evaporat(?:e|ed|ion|ing|or)\b(?! of the solvent)|sublim(?:ed|ation|ing|ated)|\bpvd\b|\bevap\b",
    "Magnetron sputtering": r"magnetron(?:[\s-]sputter\w*)?",
    "Sputtering": r"(?:rf|dc|r\.f\.|d\.c\.|radio[\s-]frequency)?[\s-]?sputter\w*",
    "Pulsed laser deposition": r"pulsed[\s-]laser[\s-]deposit\w*|\bpld\b",
    "CVD": r"chemical vapou?r[\s-]deposit\w*|\bp?e?cvd\b|\bzones? (?:of|in) (?:a|the) (?:[\w-]+ ){0,3}(?:tube|furnace)\b",
    "Close space sublimation": r"close[ds]?[\s-]space[d]?[\s-]sublim\w*|\bcss\b",
    "Gas reaction": r"gas[-–]solid\w* (?:react|conver|inter)\w*|\b(?:sealed|enclosed|kept|heated|reacted)\b(?=[^.;]{0,40} with (?:an? )?(?:[\w-]+ ){0,2}(?:mai|fai|mabr|(?:methylammonium|formamidinium) iodide) powders?\b)|(?:placed|laid|put|held|kept|mounted|arranged|positioned) (?:face[- ]?down |upside[- ]?down |\w+ )?(?:over|above|on|beside|next to|around) (?:the |an? |some )?(?:mai|fai|mabr|ch3nh3i|methylammonium \w+|formamidinium \w+|\w+ salt) powders?\b|react(?:ed|ing|ion)? (?:\w+ )?with (?:the |hot )?(?:mai|fai|mabr|ch3nh3i|methylammonium \w+|formamidinium \w+|methylamine|\w+ (?:iodide|halide)) (?:vapou?r|gas)\w*|expos\w+ [^.;]{0,60}?to (?:the )?(?:\w+ )?(?:mai|fai|mabr|mabr|methylam\w+|iodide|organic|halide)[^.;]{0,12} vapou?rs?|vapou?r[\s-](?:assisted|treat\w*|react\w*|transport)|exposed to (?:the )?(?:vapou?r|mai|fai)\w*|powders? (?:was|were|is|are) (?:\w+ )?(?:spread|placed|scattered|put|distributed|sprinkled|laid|strewn) (?:\w+ )?(?:around|about|beside|near|next to|under|below|underneath|opposite)\b|(?:grow(?:n|th)|react(?:ed|ion)|convert(?:ed)?|conversion|transformed|annealed|heated|treated|kept|held) (?:[\w-]+ ){0,3}in (?:the |an? )?(?:\w+ )?(?:mai|fai|mabr|ch3nh3i|ch3nh3br|methylammonium \w+|formamidinium \w+|methylamine|halide|iodide) (?:vapou?rs?|atmosphere)\b",
    "Electrodeposition": r"electro-?deposit\w*|electrochemical(?:ly)? deposit\w*|electroplat\w*",
    "Hydrothermal": r"hydrothermal\w*|solvothermal\w*|autoclave",
    "SILAR": r"\bsilar\b",
    "Lamination": r"laminat\w*|hot[\s-]press\w*|transfer[\s-]print\w*",
    "Brush painting": r"\bpaint(?:ed|ing)\b|brush[- ](?:paint|coat)\w*|brushed on",
    "Langmuir-Blodgett deposition": r"langmuir",
    "Printing": r"\bprint(?:ed|ing)\b|(?:(?<=first |third |final )|(?<=second )|(?<=last ))print\b(?= (?:was|is)\b)",
    "Deposition": r"\b(?:deposit(?:ed|ion|ing)?|grown|formed|applied|coated|cast|spread|laid|(?:finished|completed|topped(?: off)?|capped) (?:with|by)(?= (?:an? |the |about |some )?(?:\d|layers?\b|films?\b|\w+ (?:electrode|contact|grid))|$)|finished with|completed with|(?:complet|finish|clos|conclud|terminat|cap)(?:p?ed|es?|s)? (?:off )?(?:the|each|every|our) (?:[\w-]+ )?(?:cell|device|stack|structure)s?|followed\b(?! by)(?=[.,;]| (?:at|with|in the same)\b)|covered with|added on|(?:(?<=film was )|(?<=layer was )|(?<=films were )|(?<=layers were ))(?:made|prepared)|prepared (?=according to|as (?:reported|described)|following|by (?:the |a )?(?:reported|literature|published)))\b",
}  # fmt: skip
# The first three letters of what each pattern can match: most words begin otherwise and cost nothing.
_STEMS = {
    "Spin-coating": "spi spu rpm r.p hot", "Electrospraying": "ele", "Electrospinning": "ele", "Electrochemical anodization": "ano ele", "Electropolymerization": "ele",
    "Solution combustion": "sol com", "Thermal oxidation": "the", "Roller-coating": "rol", "Ultrasonic spray": "ult", "Spray-pyrolys": "spr pyr", "Spray-coating": "spr air neb ato",
    "Slot-die coating": "slo sli die del pum fed sup dis", "Gravure printing": "gra", "Inkjet printing": "ink dim jet pri", "Screen printing": "scr ste pri squ pre pus for wip rot",
    "Doctor blading": "doc bla kni bar men the a_b wir may app cas coa dra pul", "Dropcasting": "dro pip", "Drop-infiltration": "inf fil dri dro pou inj dis", "Dipp-coating": "dip imm soa",
    "CBD": "dep for pre gro sto sta pla sus imm kep hun put che cbd bat", "ALD": "ato ald pal eal pea cyc pul", "Co-evaporation": "co- co_ coe cos dua mul two thr tri fou the eva sub sim par dep gro for mad",
    "E-beam evaporation": "e-b ebe ele", "Flash evaporation": "fla", "Evaporation": "the vac vap eva sub pvd", "Magnetron sputtering": "mag",
    "Sputtering": "rf_ rf- dc_ dc- r.f d.c rad spu rfs dcs", "Pulsed laser deposition": "pul pld", "CVD": "che cvd pcv pec ecv zon", "Close space sublimation": "clo css", "Gas reaction": "vap exp pow pla lai put mou arr pos gro rea con tra ann hea tre kep hel gas sea enc",
    "Electrodeposition": "ele", "Hydrothermal": "hyd sol aut", "SILAR": "sil", "Lamination": "lam hot tra", "Brush painting": "pai bru",
    "Langmuir-Blodgett deposition": "lan", "Printing": "pri", "Deposition": "fol mad pre dep gro for app coa cas spr lai fin com cov add top cap clo con ter",
}  # fmt: skip
_BY_STEM: dict[str, list[tuple[str, re.Pattern]]] = {}
for _name, _pattern in PATTERNS.items():
    for _stem in _STEMS[_name].split():
        _BY_STEM.setdefault(_stem.replace("_", " "), []).append((_name, re.compile(_pattern)))
_WORD_START = re.compile(r"[a-z]+")

# They say that something is deposited, not how.
GENERIC = frozenset(("Printing", "Deposition"))
# Told beside the method proper: "infiltrated by spin coating", "dropped on the rotating film".
WEAK = frozenset(("Drop-infiltration", "Dropcasting"))
COATING = frozenset(
    (
        "Spin-coating",
        "Slot-die coating",
        "Doctor blading",
        "Spray-coating",
        "Ultrasonic spray",
        "Dipp-coating",
    )
)
PRINTING = frozenset(name for name in PATTERNS if name.endswith(" printing"))


# "the spin-coater", "the blading ink", "a sputtering target": things, not acts; "dipped in no liquid": none.
_THING = re.compile(
    r"(?:er\b|ers\b|\s+(?:inks?|solutions?|coaters?|machines?|targets?|boats?|heads?|nozzles?|precursors?|parameters|times?|depths?)\b|\s+in(?:to)? no\b)"
)

# "applied with a slot-die coater", "printed by means of an inkjet printer": the machine tells the act.
_MACHINE = re.compile(r"(?:er|e?rs| coaters?| printers?| machines?| heads?| nozzles?)\b")
_BY_MEANS = r"\b(?:with(?: the (?:aid|help|use) of)?|by(?: (?:means|use|the use) of)?|using|via|through|in|on|from|employing|utili[sz]ing) (?:an? |the |our |said |this |that |same |another )*(?:(?!and |then )[\w-]+ )?$"
_APPLIED = r"\b(?:applied|deposited|coated|formed|spread|printed|cast|laid down|prepared|made|produced|distributed|put down|transferred|dispensed|processed|fabricated|provided)\b"
_DONE_WITH = re.compile(rf"{_APPLIED}[^.;]{{0,120}}{_BY_MEANS}")
_WITH_IT = re.compile(_BY_MEANS)
# "Using a slot-die coater, the ink was applied", "a blade coater was used to deposit the film"
_DOES = re.compile(
    rf"[^.;,]{{0,30}},[^.;]{{0,80}}{_APPLIED}|[^.;]{{0,30}} (?:was|were|is|served|serves) (?:used |employed )?(?:to|for) (?:the )?(?:apply|deposit|coat|form|spread|print|cast|la?y|prepar|produc)"
)
_MACHINE_BEFORE = 200  # characters


# "laid on the web with a slot-die head", "by means of a spin coater": the machine does it, whatever the verb.
_BY_MACHINE = re.compile(
    r"\b(?:(?:with|using|by|by means of|from|through|via|employing|under) (?:an? |the |our |this )|(?:in|on) an? )(?:[\w-]+ ){0,2}$"
)


def _is_thing(lower: str, start: int, end: int) -> bool:
    """Whether a word is of something that deposits, and not of its doing so."""
    is_coater = lower.endswith(("coater", "coaters"), start, end)
    if not (is_coater or _THING.match(lower, end)):
        return False
    machine = _MACHINE.match(lower, end - 2 if is_coater else end)
    if machine is None:
        return True
    before = lower[max(start - _MACHINE_BEFORE, 0) : start]
    if _DONE_WITH.search(before) or _BY_MACHINE.search(before):
        return False
    does = _DOES.match(lower, machine.end())
    return not does or ("," in does[0] and not _WITH_IT.search(before))


_LIQUIDS = r"(?:solvents?|moisture|water|dmf|dmso|ipa|isopropanol|2-propanol|ethanol|methanol|acetone|toluene|chlorobenzene|liquids?|antisolvent|acetonitrile|ether)"
# "evaporation of the DMSO solvent", "evaporated the residual water", "evaporated on a rotary evaporator"
_OF_LIQUID = re.compile(
    rf"\s(?:out |off |away )?(?:of )?(?:the |all |any |most of the |its )?(?:[\w-]+ )?{_LIQUIDS}\b|[^.;]{{0,60}}\b(?:rotary|rota-?vap|rotavapor|to remove the solvents?)\b"
)
_LIQUID_WAS = re.compile(
    rf"\b(?:{_LIQUIDS}|mixtures?|filtrates?|precipitates?(?: of \w+)?|solutions?)(?: \([^()]*\))? (?:was|were|is|are|had been|to|can|could|has|have)(?: then| be| been| completely| slowly| quickly| fully)*\s?$"
)
_BEFORE = 60  # characters


def _is_drying(lower: str, start: int, end: int) -> bool:
    """Whether it is a liquid that evaporates."""
    if _OF_LIQUID.match(lower, end):
        return True
    return bool(_LIQUID_WAS.search(lower[max(start - _BEFORE, 0) : start]))


_LAYERS_WERE = re.compile(r"\b(?:layers?|films?)\b[^.;]{0,90}\b(?:was|were) (?:\w+ )?$")
_STIRS = re.compile(r"\b(?:rotary|centrifug|stirr|shak|vortex|magnetic bar|agitat|ball[- ]mill)")
_NO_SOURCE = re.compile(
    r"\s*(?:with an energy|lithograph|damage|dose|current|irradiat|energy|energies|of \d|induced|diffract|at \d+ ?kv|accelerat|voltage)"
)


# "Nothing in these cells is evaporated", "attempts to spin coat the ink", "as one would do with a spin-coated film"
_NOT_DONE = re.compile(
    r"\b(?:nothing|none|no (?:[\w-]+ )?(?:layers?|films?|steps?|materials?|contacts?|parts?|metals?|electrodes?|gold|silver|conductors?))\b[^.;:,]{0,40}\b(?:is|was|are|were|be|been|had to be) (?:\w+ )?$"
    r"|\b(?:attempts?|trials?) (?:to|at|with|of) (?:the )?$|\b(?:instead of|rather than|in place of|unlike|without(?: any)?) (?:a |an |the )?$"
    r"|\bas (?:one|we|you) (?:would|might|do|does)\b[^.;]{0,20}$"
)


def _is_no_method(lower: str, name: str, start: int, end: int) -> bool:
    """Whether the word means something else here: a stirrer's rpm, a microscope's beam, a liquid that dries."""
    if lower[start - 3 : start] == "as-":  # "the as-coated films"
        return True
    if _NOT_DONE.search(lower[max(start - _BEFORE, 0) : start]):
        return True
    if "utter" in name and _SHIELDED.search(lower, max(start - _BEFORE, 0), start):
        return True
    if name == "Evaporation":
        return _is_drying(lower, start, end)
    if name == "E-beam evaporation":
        return bool(_NO_SOURCE.match(lower, end))
    if name == "Deposition" and lower[start:end].startswith("prepared"):
        return not _LAYERS_WERE.search(lower[max(start - 2 * _BEFORE, 0) : start])
    if name == "Spin-coating" and lower[start:end] == "rpm":
        return bool(_STIRS.search(lower, max(start - _BEFORE, 0), start))
    return False


# "SnO2 shields the organic layers from the sputter process": what is to come.
_SHIELDED = re.compile(
    r"\b(?:shield|protect|damage|withstand|resist)\w*\b[^.;,]{0,40} (?:from|against|during|by|of) (?:the |later |subsequent |following )*$"
)


class MethodMention(NamedTuple):
    name: str
    start: int
    end: int


def methods_of(lower: str) -> list[MethodMention]:
    """All methods that a lower-cased text names, in order."""
    found: list[MethodMention] = []
    end = 0
    for word in _WORD_START.finditer(lower):
        start = word.start()
        if start < end:
            continue
        for name, pattern in _BY_STEM.get(lower[start : start + 3], ()):
            match = pattern.match(lower, start)
            if match:
                end = match.end()
                if not (_is_thing(lower, start, end) or _is_no_method(lower, name, start, end)):
                    found.append(MethodMention(name, start, end))
                break
    return found
