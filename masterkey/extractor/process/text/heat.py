"""Heat treatments: which temperature goes with which time, and what is heated."""

import re

from masterkey.extractor.process.text.document import Document, Sentence
from masterkey.extractor.process.text.quantities import Quantity
from masterkey.extractor.process.text.stages import (
    Stage,
    with_repeated_temperatures,
    with_shared_times,
    with_times_of_lists,
    without_bounds,
)
from masterkey.extractor.stems import Stemmed

_HEATED = Stemmed(
    r"anneal|heat(?:ed|ing|[\s-]treat)|^\W*(?:then )?heat\b|\bbak(?:e|ed|ing)\b|dried|dry(?:ing)?\b|\bcur(?:ed|ing)\b|sinter|calcin|hot[\s-]?plate|temper(?:ed|ing)|fired|firing"
    r"|\b(?:conversion|transformation|interdiffusion|intercalation)(?:: ?\d| (?:of [^.;]{3,40} )?(?:\w+ )?(?:was|were|is|took|proceed\w*|occurr\w*|lasted|followed)\b)"
    r"|\b(?:complete|finish|drive|promote|start) the (?:\w+ )?(?:conversion|reaction|transformation|crystalli)"
    r"|thermal(?:ly)? treat|crystalli[sz]|(?:followed|succeeded) by (?:\w+ ){0,3}[0-9.]+ ?(?:°|min|s\b|h\b)|transferred to|placed on|kept (?:at|on)|treated at|after(?:wards)? .{0,12}at\b|convert|oven|furnace|°c (?:was|were) (?:held|kept|applied|maintained)|(?:left|stayed) (?:at|on|for|[0-9])|(?:then|followed by|finally|;) (?:another |a further )?[0-9.]+ ?(?:min|h)\w* at [0-9]|\bturn(?:ed|s) (?:\w+ly )?(?:dark |deep )?(?:black|brown|dark|red)|darken|blacken|warm(?:ed|ing)|shoe\b|needed"
    r"|\b(?:films?|layers?|samples?|substrates?|foils?|cells|devices|web|slides|plates|pieces|coupons|sheets|they|it|them)\b[^.;]{0,40}\b(?:placed|put|brought|held|set|raised|exposed|subjected|ramped|moved|taken|stood|remained|rested|sat|lay|spent)\b[^.;°]{0,30}?[0-9.]+ ?(?:°c|k\b),? ?(?:for|\(|over)? ?(?:another |about )?[0-9]"
    r"|\b(?:coated|spun|cast|deposited|bladed|printed)\b[^.;]{0,60}\b(?:then|and|before)\b[^.;]{0,20}\b(?:held|placed|put|brought|set|exposed|raised|taken|moved) (?:at|to|on|in)[^.;°]{0,20}?[0-9.]+ ?°c,? ?(?:for|\(|over)"
)
# Heat that no film gets: of solutions, sources, synthesis, tests, rooms.
_NO_FILM = Stemmed(
    r"stirr|dissol(?:v|ut)|\bsolutions? (?:was|were|is) (?:heated|kept|held|warmed)|\bink (?:was|is) (?:kept|heated|warmed)|filter|reflux|centrifug|ultrasonic|sonicat|crucible|source temperature|shak|agitat|rotary|\bboat\b|sublim|evaporat|å/s|å s-1|\brates?\b"
    r"|glovebox temperature|room was|substrate temperature|air[- ]knife (?:at|of)|(?<!plate )(?<!onto the )(?<!on the )(?<!onto )(?:preheat|pre-heat)|hot[\s-]cast|pre-?warm|\b(?:hot|heated|warm) (?:dry )?(?:air|nitrogen|n2|gas|argon)(?! (?:gun|oven))\b|cool(?:ed|ing) (?:down )?(?:to|below|under)|stored|storage|recryst|vacuum oven|\bpowders?\b|precipitat|\bepoxy|\bglued?\b|\bresins?\b|sealant|\bseal(?:ed|ing) (?:with|by|using)\b|encapsul|\blaminat|solder"
)
# In note form: "spun at 1500 rpm, 30 s; 70 °C, 1 min", "6000 rpm, 100 °C for 10 min".
_NOTED = re.compile(
    r"(?:rpm|\bs\b|spun|coat(?:ed|ing)|cast(?:ing)?|quench\w*|mm/s)[^.]{0,40}(?:[;,(]|\band|\bthen) ?(?:(?:and|then|at|again|next|followed by) ){0,3}[0-9.]+ ?°c(?:,|/| for)? ?(?:[0-9.]+|one|two|half an?|an) ?(?:min\w*|h(?:ours?|rs?)?|s(?:ec\w*)?)\b"
)
# A sentence of its own in notes: "100 °C 45 min.", "65 °C for 1 min, then 100 °C for 10 min in the glovebox."
NOTE_ALONE = re.compile(
    r"\W*(?:at |then |and )?[0-9.]+ ?°c ?[,/(]? ?(?:for )?[0-9.]+ ?(?:min|h|s)|\W*(?:then |after |another |a further )?[0-9.]+ ?(?:min|h|s)\w* (?:at|on a hot ?plate (?:at|of)) [0-9.]+ ?°c"
)
# "the solution at 70 °C was spin-coated", "70 °C hot PbI2 was …": of the solution.
_COATED_WARM = re.compile(
    r"\W{0,2}(?:hot|warm)?\W{0,2}(?:(?:hot|warm) \w+ )?(?:was|were|is) (?:then |quickly |directly )?(?:spin|spun|blade|slot|drop|cast|coated|deposit|spread|dispens)"
    r"|,? (?:hot|warm)\) (?:was |were )?(?:then )?(?:spin|spun|blade|slot|drop|cast|coated)"
    r"|,? (?:hot|warm|heated)?\s?(?:bed|stage|chuck|platen|table)\b"
)
# "PbI2 in DMF was kept at 70 °C and spun"
_KEPT_AT = re.compile(r"\b(?:kept|held|stirred|warmed|maintained) (?:hot )?at $")
_THEN_COATED = re.compile(r",? and (?:then )?(?:spin|spun|blade|slot-die|cast|drop)")
# "spin-coated on a substrate of 85 °C"
_ON_WARM = re.compile(
    r"\bon (?:a|an|the) (?:[\w-]+ )?(?:substrate|bed|chuck|stage) (?:of|at|kept at|held at|heated to|warmed to) $|\bon(?:to)? (?:the |an? )?pre-?heated \((?:at |to )?$"
)
# "heating to 135 °C, which we use on glass, was impossible", "above 140 °C the foil warps": of no film of the cells.
_RULED_OUT_BEFORE = re.compile(
    r"\b(?:lower|higher) (?:temperatures )?than (?:about )?$|\btemperatures? (?:below|under) (?:about )?$|\b(?:above|beyond|over|exceed\w*|higher than|more than|hotter than) (?:about )?$"
)
_RULED_OUT = Stemmed(
    r"\b(?:(?:stay|remain)(?:s|ed) (?:yellow|pale|transparent|incomplete)|impossible|not possible|not tolerated|out of the question|(?:was|were|is|had to be) avoided|(?:cannot|could not) be (?:used|reached|applied|heated)|(?:would|will|can) (?:\w+ )?(?:melt|warp|deform|shrink|damage|destroy|decompose|bend)"
    r"|(?:melts?|warps?|deforms?|shrinks?|damages?|decomposes?|destroys?|shrank|melted|(?:warp|deform|damag|destroy|decompos)(?:p?ed))\b)"
)
# "Devices without encapsulation were heated to 358 K in the dark": an ageing test.
_AGED = re.compile(
    r"\b(?:devices|cells|modules)\b[^.;]{0,40}\b(?:without (?:any )?encapsulation|unencapsulated|unsealed)\b|\b(?:un)?(?:encapsulated|sealed) (?:[\w-]+ ){0,3}(?:devices|cells|modules)\b"
    r"|^\W*for (?:the |an? |this )?(?:[\w-]+ )?(?:stability|degradation|ag(?:e?ing)|decomposition|durability)\b(?: of [\w ]{1,20})?[\w -]{0,15},"
)
_FARTHEST, _FARTHEST_BACK = 60, 40
_LONGEST = 4320.0  # minutes; longer heat is an ageing test
_COLDEST = 36  # °C; less is a room, a cabinet, a bath
_SHORT = 0.25  # minutes; shorter times belong to spinning unless the heat is said to last so long


def stages_of(document: Document, sentence: Sentence) -> list[Stage]:
    """The heat treatments of films that a sentence speaks of, in its order."""
    if not document.inside(document.temperatures, sentence):
        return []
    words = document.words(sentence)
    if not (_HEATED.stands_in(words) or _NOTED.search(words) or NOTE_ALONE.match(words)):
        return []
    return heat_at_large(document, sentence)


def heat_at_large(document: Document, sentence: Sentence) -> list[Stage]:
    """The temperatures of a sentence that are of no ink, source or test, with their times, whatever its verb."""
    told = document.inside(document.temperatures, sentence)
    words = document.words(sentence)
    if not told or _AGED.search(words):
        return []
    temperatures = [
        t
        for t in told
        if not _is_of_no_film(document, sentence, t) and not _is_of_series(document, sentence, t)
    ]
    durations = document.inside(document.durations, sentence)
    if pairs := _times_first(document, temperatures, durations):
        return pairs
    found, used = _with_nearest_times(document, sentence, temperatures, durations)
    found = with_shared_times(document, with_times_of_lists(document, found))
    found = with_repeated_temperatures(document, found, [d for d in durations if d not in used])
    warm = [stage for stage in found if stage.temperature is None or stage.temperature >= _COLDEST]
    warm = without_bounds(document, [stage for stage in warm if not _ripens(words, stage)])
    return [stage for stage in warm if stage.time is None or stage.time <= _LONGEST]


def _with_nearest_times(
    document: Document, sentence: Sentence, temperatures, durations
) -> tuple[list[Stage], set[Quantity]]:
    """(each temperature with its time, the times that are used)."""
    found, used = [], set()
    for n, temperature in enumerate(temperatures):
        following = next(
            (t.start for t in temperatures[n + 1 :] if t.start != temperature.start), sentence.end
        )
        time = _time_of(document, temperature, durations, used, following)
        if time is not None:
            used.add(time)
        spans = [temperature, *([time] if time else [])]
        found.append(
            Stage(
                temperature.value, time.value if time else None,
                min(q.start for q in spans), max(q.end for q in spans),
            )
        )  # fmt: skip
    return found, used


# "The samples were preheated at 42 °C for 4 min, and then …": the wet films.
_FILMS_PREHEATED = re.compile(
    r"\b(?:films?|samples|layers?) (?:was|were) (?:\w+ )?pre-?(?:heated|dried|annealed|baked) (?:at|on)[^.;]{0,30}$"
)
_RIPENED = re.compile(
    r"humid|\brh\b|r\.h\.|\bkept\b|\bleft\b|\bstored\b|\brested\b|\bexposed\b|\bmoist|\baged\b"
)
_HEATED_FOR = re.compile(
    r"\b(?:anneal|bak(?:ed|ing)|dried|drying|sinter|cur(?:ed|ing)|oven|heated)"
)
_LONG, _MILD = 300.0, 65.0  # minutes, °C


def _ripens(words: str, stage: Stage) -> bool:
    """Whether finished cells only ripen: "exposed to 70 % relative humidity at 40 °C for a day"."""
    is_mild = (stage.temperature or 0.0) <= _MILD and (stage.time or 0.0) >= _LONG
    is_humid = "humid" in words or " rh" in words
    return is_mild and bool(_RIPENED.search(words)) and (is_humid or not _HEATED_FOR.search(words))


_AT = re.compile(
    r"\s*(?:at|of|on (?:an?|the|another) (?:hot ?-?plate )?(?:at|of|set to|kept at)?)\s*(?:about |around )?"
)


def _times_first(document, temperatures, durations) -> list[Stage]:
    """ "one minute at 80 °C, two minutes at 120 °C": each time before its temperature, several times; else []."""
    found = []
    for temperature in temperatures:
        before = [d for d in durations if d.end <= temperature.start]
        if not before or not _AT.fullmatch(document.lower[before[-1].end : temperature.start]):
            return []
        time = before[-1]
        found.append(Stage(temperature.value, time.value, time.start, temperature.end))
    return found if len(found) > 1 else []


def _is_of_no_film(document: Document, sentence: Sentence, temperature: Quantity) -> bool:
    """Whether its clause heats a solution, a source, a powder, not a film."""
    lower = document.lower
    before = lower[max(temperature.start - 110, sentence.start) : temperature.start]
    clause = re.split(
        r"[;]|, and (?:then )?|\bthen\b|, followed by|, after which|\. |\b(?:(?:was|were) (?:then )?)?(?:spun|spin[- ]coated|spin-cast|bladed|blade[- ]coated|slot-die[- ]coated)\b",
        before,
    )[-1]
    after = lower[temperature.end : min(temperature.end + 30, sentence.end)]
    if _COATED_WARM.match(after) or _ON_WARM.search(before):
        return True
    if _KEPT_AT.search(clause) and _THEN_COATED.match(after):
        return True
    if _is_ruled_out(document, sentence, temperature, clause):
        return True
    if _FILMS_PREHEATED.search(clause):
        return False
    if _NO_FILM.search(clause) and not re.search(
        r"anneal|bak(?:ed|ing)|sinter|\bconverted\b", clause
    ):
        return True
    return bool(re.match(r"\W*(?:with|under) (?:vigorous |constant )?stirring", after))


# "a test series with 60, 80 and 100 °C is shown in Figure S4", "annealing was varied between 90 and 140 °C"
_SERIES = Stemmed(
    r"\b(?:test |temperature |annealing )?series (?:with|at|of|from|between)\b|\btrials? (?:at|with)\b|\bother (?:annealing )?temperatures\b"
    r"|\b(?:temperatures?|annealing|conditions?|it) (?:was|were|had been) (?:also )?(?:varied|screened|scanned|optimi[sz]ed|compared|explored|tested|changed)\b"
    r"|\b(?:tried|tested|compared|explored|screened) (?:temperatures|annealing)\b|\b(?:best|optimum|optimal|chosen|selected) (?:among|out of|from|between|of)\b"
)
_CLAUSE_END = re.compile(r"[;:]|\. |, (?:and|but|while|whereas|so)\b")
# "varied …, and 110 °C proved best"
_CHOSEN = re.compile(r"\b(?:best|optim\w+|chosen|selected|settled|used|adopted)\b")


def _is_of_series(document: Document, sentence: Sentence, temperature: Quantity) -> bool:
    """Whether a clause names temperatures that were only tried out beside the film's own."""
    words = document.words(sentence)
    if not _SERIES.search(words):
        return False
    before = document.lower[sentence.start : temperature.start]
    clause = _CLAUSE_END.split(before)[-1]
    behind = document.lower[temperature.end : min(temperature.end + 40, sentence.end)]
    return bool(_SERIES.search(clause)) and not _CHOSEN.search(_CLAUSE_END.split(behind)[0])


def _is_ruled_out(
    document: Document, sentence: Sentence, temperature: Quantity, clause: str
) -> bool:
    """Whether a text says of a temperature that its films or foils do not stand it."""
    if not _RULED_OUT.search(document.words(sentence)):
        return False
    behind = document.lower[temperature.end : min(temperature.end + 80, sentence.end)]
    other = re.search(r";|, (?:and|so|but|while|whereas|since|as|because|for)\b|\bbut\b", behind)
    said = _RULED_OUT.search(clause + behind[: other.start() if other else len(behind)])
    return bool(said) or bool(_RULED_OUT_BEFORE.search(clause))


_WITHIN = re.compile(r"\bwithin (?:about |ca\.? |some |~ ?)?$")


def _time_of(document, temperature, durations, used, following) -> Quantity | None:
    best, smallest = None, _FARTHEST
    for duration in durations:
        if duration in used:
            continue
        ramp = _WITHIN.search(document.lower, max(duration.start - 20, 0), duration.start)
        if ramp and any(duration.end < later.start < following for later in durations):
            continue  # "heated to 100 °C within 2 min and held for 20 min"
        if duration.start >= temperature.end:
            gap = duration.start - temperature.end
            if duration.start > following:
                continue
        else:
            between = document.lower[duration.end : temperature.start]
            if len(between) > _FARTHEST_BACK or not re.search(r"\bat\b|\bon\b|\(|,|to", between):
                continue
            gap = len(between) * 0.8 + (
                0
                if re.fullmatch(
                    r"\s*(?:,\s*)?(?:at|on a \w+(?: ?plate)? (?:at|of))\s*(?:about |around )?",
                    between,
                )
                else 25
            )
        if (
            duration.value < _SHORT
            and gap > 14
            and "rpm" in document.lower[max(duration.start - 40, 0) : duration.end + 5]
        ):
            continue
        if gap < smallest:
            best, smallest = duration, gap
    return best
