"""Additives by a dose beside their names, whatever the verb: "1 mg of X was stirred in", "Y (0.5 wt%) was present" (issue 14)."""

import re

from masterkey.extractor.new_names import looks_new
from masterkey.extractor.process.inks.additive_names import Additive, is_no_additive, is_no_name
from masterkey.extractor.process.inks.inks import Chemistry
from masterkey.extractor.process.text.document import Sentence

_NUMBER = r"(?<![\w.])\d+(?:\.\d+)?"
_DOSE = rf"{_NUMBER} ?(?:(?:mol|wt|at|vol)[.-]? ?%|%|mg|[µμ]g|[µμ][lL]|mM|mmol)(?: ?/ ?m[lL]| m[lL] ?[-−]1| per (?:m[lL]|millilit\w+))?"
_NAME = r"(?<![\w·.(-])(?P<name>(?:\d[\d,]*-)?(?:\([a-z0-9-]{3,30}\))?[A-Za-z][\w+'-]*(?:\([A-Za-z0-9]{1,8}\)[\w-]*)?)"
_ABBREVIATED = r"(?: \((?P<short>(?:\d-)?[A-Z][A-Za-z0-9-]{1,9})(?=[,;)]))?"
_DOSED = (
    # "1 mg of FBA", "0.5 mol% of 3-(aminomethyl)pyridine (AMPy)"
    re.compile(rf"{_DOSE} (?:of )?(?:the |an? )?{_NAME}{_ABBREVIATED}"),
    # "SB3-12 (0.1 wt%)", "4-fluorobenzamide (4-FBA; 0.6 mol%)", "betaine, 1 mg/mL", "SB3-12 was present at 0.1 wt%"
    re.compile(rf"{_NAME}{_ABBREVIATED}[,;]? ?\(?(?:[a-z ,)]{{0,40}}?\b(?:at|in|with|of|namely|to))?[ (]*{_DOSE}"),
)  # fmt: skip
# A film is coated, treated or washed, or another layer is told of.
_NO_INK = re.compile(
    r"spin|spun|coat|evaporat|deposit|dripp|dropp|rins|wash|anti-?solvent|passivat|surface|treat|propanol|ethanol|isoprop|\bipa\b|chlorobenzene|toluene|spiro|ptaa|pcbm|sno2|tio2|nio|purity|purchas|humidity|filter|excess|hydroxide|\bk?oh\b|tetrahydrofuran|\bthf\b|k2co3|reflux"
)
_COMPOUND = re.compile(
    r"^(?=.{6})[a-z0-9,()-]{2,}(?:amine|amide|taine|idine|onate|azide|azole|urea|thiol|quinone|lysine|glycine|nitrile|pyridine)$"
)


def dosed_additives(chemistry: Chemistry, sentence: Sentence) -> list[Additive]:
    """What a sentence beside an ink's doses, where it tells of no film and no other layer."""
    document = chemistry.document
    if _NO_INK.search(document.words(sentence)):
        return []
    found: dict[str, Additive] = {}
    for pattern in _DOSED:
        for match in pattern.finditer(document.text, sentence.start, sentence.end):
            group = "short" if match["short"] else "name"
            name, (start, end) = match[group], match.span(group)
            mentions = document.inside(document.mentions, sentence)
            known = next((m for m in mentions if m.start < end and match.start("name") < m.end), None)  # fmt: skip
            is_salt = any(s.start < end and start < s.end for s in chemistry.salts_in(sentence))
            if is_salt or (known and is_no_additive(known)):
                continue
            is_known = known is not None and "additive" in known.roles
            is_new = looks_new(name) and not is_no_name(name)
            if is_known or is_new or _COMPOUND.match(name):
                found.setdefault(known.name if is_known else name, Additive(known.name if is_known else name, start, end))  # fmt: skip
    return list(found.values())
