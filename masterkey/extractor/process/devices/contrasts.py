"""Devices that a text only sets against the target: by what the target alone gets, by another salt, by a number (issue 14)."""

import re
from collections.abc import Iterator
from itertools import pairwise

from masterkey.extractor.process.devices.kinds import (
    COMPARISON,
    CONTROL,
    DEVICES,
    NOT_OF_CELLS,
    SORT,
    Variant,
)
from masterkey.extractor.process.text.document import Document, Sentence
from masterkey.extractor.process.text.materials import Mention
from masterkey.extractor.process.text.passages import sentences_naming

_OF_TARGET = r"(?:target|champion|modified|optimi[sz]ed)"
_THINGS = rf"(?:(?:perovskite|precursor) )?(?:inks?|solutions?|precursors?|films?|samples?|perovskites?|substrates?|groups?|{DEVICES})"
# What the target gets and others do not: "for the target solution, X was included", "(target devices only)".
_GIVEN = re.compile(
    rf"\b(?:for|in|into|to|on|of) (?:the |our |all )?{_OF_TARGET} {_THINGS}|\b(?:one )?half of (?:the|our) {_THINGS}(?: only)?|\b{_OF_TARGET} {_THINGS} (?:only|alone)\b|\bonly (?:(?:for|in|on) )?(?:the )?{_OF_TARGET} {_THINGS}|\b(?:for|in|to) (?:the |our )?(?:target|champion)(?=[,.;]| alone\b| only\b| (?:was|were)\b)"
    rf"|\b{_OF_TARGET} {_THINGS} (?:additionally|also|further) (?:contain|ha[ds]|received?|got|hold|held|include)\w*"
)
# "X was added at 0, 2 and 4 mol%", "in amounts of 0–4 mol%"
_FROM_NOTHING = re.compile(
    r"(?<![\w.,])(?:0(?:\.0+)?|zero)(?: ?(?:mol|wt|vol|at)?\.? ?%| ?mg(?: ?/ ?ml)?| ?m?m)?(?:, [\d.]+)*(?:,? (?:and|or|to)|\s?[–-]|,) ?[\d.]+ ?(?:(?:mol|wt|vol|at)\.? ?%|%|mg ?/ ?ml|mg ml|m?m\b)"
)
# "ink with or without KSCN", "PEAI, if used, was spun", "one batch without X and one in which": cells of both kinds.
_OPTIONAL = re.compile(
    r"\b(?:with|w/) ?(?:and|or|/) ?(?:without|w/o) (?P<a>[^,.;()]{2,50})|\b(?:without|w/o) ?(?:and|or) ?with (?P<b>[^,.;()]{2,50})"
    r"|\bif (?:used|needed|applied|applicable|any|present|employed),|(?<=[ (])optional(?:ly)?\b|\bone without\b[^.;]{0,60}\bone (?:with|in which)\b|\bone with\b[^.;]{0,60}\bone without\b"
)
_OF_CONTROL = re.compile(r"\b(?:controls?|references?)\b")
_OF_MEASUREMENT = re.compile(
    r"\b(?:encaps|mask|apertur|bias|light|illuminat|filter|anti-?reflect|cover|uv\b|soak|seal|heating|anneal\w* step)\w*"
)
_ADDS = re.compile(
    r"\b(?:added|included|introduced|dissolved|incorporated|contain\w*|mixed|received?|treated|had|spin-?coated|spun|applied|deposited|employed|used|present|coated|covered|passivated|carried out|performed|done|modified|spin-?cast)\b"
)


# "This treatment was applied to target cells only."
_POINTS_BACK = re.compile(
    rf"\W*(?:only (?:the )?{_OF_TARGET} {_THINGS} \w+ )?(?:this|the|that|these) (?:[\w-]+ )?(?:treatments?|steps?|layers?|interlayers?|additives?|passivat\w+|modificat\w+|coatings?)\b"
)


def lone_control_of(document: Document) -> Variant | None:
    """The control of which nothing is said: of something it is told that the target alone has it."""
    for sentence in sentences_naming(
        document,
        (
            "target",
            "champion",
            "modified",
            "optimi",
            "half of",
            " 0",
            "zero",
            "with",
            "w/o",
            "if ",
            "optional",
        ),
    ):
        words = document.words(sentence)
        match = _GIVEN.search(words) or _FROM_NOTHING.search(words) or _optional(words)
        if (
            match
            and sentence.fabricates
            and not sentence.is_study
            and (_is_optional(match) or _ADDS.search(words))
        ):
            names_it = document.inside(document.mentions, sentence) or _POINTS_BACK.match(words)
            if NOT_OF_CELLS.search(words) or not names_it:
                continue
            place = sentence.start + match.start(), sentence.start + match.end()
            return Variant(
                CONTROL, "control", "control", [place], is_guess=not _is_sure(words, match)
            )
    return None


def _optional(words: str) -> re.Match | None:
    """Where words leave open whether something was there; not of how cells were measured."""
    match = _OPTIONAL.search(words)
    if not match or _OF_MEASUREMENT.search(match[0]) or _OF_CONTROL.search(words):
        return None
    return match


_ONLY = re.compile(r"\b(?:only|alone|half)\b")


def _is_sure(words: str, match: re.Match) -> bool:
    """Whether words leave no doubt that other cells did without."""
    return _is_optional(match) or _ONLY.search(words[match.start() : match.end() + 6]) is not None


def _is_optional(match: re.Match) -> bool:
    return match.re is _OPTIONAL


# "OAI or PEAI was dissolved in isopropanol"
_ANOTHER = r"(?:films?|cells|devices|samples|others?|ones?|some|those|the (?:second|other|next)(?: one)?|an?other(?: one)?|a (?:second|third|further) one|a (?:second|third|further) (?:group|series|set|batch))"
_OR = re.compile(
    r"(?:\s?\([^()]{0,60}\))?,? (?:or|and,? for (?:some|other) \w+,) (?:of )?$|^,$"
    rf"|\)?(?:\s?\([^()]{{0,60}}\))?[,;]? (?:and |or |while |whereas )?{_ANOTHER} (?:(?:was|were) )?(?:treated |passivated |coated |modified |covered )?(?:with|by|using) (?:the )?"
)
_SECOND = re.compile(
    rf"\b(?:{DEVICES} of (?:a|the) (?:second|third|further|another|other) (?:type|kind|sort|group|set|series|batch)|(?:a|the) (?:second|third|further|other) (?:type|kind|sort|group|set|series|batch)(?: of {DEVICES})?|another (?:type|kind|sort|group|set|series|batch)(?: of {DEVICES})?|(?:other|further|some) {DEVICES})"
    r"(?:,? (?:was|were) (?:\w+ )?(?:treated|coated|passivated|covered))? (?:with|by|using) (?:the )?$"
)
_SHORT = re.compile(r" \((?P<name>[A-Z][\w-]{1,9})[,;)]")  # "hexylammonium iodide (HAI)"
_TREATS = re.compile(
    r"treat|passivat|surface|isopropanol|2-propanol|isopropyl|\bipa\b|on (?:top of )?the perovskite"
)


def other_salts_of(document: Document) -> Iterator[Variant]:
    """Devices whose surface is treated with another salt than the target's: "A or B", "a second type with B"."""
    told: set[str] = set()
    for sentence in sentences_naming(document, (" or ", " type", " kind", " sort", " group", " set", " series", " batch", "other", "some ", " films ", " ones ", " second ", " next ", " devices ", " cells ", " samples ", " those ")):  # fmt: skip
        words = document.words(sentence)
        if not sentence.fabricates or sentence.is_study or not _TREATS.search(words):
            continue
        salts = [m for m in document.inside(document.mentions, sentence) if _is_salt(m)]
        for first, second in pairwise(salts):
            between = document.lower[first.end : second.start]
            before = words[: second.start - sentence.start]
            if first.name == second.name or not (_OR.fullmatch(between) or _SECOND.search(before)):
                continue
            other = second if not _is_of_target(document, second) else first
            if other.name not in told:
                told.add(other.name)
                name = document.text[other.start : other.end]
                place = (other.start, other.end)
                short = _SHORT.match(document.text, other.end)
                label = (short["name"] if short else name).lower()
                yield Variant(SORT, "comparison", name, [place], label)


_GIVES_WAY = re.compile(
    r"\b(?:instead of|in (?:the )?place of|in lieu of|rather than|replac\w+|without) (?:the )?$"
)


def salts_of(document: Document, passages: list[tuple[int, int]]) -> set[str]:
    """What a surface is treated with in the passages on a device alone, as the text writes it, lower case."""
    found: set[str] = set()
    for mention in document.mentions:
        if not any(a <= mention.start < b for a, b in passages) or not _is_salt(mention):
            continue
        if _GIVES_WAY.search(document.lower, max(mention.start - 25, 0), mention.start):
            continue
        if mention.name in _told_elsewhere(document, passages):
            continue
        found.add(document.lower[mention.start : mention.end])
        short = _SHORT.match(document.text, mention.end)
        found |= {short["name"].lower()} if short else set()
    return found


def _told_elsewhere(document: Document, passages: list[tuple[int, int]]) -> set[str]:
    """What is named outside the passages where the text tells of fabrication."""
    return {
        m.name
        for m in document.mentions
        if not any(a <= m.start < b for a, b in passages)
        and document.sentence_at(m.start).fabricates
    }


def _is_salt(mention: Mention) -> bool:
    roles = mention.roles
    salt = max(roles.get("treatment", 0), roles.get("Perovskite_additive", 0), roles.get("additive", 0))  # fmt: skip
    return "solvent" not in roles and salt > max(roles.get("HTL", 0), roles.get("ETL", 0))


def _is_of_target(document: Document, mention: Mention) -> bool:
    """Whether the text says elsewhere that the target is the one with this salt."""
    form = re.escape(document.lower[mention.start : mention.end])
    return bool(
        re.search(
            rf"\b{_OF_TARGET} (?:{DEVICES}|films) (?:are|were|is)(?: \w+){{0,4}} with {form}\b",
            document.lower,
        )
    )


# "One control received X without BCF. A second control was coated with spiro-OMeTAD."
_COUNTED = re.compile(
    r"\W*(?:for )?(?P<label>(?:one|a|an?other|the (?:first|second|third|other)|a (?:first|second|third|further)) controls?)(?: (?:cells?|devices?))?,? (?!of\b|over\b)"
)


def _counted_controls(document: Document) -> dict[str, Sentence]:
    """What a text calls two controls by, one of them "a second" or "another", with the sentences that begin so."""
    found: dict[str, Sentence] = {}
    for sentence in sentences_naming(document, (" control", "control")):
        match = _COUNTED.match(document.words(sentence))
        if match and sentence.fabricates and not sentence.is_study:
            found.setdefault(match["label"], sentence)
    return found if len(found) > 1 else {}


_NUMBERED = re.compile(
    r"(?<![\w-])(?P<label>(?:reference|control|comparison|baseline|benchmark) (?P<n>[1-4]|[a-d]|i{1,3}))\b(?![-.]?\d| ?(?:cm|mm|nm|h\b|%))(?!\.\w)"
)


def numbered_of(document: Document) -> Iterator[Variant]:
    """ "Reference 1 has … In reference 2, …": each with what follows up to the next."""
    first: dict[str, Sentence] = {}
    for sentence in sentences_naming(document, ("reference ", "control ", "comparison ", "baseline ", "benchmark ")):  # fmt: skip
        labels = list(_NUMBERED.finditer(document.words(sentence)))
        if len(labels) == 1 and sentence.fabricates and not sentence.is_study:
            first.setdefault(labels[0]["label"], sentence)
    if len(first) < 2:
        first = _counted_controls(document)
    for label, sentence in first.items():
        yield Variant(COMPARISON, "control", label, [(sentence.start, sentence.end)], label)
