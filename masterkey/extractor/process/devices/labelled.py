"""Devices told apart by labels, and by "control" and "target", each read from what is said of it (issue 14)."""

import re
from dataclasses import replace

from masterkey.extractor.fields import (
    LONG_FORM,
    PROCEDURE,
    SHORT_FORM,
    SOLVENTS,
    TEMPERATURE,
    TIME,
)
from masterkey.extractor.process.devices.device import read_cell
from masterkey.extractor.process.devices.differences import different, leave_out
from masterkey.extractor.process.devices.kinds import COMPARISON, CONTROL, SORT, Variant
from masterkey.extractor.process.devices.lacking_layers import layers_of
from masterkey.extractor.process.devices.other_inks import ADDITIVES, without_only_additive
from masterkey.extractor.process.devices.paper import Findings, Paper
from masterkey.extractor.process.devices.reading import DeviceReading
from masterkey.extractor.process.devices.series import add_of_series, put_own_layer
from masterkey.extractor.process.devices.views import view_of
from masterkey.extractor.process.layers.layer import kind_of
from masterkey.extractor.process.layers.oxide_forms import base
from masterkey.extractor.process.text.document import Document
from masterkey.extractor.process.text.findings import Finding
from masterkey.extractor.process.text.label_clauses import (
    Labelled,
    labelled_of,
    roles_apart,
    roles_of,
)
from masterkey.extractor.process.text.materials import Mention

_PARTS = ("HTL", "ETL", "Backcontact", "Perovskite")


_MOST = 8  # devices of a row
_OF_INK = frozenset((SOLVENTS, LONG_FORM, SHORT_FORM))


def labelled_devices(paper: Paper) -> list[DeviceReading]:
    """The devices that the text tells apart by labels, but the target; [] where there are none."""
    labelled = labelled_of(paper.document)
    found = []
    for number, label in enumerate(labelled.row.names[:_MOST]) if labelled else ():
        if number != labelled.target:
            role = CONTROL if number in labelled.controls else COMPARISON
            passages = [(c.start, c.end) for c in labelled.of(number)]
            name = labelled.row.name_of(paper.document, number)
            variant = Variant(SORT, role, name, passages, label.lower())
            found.append(DeviceReading(role, name, _of_label(paper, labelled, number, variant)))
    return found


def _of_label(paper: Paper, labelled: Labelled, number: int, variant: Variant) -> Findings:
    """What its view of the text tells, and what the target has that the text says of neither alone."""
    view = view_of(paper.document, labelled, number)
    found = read_cell(view.document)
    read = frozenset(found)
    passages = [(a, b) for a, b in (view.span(*passage) for passage in variant.passages) if a < b]
    passages += _of_nothing(view.document)
    leave_out(Paper(view.document, found), replace(variant, passages=passages), found)
    found = view.back(found)
    add_of_series(paper.document, labelled, number, found)
    put_own_layer(paper.document, labelled, number, found)
    for what, finding in paper.target.items():
        # What the target's reading rests on may be said of all, and yet be missed in the view.
        shown = all(view.shows(a, b) for a, b in finding.spans)
        shown |= what in _OF_INK  # which short words on another ink leave out
        if what not in read and not what.startswith("Stability") and shown:
            found[what] = finding
    if number == labelled.nil and ADDITIVES in found and found[ADDITIVES].value == paper.target.get(ADDITIVES, found[ADDITIVES]).value:  # fmt: skip
        without_only_additive(paper, replace(variant, kind=CONTROL), found)
    other = different(paper, variant)
    for part in _PARTS:
        missed = f"{part}_stack_sequence" in other and f"{part}_stack_sequence" not in found
        if missed or number in labelled.likened:
            found = {name: f for name, f in found.items() if not name.startswith(part)}
            found |= {name: f for name, f in other.items() if name.startswith(part)}
    return found


# "To the inks, 0 mol% of KSCN was added": of a series the one without.
_NOTHING = re.compile(
    r"(?<![\d.])(?:0(?:\.0+)?|no|zero) ?(?:mol\.?|wt\.?|vol\.?|at\.?)? ?(?:%|m?m\b|mg(?: ?/ ?ml| ml-1)?)(?: of)? [^.;]*"
)


def _of_nothing(document: Document) -> list[tuple[int, int]]:
    return [match.span() for match in _NOTHING.finditer(document.lower)]


def _is_like_target(paper: Paper, found: Findings) -> bool:
    """Whether nothing was read to be different in how a device was made."""
    return all(
        name in found and found[name].value == finding.value
        for name, finding in paper.target.items()
        if not name.startswith(("Stability", "Cell"))
    )


def look_again(paper: Paper, found: Findings) -> None:
    """Correct a control that seemed to have the target's layers or additives, in place.

    What the text says of all and of the control alone, read by itself, may have another layer in the place of the
    target's, or lack one of its additives.
    """
    _share_out(paper, found)
    _put_told_apart(paper, found)
    roles = roles_of(paper.document)
    if roles is None or not roles.of(roles.target) or not _is_like_target(paper, found):
        return
    view = view_of(paper.document, roles, 0)
    own = view.back(read_cell(view.document))
    for part in ("HTL", "ETL"):
        field = f"{part}_stack_sequence"
        layers, others = layers_of(own, part), layers_of(found, part)
        if others == paper.stack(part) and len(layers) == len(others) and set(map(base, layers)) != set(map(base, others)):  # fmt: skip
            for name in (field, f"{part}_deposition_procedure", f"{part}_additives_compounds"):
                found.pop(name, None)
                found |= {name: own[name]} if name in own else {}
    target = _additives(paper.target)
    if target and _additives(found) == target > _additives(own) and SHORT_FORM in own:
        found.pop(ADDITIVES)
        found |= {ADDITIVES: own[ADDITIVES]} if ADDITIVES in own else {}


def _share_out(paper: Paper, found: Findings) -> None:
    """ "Control and target devices had PTAA and 2PACz, respectively": the control's layer for the target's, in place."""
    document, shared = paper.document, roles_apart(paper.document)
    told: dict[int, dict[int, Mention]] = {}
    for clause in shared.clauses if shared else ():
        sentence = document.sentence_at(clause.start)
        for mention in document.inside(document.mentions, sentence):
            if clause.start <= mention.start < clause.end:
                told.setdefault(sentence.number, {})[min(clause.labels)] = mention
    for pair in told.values():
        own, targets = pair.get(0), pair.get(1)
        for part in ("HTL", "ETL") if own and targets else ():
            layers, span = layers_of(found, part), ((own.start, own.end),)
            if targets.name in layers and kind_of(own.name):
                layers[layers.index(targets.name)] = own.name
                found[f"{part}_stack_sequence"] = Finding(" | ".join(layers), 0.85, "text", span)
                found.pop(f"{part}_additives_compounds", None)


_UNDOPED = re.compile(r"\b(?:undoped|dopant-free)\b")
_FIELDS = (*_PARTS[:3], SOLVENTS, PROCEDURE, TEMPERATURE, TIME, LONG_FORM, SHORT_FORM, ADDITIVES)


def _put_told_apart(paper: Paper, found: Findings) -> None:
    """What the control's own clause of a sentence on both tells, in place: "at 100 °C for the control, at 150 °C for the target"."""
    apart = roles_apart(paper.document)
    clauses = [c for c in apart.of(0) if not c.is_shared_out] if apart else []
    if not clauses:
        return
    view = view_of(paper.document, apart, 0)
    own = view.back(read_cell(view.document))
    for what in _FIELDS:
        told = {name: finding for name, finding in own.items() if name.startswith(what)}
        places = [start for finding in told.values() for start, _ in finding.spans]
        if any(c.start <= place < c.end for place in places for c in clauses):
            for name in [name for name in found if name.startswith(what)]:
                del found[name]
            found |= told
    if any(_UNDOPED.search(paper.document.lower, c.start, c.end) for c in clauses):
        for part in ("HTL", "ETL"):
            found.pop(f"{part}_additives_compounds", None)


def _additives(found: Findings) -> set[str]:
    return set(found[ADDITIVES].value.split("; ")) if ADDITIVES in found else set()
