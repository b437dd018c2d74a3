"""The perovskite of a device beside the target: composition, additives, solvents, method, anneal (issue 14)."""

import re

from masterkey.extractor.compositions import short_form
from masterkey.extractor.fields import LONG_FORM, SHORT_FORM, SOLVENTS
from masterkey.extractor.new_names import looks_new
from masterkey.extractor.process.devices.kinds import (
    CONTROL,
    THREE_DIMENSIONAL,
    Variant,
)
from masterkey.extractor.process.devices.paper import Findings, Paper
from masterkey.extractor.process.inks.additives import tried_clauses
from masterkey.extractor.process.inks.composition import ions_of
from masterkey.extractor.process.inks.solvents import STRONG
from masterkey.extractor.process.text.document import Document
from masterkey.extractor.process.text.findings import Finding
from masterkey.extractor.process.text.materials import LATTICE_SALT

LACKS = re.compile(
    r"\bwith (?P<o>(?!and |or |an? |the )[\w-]{2,30})\b[^.;]{0,60}\bwithout(?=\W*$| ?[;,.])"
    r"|\b(?:without|w/o|omitting|lack(?:ing|ed|s)?|(?:free|devoid) of|neither|skipp(?:ed|ing)|(?<![\d.])(?:with )?0(?:\.0+)? ?(?:mol|wt|vol)?\.? ?(?:%|m?m\b|mg(?: ?/ ?ml| ml-1)?)(?: of)?) (?:the |any |an? |such )?(?P<a>[^,.;()]{2,70})"
    r"|(?<![\d.])0(?:\.0+)?(?: ?%)?(?:, [\d.]+(?: ?%)?)*,? (?:and|or) [\d.]+ ?(?:(?:mol|wt|vol|at)?\.? ?%|m?m\b|mg(?: ?/ ?ml| ml-1)?)(?: of)? (?P<n>[^,.;()]{2,70})"
    r"|\bno (?P<b>[^,.;()]{2,60})|\bnot (?:receive|contain|have|get|given|(?:surface-|post-?)?treated|passivated|modified)\w*\b(?P<c>[^,.;]{0,50})"
    r"|\b(?:contain|ha|receiv|got)\w* (?P<g>none)\b|\b(?:controls?|references?)\b[^.;]{0,40}\b(?:did|does|do) not(?P<h>)(?= ?[.;)])|\bin (?P<i>(?:its|their)) absence"
    r"|\b(?P<j>it|which|this) (?:was|is) (?:missing|absent|lacking|left out|omitted)|(?P<k>[\w()-]+(?: [\w()-]+)?)(?: \([^()]*\))?(?:, (?:[^,.;]|\.\d){1,60},)? (?:was|is)[^.;]{0,80},? and (?:was |is )?(?:left out|omitted|missing)"
    r"|(?P<m>nothing)(?: else)? (?:was|were|had been|has been) (?:added|put in|dissolved|introduced|mixed in)"
    r"|(?P<d>(?:(?:hole|electron) )?[\w():-]+(?: [\w():-]+)?) (?:(?:was|were|is|are|being|has been|had been|have been) (?:simply |just |deliberately |entirely )?(?:omitted|left out|left away|skipped|dispensed with)|(?:is|was|are|were) (?:absent|missing|not (?:present|applied|deposited|used|formed|added|coated|included|provided)))|(?P<e>[\w-]+)-free\b|\b(?P<l>untreated|unpassivated)\b|\b(?:undoped|dopant-free|pristine) (?P<f>\S+)"
)
ADDITIVES = "Perovskite_additives_compounds"
_ALONE = re.compile(
    r"\btarget (?:cells|devices|films?|inks?|solutions?|precursors?|perovskites?|samples)\b"
)
_ADDED = re.compile(r"ionic liquid|additive|surfactant|dopant|anything else|additional salt")
_INK = re.compile(
    r"\bin (?:anhydrous )?(?:dmf|dmso|nmp|gbl)\b|dissol|solution|\binks?\b|precursor|mixed in|\bsolvents?\b|\binfiltrat"
)
_ALONE_IN = re.compile(
    r"\b(?:neat|pure) (?:dry |anhydrous )?(?:dmf|dmso|nmp|gbl|n,n-|dimethyl|2-meth)|\b(?:dmf|dmso|nmp|gbl) (?:alone|only)\b"
)
_WHOLE_INK = re.compile(r"\bpbi2\b|\bsni2\b|\b\w*pb\w*i3\b|lead iodide")
_SAME = re.compile(r"\bsame (?:content|amount|composition|concentration)|otherwise|identical")
_LEAST_CERTAIN = 0.4
_OTHERWISE = re.compile(r"instead|\bwash|\brins|\bstep\b|treat|monolayer|\bbare\b|layer|replac")
_ELLIPTIC = re.compile(
    r"$|(?:none|its|their|it|this|them|which|nothing|(?:for|in) (?:the )?(?:controls?|references?))\b|.* it$"
)
_CONTROL = re.compile(r"\b(?:control|reference|pristine)")
_USUAL = frozenset(("Cl", "SnF2", "MACl"))  # additives of targets and controls alike
_ADDED_TO = re.compile(
    r"\badded\b|part of the (?:perovskite |precursor )?(?:solution|ink|precursor)|\bcontain"
)
_REPLACED = re.compile(r"(?:instead of|in place of|rather than|replac\w+)[^.;]*")


def _additive_forms(paper: Paper) -> dict[str, set[str]]:
    """Each additive of the target's perovskite → how the text writes it, lower case."""
    if paper.additive_forms is None:  # looked for once, whatever the number of devices
        paper.additive_forms = _forms_of_additives(paper)
    return paper.additive_forms


def _forms_of_additives(paper: Paper) -> dict[str, set[str]]:
    finding = paper.target.get(ADDITIVES)
    if finding is None:
        return {}
    names = finding.value.split("; ")
    forms = {name: {name.lower()} for name in names}
    if len(finding.spans) == len(names):
        for name, (start, end) in zip(names, finding.spans, strict=True):
            forms[name].add(paper.document.lower[start:end])
    for name, own in forms.items():
        own |= _other_spellings(paper.document, name, own)
    if "Cl" in forms:
        forms["Cl"] = {"macl", "facl", "cscl", "pbcl2", "chloride", *(forms["Cl"] - {"cl"})}
    return forms


# "barium iodide": a control "without barium"
_ION = re.compile(
    r"(?P<ion>barium|strontium|calcium|zinc|manganese|bismuth|antimony|indium|europium|copper|silver|germanium|rubidium|potassium|sodium|guanidinium) (?:\w*iodide|\w*bromide|\w*chloride|thiocyanate|fluoride|acetate|nitrate)"
)


def _other_spellings(document: Document, name: str, own: set[str]) -> set[str]:
    """How the text writes an additive elsewhere: other mentions of it, and what stands in brackets behind its name."""
    found = {document.lower[m.start : m.end] for m in document.mentions if m.name == name}
    for form in own | found:
        for match in re.finditer(rf"(?<![\w-]){re.escape(form)} \((?P<short>[\w-]{{2,12}})[,)]", document.lower):  # fmt: skip
            found.add(match["short"])
        for match in re.finditer(rf"(?P<long>[\w-]{{4,}}(?: [\w-]+)?) \({re.escape(form)}[,)]", document.lower):  # fmt: skip
            found.add(match["long"])
            ion = _ION.fullmatch(match["long"])
            found |= {ion["ion"]} if ion else set()
    return found


def without_additives(paper, found: Findings, lacked: str, before: str, place) -> None:
    forms = _additive_forms(paper)
    gone = {name for name, own in forms.items() if any(_named(form, lacked) for form in own)}
    if not gone and _ELLIPTIC.match(lacked):
        # "…; the control has none": of what the same sentence names, else the one before.
        start = max(paper.document.sentence_at(place[0]).start - place[0], -len(before))
        for words in (before[start:] if start else "", before):
            gone = gone or {
                name for name, own in forms.items() if any(_named(form, words) for form in own)
            }
    if not gone and _ADDED.search(lacked):
        special = [n for n in forms if re.search(r"BF4|TFSI|PF6|IM|pyridin|phosph", n)]
        gone = set(special if "ionic" in lacked and special else forms)
    if gone:
        _set_additives(found, [name for name in forms if name not in gone], place)


def without_only_additive(paper: Paper, variant: Variant, found: Findings) -> None:
    """A control of which nothing is said lacks the one additive that is not usual, if there is one."""
    names = list(_additive_forms(paper))
    special = [name for name in names if name not in _USUAL]
    words = paper.words(variant)
    if _OTHERWISE.search(words):
        return
    given = _given_to_target(paper, names)
    if given and not any(_named(f, words) for n in given for f in _additive_forms(paper)[n]):
        _set_additives(found, [n for n in names if n not in given], variant.passages[0])
        return
    if len(special) == 1 and not any(_named(form, words) for form in _additive_forms(paper)[special[0]]):  # fmt: skip
        kept = [name for name in names if name not in special]
        found.pop(ADDITIVES)
        if kept:
            found[ADDITIVES] = Finding("; ".join(kept), 0.5, "deduced", tuple(variant.passages[:1]))


def _given_to_target(paper: Paper, names: list[str]) -> list[str]:
    """Of several additives those that are told in clauses on the target alone: "in the target devices X was added as well"."""
    spans = paper.target[ADDITIVES].spans if ADDITIVES in paper.target else ()
    if len(names) < 2 or len(spans) != len(names):
        return []
    document = paper.document
    return [
        name
        for name, (start, end) in zip(names, spans, strict=True)
        if _ALONE.search(document.lower[document.sentence_at(start).start : end])
        and not _CONTROL.search(document.words(document.sentence_at(start)))
    ]


def _named(form: str, words: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(form)}(?![\w])", words) is not None


def _set_additives(found: Findings, names: list[str], place) -> None:
    if names:
        found[ADDITIVES] = Finding("; ".join(names), 0.8, "text", (place,))
    else:
        found.pop(ADDITIVES, None)


def make_ink(paper: Paper, variant: Variant, found: Findings) -> None:
    """Composition, additives and solvents of another ink."""
    reading = _reading(paper, variant)
    if reading is not None:
        for name, value in ((LONG_FORM, reading.long_form), (SHORT_FORM, short_form(reading.long_form))):  # fmt: skip
            found[name] = Finding(value, min(reading.certainty, 0.85), reading.source, reading.spans)  # fmt: skip
        _of_other_metals(paper, variant, found, reading)
    forms = _additive_forms(paper)
    for start, end in variant.passages:
        words = paper.document.lower[start:end]
        if not _INK.search(words):
            continue
        gone = _set_aside(words, start)
        solvents = [m for m in paper.document.mentions if start <= m.start < end and m.name in STRONG and not _inside(m.start, gone)]  # fmt: skip
        names = {m.name for m in solvents}
        partly = names < set(paper.target.get(SOLVENTS, Finding("", 0.0)).value.split("; "))
        _add(paper, found, words, (start, end))
        if partly and len(names) < 2 and not (_WHOLE_INK.search(words) or _ALONE_IN.search(words)):
            continue
        if solvents and " >> " not in paper.target.get(SOLVENTS, Finding("", 0.0)).value.replace("none >> none", ""):  # fmt: skip
            value = "; ".join(sorted({m.name for m in solvents}, key=str.lower))
            found[SOLVENTS] = Finding(value, 0.8, "text", tuple((m.start, m.end) for m in solvents))
        if solvents and _WHOLE_INK.search(words) and not _SAME.search(words) and ADDITIVES in found:
            # Of two steps the other ink goes on holding what is usual.
            told = found[ADDITIVES].value.split("; ")
            usual = _USUAL if " >> " in paper.target.get(SOLVENTS, Finding("", 0.0)).value else ()
            kept = [
                n
                for n, own in forms.items()
                if n in told and (n in usual or any(_named(form, words) for form in own))
            ]
            _set_additives(found, kept, (start, end))


def _of_other_metals(paper: Paper, variant: Variant, found: Findings, reading) -> None:
    """The additives of an absorber of other metals than the target's: what its own ink or the passages name."""
    target = paper.target.get(LONG_FORM)
    if target is None or ions_of(target.value)[1] == ions_of(reading.long_form)[1]:
        return
    own = [paper.document.sentence_at(start) for start, _ in reading.spans]
    words = " ".join([paper.words(variant), *map(paper.document.words, own)])
    if not _INK.search(words):
        return
    forms = _additive_forms(paper)
    names = {
        name for name, spelled in forms.items() if any(_named(form, words) for form in spelled)
    }
    for name, (start, _) in zip(reading.additives, reading.additive_spans, strict=False):
        if any(sentence.start <= start < sentence.end for sentence in own):
            names.add(name)
    _set_additives(found, sorted(names, key=str.lower), variant.passages[0])


def _add(paper: Paper, found: Findings, words: str, place: tuple[int, int]) -> None:
    """What is put into the device's ink and not into the target's."""
    start, end = place
    if not _ADDED_TO.search(words):
        return
    gone = _set_aside(words, start)
    own = found[ADDITIVES].value.split("; ") if ADDITIVES in found else []
    targets = _additive_forms(paper)  # of which the device has what was not taken away
    new = [
        m.name
        for m in paper.document.mentions
        if start <= m.start < end and _is_additive(m) and m.name not in {*own, *targets} and not m.name.endswith("ACl") and not LATTICE_SALT.fullmatch(m.name)
        and not _inside(m.start, gone)
    ]  # fmt: skip
    if new:
        _set_additives(found, sorted({*own, *new}, key=str.lower), place)


_INSTEAD_OF = re.compile(
    r"\b(?:instead of|in (?:the )?place of|in lieu of|rather than) (?:the )?(?P<old>[\w()+-]{2,20})"
)


def exchange_additive(paper: Paper, variant: Variant, found: Findings) -> None:
    """ "with PEAI instead of PEASCN": one additive of the target's perovskite for another."""
    document = paper.document
    told = [
        (start, match)
        for start, end in variant.passages
        for match in _INSTEAD_OF.finditer(document.lower, start, end)
    ]
    forms = _additive_forms(paper) if told else {}
    for start, match in told:
        gone = [name for name, own in forms.items() if match["old"].strip("()") in own]
        if not gone:
            continue
        new = [m.name for m in document.mentions if start <= m.start < match.start() and _is_additive(m)]  # fmt: skip
        last = document.text[start : match.start()].split()[-1:]
        new += [word for word in last if looks_new(word) and not new]
        if new:
            kept = [name for name in forms if name not in gone]
            place = (match.start("old"), match.end("old"))
            _set_additives(found, sorted({*kept, new[-1]}, key=str.lower), place)


def _set_aside(words: str, start: int) -> list[tuple[int, int]]:
    """Places of what the words, which begin at `start`, say to be lacking or replaced."""
    return [
        (start + match.start(), start + match.end())
        for pattern in (LACKS, _REPLACED)
        for match in pattern.finditer(words)
    ] + tried_clauses(words, start)


def _inside(place: int, spans: list[tuple[int, int]]) -> bool:
    return any(a <= place < b for a, b in spans)


def _is_additive(mention) -> bool:
    roles = mention.roles
    layer = max(roles.get("HTL", 0), roles.get("ETL", 0), roles.get("Backcontact", 0))
    return "solvent" not in roles and (
        max(roles.get("Perovskite_additive", 0), roles.get("additive", 0), roles.get("treatment", 0))
        > max(layer, roles.get("HTL_additive", 0))
    )  # fmt: skip


def _reading(paper: Paper, variant: Variant):
    """Another absorber than the target's that is told of the device."""
    target = paper.target.get(LONG_FORM)
    for reading in sorted(paper.readings, key=lambda reading: reading.source != "text"):
        if not reading.long_form or reading.certainty < _LEAST_CERTAIN:
            continue
        if target and reading.long_form == target.value:
            continue
        if _tells_of(paper, variant, reading):
            return reading
    return None


# Cells of the other gap beside the paper's own: "Wide-bandgap solar cells. …"
_GAPS = re.compile(r"\b(?P<gap>wide|narrow|low|large|high)(?:e?r)?[- ]?(?:band-?\s?)?gap\b")
_GAP = re.compile(rf"\W*(?:for )?(?:the |our )?{_GAPS.pattern}")


def _tells_of(paper: Paper, variant: Variant, reading) -> bool:
    """Whether a reading stands in the passages on a device, or has its role, or a cation that its label names."""
    for start, end in reading.spans:
        passage = next((a for a, b in variant.passages if a <= end - 1 < b), None)
        if passage is not None and "target" not in paper.document.lower[passage:end]:
            return True
        words = paper.document.words(paper.document.sentence_at(start))
        is_three = THREE_DIMENSIONAL in words and THREE_DIMENSIONAL not in paper.words(variant)
        if (
            variant.kind == CONTROL
            and reading.role == "control"
            and _CONTROL.search(words)
            and not is_three
            and not _of_other_word(paper, variant, words)
        ):
            return True
    if gap := _GAP.match(paper.words(variant)):
        for start, _ in reading.spans:
            sentence = paper.document.sentence_at(start)
            words = f"{paper.document.paragraph_title(sentence)} {paper.document.words(sentence)}"
            if any(other["gap"] == gap["gap"] for other in _GAPS.finditer(words)):
                return True
    stem = variant.label.upper().strip("0123456789- ")
    return bool(stem) and stem in ions_of(reading.long_form)[0]


def _of_other_word(paper: Paper, variant: Variant, words: str) -> bool:
    """Whether words tell of "the reference", where that is an ordinary perovskite and the control is a layered one."""
    if "control" not in variant.name.lower() or "control" in words:
        return False
    return bool(_THREE_REFERENCE.search(paper.document.lower))


_THREE_REFERENCE = re.compile(r"\b(?:three-dimensional|3d) (?:\w+ )?(?:references?)\b")
