"""One paper side by side as HTML: text excerpt, reference, prediction, and where values stand.

Everything that comes from a file is escaped. Differences are told by words and signs; bold, marks
and underlines repeat them for the eye, so nothing is said by colour alone.
"""

import html
import re
from dataclasses import dataclass

from masterkey.schema.evidence import find_value
from masterkey.schema.excerpts import windows, word_end
from masterkey.schema.fields import SII_FIELDS
from masterkey.schema.values import (
    BOOLEAN_FIELDS,
    Value,
    canonical_part,
    count_matches,
    parse_value,
    reported_parts,
)

SHOWN_CHARACTERS = 300  # of a value; a model's ramblings are longer
SHOWN_PLACES = 3  # of a part: "1" may stand in a text fifty times
CONTEXT = 70  # characters kept around a place in the excerpt
OPENING = 400  # characters of the text shown where no differing value stands in it

# Control characters that HTML has not, and halves of surrogate pairs, which no file can hold.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_CELL = 'style="text-align:left"'  # Jupyter's own is right


@dataclass(frozen=True)
class Compared:
    """One field of one paper: texts (`predicted` None where missing), and what the scorer says."""

    number: int
    field: str
    reference: str
    predicted: str | None
    verdict: str

    @property
    def is_right(self) -> bool:
        return self.verdict.startswith("=")


def compare_paper(reference: dict[str, str], prediction: dict[str, str]) -> list[Compared]:
    """The 31 fields, counted from 1, with the sound track's verdict on each."""
    return [
        Compared(number, field, reference[field], prediction.get(field),
                 verdict(field, reference[field], prediction.get(field)))
        for number, field in enumerate(SII_FIELDS, 1)
    ]  # fmt: skip


def verdict(field: str, reference: str, predicted: str | None) -> str:
    """A sign and words: "= right", "≠ wrong", "± 2 of 3 parts", "− omitted", "+ invented" …"""
    if predicted is None:
        return "− field missing"
    right, claimed = parse_value(field, reference), parse_value(field, predicted)
    if right == claimed:
        return "= right" if right else "= nothing reported"
    if not claimed:
        return "− omitted"
    if not right:
        return "+ invented"
    n_right, n_claimed = len(reported_parts(right)), len(reported_parts(claimed))
    agreed = count_matches(field, right, claimed)
    more = f", {n_claimed - agreed} wrong" if n_claimed > agreed else ""
    return f"± {agreed} of {n_right} parts{more}" if agreed else "≠ wrong"


def agreeing_parts(field: str, text: str, other: str) -> list[bool]:
    """For each part of `text`, in its order, whether it counts as agreeing with `other`.

    Parts are blanked one after another; one whose loss lowers the scorer's own count agrees. So
    exactly as many parts agree as are scored.
    """
    layers = [
        [[canonical_part(field, part) for part in step.split(";")] for step in layer.split(">>")]
        for layer in text.split("|")
    ]
    against = parse_value(field, other)
    count = count_matches(field, _value(layers), against)
    agree = []
    for step in (step for layer in layers for step in layer):
        for place, part in enumerate(step):
            step[place] = ""
            needed = bool(part) and count_matches(field, _value(layers), against) < count
            if needed:
                step[place] = part
            agree.append(needed)
    return agree


def _value(layers: list[list[list[str]]]) -> Value:
    return tuple(tuple(tuple(step) for step in layer) for layer in layers)


# --- HTML ----------------------------------------------------------------------------------------


def escape(text: str) -> str:
    """Text for HTML; `$` and backslashes stand alone in an element, else Jupyter takes them for TeX."""
    text = html.escape(_UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text))
    return re.sub(r"([$\\])", r"<span>\1</span>", text)


def paper_html(reference: dict[str, str], prediction: dict[str, str], text: str | None) -> str:
    """Excerpt and table of one paper; fields that neither answer reports are left out."""
    compared = compare_paper(reference, prediction)
    shown = [own for own in compared if own.verdict != "= nothing reported"]
    n_silent = len(compared) - len(shown)
    left_out = f"<p>Left out: {n_silent} fields that neither reports.</p>" if n_silent else ""
    return f"{excerpt_html(shown, text)}{_table(shown, text)}{left_out}"


def _table(shown: list[Compared], text: str | None) -> str:
    header = ("", "field", "reference", "prediction", "verdict", "reference stands at")
    header += ("prediction stands at",)
    rows = []
    for own in shown:
        cells = (
            str(own.number),
            escape(own.field),
            value_html(own.field, own.reference, own.predicted),
            "<i>field missing</i>"
            if own.predicted is None
            else value_html(own.field, own.predicted, own.reference),
            own.verdict if own.is_right else f"<b>{own.verdict}</b>",
            places_html(own.field, own.reference, text),
            "as left" if own.is_right else places_html(own.field, own.predicted, text),
        )
        rows.append("".join(f"<td {_CELL}>{cell}</td>" for cell in cells))
    head = "".join(f"<th {_CELL}>{cell}</th>" for cell in header)
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def value_html(field: str, text: str, other: str | None) -> str:
    """A value with the parts that differ from `other` in bold and underlined."""
    if not parse_value(field, text):
        return f"{escape(_shortened(text))} <i>(not reported)</i>"
    other = other or ""
    if parse_value(field, other) == parse_value(field, text):
        return escape(_shortened(text))
    if len(text) + len(other) > 2 * SHOWN_CHARACTERS:  # too many parts to tell apart
        return f"<b><u>{escape(_shortened(text))}</u></b>"
    pieces = re.split(r"(\s*(?:\||>>|;)\s*)", text.strip())
    parts, separators = pieces[::2], [*pieces[1::2], ""]
    agree = agreeing_parts(field, text, other)
    shown = (
        escape(part) if same or not canonical_part(field, part) else f"<b><u>{escape(part)}</u></b>"
        for part, same in zip(parts, agree, strict=True)
    )
    return "".join(part + escape(end) for part, end in zip(shown, separators, strict=True))


def _shortened(text: str) -> str:
    if len(text) <= SHOWN_CHARACTERS:
        return text
    return f"{text[:SHOWN_CHARACTERS]}… ({len(text):,} characters)"


def places_html(field: str, value: str | None, text: str | None) -> str:
    """Where the parts of a value stand in the text: "TiO2 12–16, 80–84 · ZnO nowhere"."""
    if text is None or value is None or not parse_value(field, value):
        return "–"
    if field in BOOLEAN_FIELDS:
        return "not searched"
    if len(value) > SHOWN_CHARACTERS:
        return "too long to search"
    found = find_value(field, value, text)
    shown = []
    for part, spans in found.items():
        places = ", ".join(f"{start}–{end}" for start, end in spans[:SHOWN_PLACES])
        more = f" and {len(spans) - SHOWN_PLACES} more" if len(spans) > SHOWN_PLACES else ""
        name = f"{escape(part)}: " if len(found) > 1 else ""
        shown.append(f"{name}{places or 'nowhere'}{more}")
    return "<br>".join(shown)


# --- excerpt -------------------------------------------------------------------------------------


def excerpt_html(shown: list[Compared], text: str | None) -> str:
    """The text around the values that differ: the reference's marked, the prediction's underlined.

    The small numbers are the fields' of the table, those of predicted values with a "?".
    """
    if text is None:
        return "<p><i>The prediction file holds no text of this paper.</i></p>"
    places = differing_places(shown, text)
    around = windows([span for span, _ in places], text, CONTEXT, apart=CONTEXT)
    pieces = []
    for start, end in around or [(0, word_end(text, OPENING))]:
        inside = [place for place in places if start <= place[0][0] < end]
        before, after = ("… " if start else ""), (" …" if end < len(text) else "")
        marked = _marked(text, start, end, inside)
        pieces.append(f"<small>[{start}]</small> {before}{marked}{after}")
    return f"<blockquote>{'<br>'.join(pieces)}</blockquote>"


def differing_places(shown: list[Compared], text: str) -> list[tuple[tuple[int, int], list[str]]]:
    """(place, labels) of each part that only one answer holds; places that overlap are one."""
    labelled = []
    for own in shown:
        if own.is_right or own.field in BOOLEAN_FIELDS:
            continue
        values = {
            str(own.number): (own.reference, own.predicted),
            f"{own.number}?": (own.predicted, own.reference),
        }
        for label, (value, other) in values.items():
            for part in _parts_apart(own.field, value or "", other or ""):
                spans = find_value(own.field, part, text).values()
                labelled += [(span, label) for found in spans for span in found[:SHOWN_PLACES]]
    merged: list[tuple[tuple[int, int], list[str]]] = []
    for (start, end), label in sorted(labelled):
        if merged and start < merged[-1][0][1]:
            (first, last), labels = merged.pop()
            merged.append(((first, max(last, end)), [*labels, label]))
        else:
            merged.append(((start, end), [label]))
    return [(span, sorted(set(labels), key=_label_order)) for span, labels in merged]


def _label_order(label: str) -> tuple[bool, int]:
    return label.endswith("?"), int(label.rstrip("?"))


def _parts_apart(field: str, value: str, other: str) -> list[str]:
    """The raw parts of `value` that do not agree with `other`."""
    if len(value) + len(other) > 2 * SHOWN_CHARACTERS:
        return []
    parts = re.split(r"\||>>|;", value)
    agree = agreeing_parts(field, value, other)
    return [part for part, same in zip(parts, agree, strict=True) if not same]


def _marked(text: str, start: int, end: int, places: list) -> str:
    pieces, here = [], start
    for (first, last), labels in places:
        tag = "u" if all(label.endswith("?") for label in labels) else "mark"
        sup = f"<sup>{','.join(labels)}</sup>"
        pieces += [escape(text[here:first]), f"<{tag}>{escape(text[first:last])}</{tag}>{sup}"]
        here = last
    return "".join([*pieces, escape(text[here:end])])
