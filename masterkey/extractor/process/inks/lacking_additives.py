"""Additives by what the control's ink lacks: "the control ink contained no X", "from a solution without X"."""

import re

from masterkey.extractor.new_names import looks_new
from masterkey.extractor.process.inks.additive_names import Additive, is_no_additive, is_no_name
from masterkey.extractor.process.inks.inks import Chemistry
from masterkey.extractor.process.text.document import Sentence
from masterkey.extractor.process.text.passages import sentences_naming

_LACKING = re.compile(
    r"\b(?:inks?|solutions?|precursors?|perovskites?|batch)\b[^.;]{0,60}?\b(?:without|free (?:of|from)|contain(?:s|ed|ing)? no|ha[ds] no|have no|with no|lack(?:s|ed|ing)?) (?:the |any |added )?"
    r"(?P<name>[A-Z][A-Za-z0-9-]*[A-Za-z0-9](?:\([A-Za-z0-9]{1,6}\)\d?)?|[a-z]{3,20})(?![\w(-])"
)
_STEMS = ("without", "free of", "free from", " no ", "lack")
_INK = re.compile(r"\b(?:inks?|solutions?|precursors?)\b|\d ?(?:mg|mol ?%|wt ?%|mm)\b")


def lacking_additives(chemistry: Chemistry) -> list[Additive]:
    """What an ink for comparison does without, where another sentence puts it into an ink."""
    document, found = chemistry.document, []
    for sentence in sentences_naming(document, _STEMS):
        if not sentence.fabricates or document.paragraph_title(sentence).startswith("anti"):
            continue
        for match in _LACKING.finditer(document.text, sentence.start, sentence.end):
            known = next((m for m in document.mentions if m.start == match.start("name")), None)
            name = known.name if known else match["name"]
            is_salt = any(m.start == match.start("name") for m in chemistry.salts_in(sentence))
            if is_salt or is_no_name(name) or (known and is_no_additive(known)):
                continue
            if not (looks_new(name) or (known and "additive" in known.roles)):
                continue
            place = _put_in(chemistry, match["name"], sentence)
            if place is not None and not _abbreviates(chemistry, place):
                found.append(Additive(name, place, place + len(match["name"])))
    return found


def _abbreviates(chemistry: Chemistry, place: int) -> bool:
    """Whether a place is right behind a known name and a bracket: "hypophosphorous acid (HPA"."""
    is_in_brackets = chemistry.document.text[place - 1 : place] == "("
    return is_in_brackets and any(place - 3 < m.end < place for m in chemistry.document.mentions)


def _put_in(chemistry: Chemistry, name: str, lacking: Sentence) -> int | None:
    """Where another sentence that tells of inks names it; None where none does."""
    document = chemistry.document
    for sentence in sentences_naming(document, (name.lower(),)):
        if sentence is lacking or not sentence.fabricates or not chemistry.may_prepare(sentence):
            continue
        words = document.words(sentence)
        place = re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", document.text[sentence.start : sentence.end])  # fmt: skip
        if place and _INK.search(words) and not _OTHER_LAYER.search(words):
            return sentence.start + place.start()
    return None


_OTHER_LAYER = re.compile(
    r"spiro|ptaa|p3ht|li-?tfsi|pcbm|pedot|sno2|tin oxide|tio2|zno\b|nio|c60|colloid|pacz|purchas|hole[ -]|electron[ -]"
)
