"""Which of the formulas that a text writes are the absorber of its cells, by the words around them (issue 14)."""

import re

from masterkey.extractor.compositions import short_form
from masterkey.extractor.process.inks.composition_reading import CompositionReading
from masterkey.extractor.process.inks.formulas import WrittenFormula
from masterkey.extractor.process.inks.inks import (
    Chemistry,
)
from masterkey.extractor.process.text.document import Sentence
from masterkey.extractor.process.text.dots import sentences_coating_dots
from masterkey.extractor.process.text.passages import names_any

_KIND_WEIGHTS = {"characterisation": 0.25, "stability": 0.4, "synthesis": 0.3, "materials": 0.5, "other cell": 0.2}  # fmt: skip
_DOTS_WEIGHT = (
    2.5  # of formulas where the film is coated from dots, whose synthesis tells other salts
)
_PURCHASE_WEIGHT, _STUDY_WEIGHT, CONTROL_WEIGHT, _TARGET_WEIGHT = 0.2, 0.4, 0.6, 1.5
_ASIDE = re.compile(
    r"powder|single crystal|sub-?cells?|bottom|\breported\b|literature|\balone\b|film studies|\bxps\b|quantum dot|nanocrystal|substrates? for|only (?:for|used)"
)
_ASIDE_STEMS = (
    "powder",
    "crystal",
    "sub-cell",
    "subcell",
    "bottom",
    "report",
    "literature",
    "alone",
    "film studies",
    "xps",
    "quantum",
    "substrate",
    "only",
)
_ABSORBER = (
    "perovskite",
    "precursor",
    "solution",
    "ink",
    "film",
    "layer",
    "absorber",
    "composition",
    "formula",
    "device",
    "cell",
    "stoichio",
)
_COMPOSITION_STEMS = ("composition", "formula", "stoichiometr", "resulting layer", "the absorber")
_CONTRAST = re.compile(
    r"(?:rather than|instead of|save for|except(?: for)?|apart from|compared (?:to|with)|unlike|\bthan|in contrast to)\W+(?:\w+\W+){0,2}$"
)
_CONTRAST_STEMS = (
    "than",
    "save for",
    "except",
    "apart",
    "instead",
    "compared",
    "unlike",
    "contrast",
)
_COMPOSITION = re.compile(
    r"(?:nominal |chemical |resulting )?(?:composition|formula)\b|stoichiometr|resulting layer|the absorber"
)
_KIND_OF = re.compile(r"[- ](?:rich|based|type|like)\b")  # "the FAPbI3-rich absorber FA0.85…"
# Perovskites that are weighed like salts for mixed ones.
_SALT_LIKE = frozenset(("MAPbBr3", "FAPbBr3", "FAPbI3", "CsPbBr3"))
_ABSORBER_WITHIN = 70


def written_readings(chemistry: Chemistry) -> list[tuple[float, CompositionReading]]:
    """(weight, reading) of each written formula, heaviest first."""
    weights: dict[str, list[float]] = {}
    spans: dict[str, list[tuple[int, int]]] = {}
    roles: dict[str, list[str]] = {}
    references: set[str] = set()
    for sentence in chemistry.sentences_with_formulas:
        for formula in chemistry.formulas_in(sentence):
            weight = _weight(chemistry, sentence, formula)
            weights.setdefault(formula.form, []).append(weight)
            if weight >= 0.3 or sentence.kind == "other cell":
                spans.setdefault(formula.form, []).append((formula.start, formula.end))
            roles.setdefault(formula.form, []).append(chemistry.role(sentence, formula.start))
            if _is_reference(chemistry, sentence, formula):
                references.add(formula.form)
    found = []
    for form, own in weights.items():
        # However often the control's formula is told, it counts once.
        if set(roles[form]) == {"control"}:
            weight = max(own)
        elif form in references:
            weight = CONTROL_WEIGHT * max(own)
        else:
            weight = sum(own)
        certain = min(0.5 + 0.2 * weight, 0.9) if "x" not in form else 0.35
        role = "control" if form in references else _only(roles[form])
        found.append((weight, CompositionReading(form, short_form(form), "text", role, tuple(spans.get(form, ()))[:4], certain)))  # fmt: skip
    return sorted(found, key=lambda item: -item[0])


# "The three-dimensional reference, FAPbI3, …", "the FAPbI3 control"
_REFERENCE_BEFORE = re.compile(
    r"\b(?:reference|control|counterpart|comparison)s?(?:,| is| was| of| \()? ?(?:plain |pure |neat )?$"
)
_REFERENCE_BEHIND = re.compile(r"\)? (?:references?|controls?|counterparts?)\b")


def _is_reference(chemistry: Chemistry, sentence: Sentence, formula: WrittenFormula) -> bool:
    """Whether the words right beside a formula call it a reference."""
    lower = chemistry.document.lower
    return bool(
        _REFERENCE_BEFORE.search(lower, max(formula.start - 30, sentence.start), formula.start)
        or _REFERENCE_BEHIND.match(lower, formula.end, sentence.end)
    )


def _only(roles: list[str]) -> str:
    said = {role for role in roles if role}
    return said.pop() if len(said) == 1 and len(roles) <= 3 else ""


def _weight(chemistry: Chemistry, sentence: Sentence, formula: WrittenFormula) -> float:
    words, lower = chemistry.document.words(sentence), chemistry.document.lower
    weight = _KIND_WEIGHTS.get(sentence.kind, 1.0)
    if sentence.is_purchase:
        weight *= _PURCHASE_WEIGHT
    if sentence.is_study:
        weight *= _STUDY_WEIGHT
    role = chemistry.role(sentence, formula.start)
    weight *= {"control": CONTROL_WEIGHT, "target": _TARGET_WEIGHT, "": 1.0}[role]
    if sentences_coating_dots(chemistry.document):
        weight *= _DOTS_WEIGHT / _KIND_WEIGHTS.get(sentence.kind, 1.0)
    elif (names_any(words, _ASIDE_STEMS) and _ASIDE.search(words)) or chemistry.is_aside(sentence):
        weight *= 0.4
    before = lower[max(formula.start - 40, sentence.start) : formula.start]
    if names_any(before, _CONTRAST_STEMS) and _CONTRAST.search(before):
        weight *= 0.2
    text = chemistry.document.text
    between = text[formula.start - 1 : formula.start], text[formula.end : formula.end + 1]
    if set(between) <= {"/", "|"} and sentence.kind != "other cell":
        weight = 1.5 * max(weight, 0.8)
    near = lower[max(formula.start - _ABSORBER_WITHIN, 0) : formula.end + _ABSORBER_WITHIN]
    if names_any(near, _ABSORBER):
        weight *= 1.4
    if names_any(near, _COMPOSITION_STEMS) and _COMPOSITION.search(near):
        weight *= 2.0
    if _is_ingredient(chemistry, sentence, formula):
        weight *= 0.1
    if _KIND_OF.match(lower, formula.end):
        weight *= 0.3
    return weight * (0.5 if formula.has_variable else 1.0) * (0.9 if formula.in_words else 1.0)


# "3 mol% of MAPbCl3 was mixed in as additive"
_IS_ADDITIVE = re.compile(r"\d ?(?:mol|wt|at)\.? ?% (?:of )?(?:an? |the )?$")
_AS_ADDITIVE = re.compile(
    r"[^.;]{0,60}\b(?:added|additive|mixed (?:in|as|with)|introduced|incorporated|put in)\b"
)


def _is_ingredient(chemistry: Chemistry, sentence: Sentence, formula: WrittenFormula) -> bool:
    """Whether it is one salt among others: "PbI2 (1.5 M), FAI (1.5 M) and MAPbBr3 (0.05 M)"."""
    salts = chemistry.salts_in(sentence)
    others = {m.salt.name for m in salts if m.start != formula.start} - {formula.form}
    if _IS_ADDITIVE.search(
        chemistry.document.lower[max(formula.start - 30, sentence.start) : formula.start]
    ) and _AS_ADDITIVE.match(chemistry.document.lower, formula.end):
        return True
    itself = any(m.start == formula.start and m.end == formula.end for m in salts)
    if not itself or formula.form not in _SALT_LIKE:
        return False
    return bool(others & ({"PbI2", "PbBr2", "SnI2"} | _SALT_LIKE))
