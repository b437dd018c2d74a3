"""What a text says of some of its labelled devices alone: "for A, 138 mg of FAI; for B, 124 mg" (issue 14)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from masterkey.extractor.process.text.document import Document, Sentence, once
from masterkey.extractor.process.text.label_aliases import aliases_of, clauses_by_aliases
from masterkey.extractor.process.text.label_cuts import NOUN_BEHIND, SAME_AS, clauses_of
from masterkey.extractor.process.text.label_definitions import definitions_of
from masterkey.extractor.process.text.label_lists import Clause, shared_in_order
from masterkey.extractor.process.text.label_rows import Group, Row, row_of
from masterkey.extractor.process.text.passages import sentences_naming


@dataclass(frozen=True)
class Labelled:
    """A row of devices with what is said of each; `target`, `controls` and those `likened` to the target are numbers in the row."""

    row: Row
    clauses: tuple[Clause, ...]
    target: int
    controls: frozenset[int]
    likened: frozenset[int] = frozenset()
    is_guess: bool = False  # whether nothing says which of several codes is the target
    nil: int | None = None  # the one without what the others of a series have
    added: tuple[int, int] | None = None  # where that stands
    aliases: dict[int, str] = field(default_factory=dict)  # the substances that tell them apart
    variable: str = ""  # of a formula, "x", whose value tells them apart
    values: tuple[float | None, ...] = ()  # one for each device

    def of(self, number: int) -> list[Clause]:
        return [clause for clause in self.clauses if number in clause.labels]


_BEST = re.compile(
    r"\b(?:targets?|champion|best|optimi[sz]ed|optimum|optimal|highest|main|superior|standard|(?:more|most) efficient|better|outperform\w*|certif\w+|our (?:cell|device)s?|no (?:letter|number|label|name|code) is|unless|otherwise|proposed?|new design|(?:is|are|was) (?:the one )?meant|selected|chosen)\b"
)
_LEAST = re.compile(r"\b(?:controls?|references?|baseline|pristine|untreated|benchmark)\b")
_CALLS_CONTROL, _CALLS_TARGET = (
    re.compile(r"\bcontrols?\b"),
    re.compile(r"\b(?:targets?|champion)\b"),
)


_ROMANS = ("II", "III")


@once
def labelled_of(document: Document) -> Labelled | None:
    """The labelled devices of a text; None where it has none, or says nothing of one of them alone."""
    row = row_of(document)
    if row is None:
        return None
    clauses = clauses_of(document, row.groups, len(row.names))
    definitions = definitions_of(document, row)
    if not clauses and not definitions.clauses and not row.is_coded:
        return None
    controls = {
        min(c.labels)
        for c in clauses
        if len(c.labels) == 1 and _LEAST.search(document.lower, c.start, c.end)
    }
    controls |= {definitions.nil} - {None}
    told = _target(document, row, clauses, controls)
    target = told or 0
    controls.discard(target)
    groups = [*row.groups, *_by_role(document, row, target, controls)]
    clauses = clauses_of(document, sorted(groups, key=lambda g: g.start), len(row.names))
    own = dict(enumerate(row.names)) if row.are_substances else aliases_of(document, row)
    aliases = own or definitions.names
    clauses += [*definitions.clauses, *clauses_by_aliases(document, row, aliases)]
    clauses.sort(key=lambda clause: clause.start)
    alike = _alike(document, row, clauses)
    likened = frozenset(n for n, others in alike.items() if target in others)
    clauses = _with_those_of_others(
        document, clauses, {n: alike[n] for n in alike.keys() - likened}
    )
    is_guess = (
        told is None and not aliases and len(row.names[0]) > 1 and row.names[0] not in _ROMANS
    )
    nil = definitions.nil if definitions.nil != target else None
    return Labelled(
        row, tuple(clauses), target, frozenset(controls), likened, is_guess, nil, definitions.added,
        aliases, definitions.variable, definitions.values,
    )  # fmt: skip


def _target(document: Document, row: Row, clauses: list[Clause], controls: set[int]) -> int:
    """Which device of a row is the paper's own: the one called the best, else the last one if another is a control.

    None where nothing says.
    """
    for clause in clauses:
        if len(clause.labels) == 1 and _BEST.search(document.lower, clause.start, clause.end):
            return min(clause.labels)
    others = [n for n in range(len(row.names)) if n not in controls]
    efficient = _most_efficient(document, clauses)
    if efficient in others:
        return efficient
    alone = [min(c.labels) for c in clauses if len(c.labels) == 1 and not c.labels & controls]
    tested = {
        min(c.labels)
        for c in clauses
        if len(c.labels) == 1
        and not c.labels & controls
        and _OF_RESULT.search(document.lower, c.start, c.end)
    }
    if len(others) > 1 and len(tested) == 1:
        return min(tested)
    kept = _best_kept(document, clauses)
    if len(others) > 1 and kept in others:
        return kept
    if row.nil is not None and alone:
        return max(alone, key=lambda n: (n in tested, alone.count(n)))
    return others[-1] if controls and others else None


_EFFICIENCY = re.compile(r"\befficienc|\bpces?\b")
_LEFT = re.compile(
    r"\b(?:retain|maintain|kept|keep|lost|lose|left|initial|remain|preserv|after|fell|drop)"
)
_VALUE = re.compile(r"(?<![\d.])(?P<n>\d{1,2}(?:\.\d+)?) ?%")


def _best_kept(document: Document, clauses: list[Clause]) -> int | None:
    """Which of three devices or more kept most of its efficiency in a test that tells it of each; else None."""
    told: dict[int, float] = {}
    for clause in clauses:
        words = document.words(document.sentence_at(clause.start))
        if len(clause.labels) == 1 and _RETAINS.search(words):
            values = [float(m["n"]) for m in _VALUE.finditer(document.lower, clause.start, clause.end)]  # fmt: skip
            if len(values) == 1:
                told.setdefault(min(clause.labels), values[0])
    return max(told, key=told.__getitem__) if len(told) > 2 else None


_RETAINS = re.compile(r"\b(?:retain|maintain|kept|keep|remain|preserv|left\b)")


def _most_efficient(document: Document, clauses: list[Clause]) -> int | None:
    """Whose efficiency is the highest, where those of two at least are told; else None."""
    told: dict[int, float] = {}
    for clause in clauses:
        words = document.words(document.sentence_at(clause.start))
        if len(clause.labels) == 1 and _EFFICIENCY.search(words) and not _LEFT.search(words):
            values = [float(m["n"]) for m in _VALUE.finditer(document.lower, clause.start, clause.end)]  # fmt: skip
            if len(values) == 1:
                told.setdefault(min(clause.labels), values[0])
    return max(told, key=told.__getitem__) if len(told) > 1 else None


def _by_role(document: Document, row: Row, target: int, controls: set[int]) -> Iterator[Group]:
    """Where "control" or "target" stands for one of the row in a sentence without labels."""
    told = {document.sentence_at(group.start).number for group in row.groups}
    for sentence in document.sentences:
        if sentence.number in told:
            continue
        for pattern, numbers in ((_CALLS_CONTROL, controls), (_CALLS_TARGET, {target})):
            for match in pattern.finditer(document.words(sentence)) if len(numbers) == 1 else ():
                start = sentence.start + match.start()
                yield Group(start, start + len(match[0]), tuple(numbers))


_ROLES = re.compile(
    r"\b(?:(?P<control>controls?|(?<=for the )references?(?=[,.;)]| or\b| and\b)|(?:references?|pristine|untreated|unmodified|unpassivated)(?= (?:perovskite |solar )?(?:cells?|devices?|films?|samples?|inks?|solutions?|layers?)\b))|targets?(?! \()|champion)\b"
)


@once
def roles_of(document: Document) -> Labelled | None:
    """What is said of the control (number 0 of the row) alone, and of the target (1); None where no control is named."""
    found = list(_ROLES.finditer(document.lower))
    if not any(match["control"] for match in found):
        return None
    groups = tuple(Group(*match.span(), (0 if match["control"] else 1,)) for match in found)
    clauses = clauses_of(document, groups, 2)
    return Labelled(Row(("control", "target"), groups), tuple(clauses), 1, frozenset((0,)))


@once
def roles_apart(document: Document) -> Labelled | None:
    """What sentences share out between control (number 0 of the row) and target (1); None where none does."""
    shared = [
        sentence
        for sentence in sentences_naming(document, ("target", "champion"))
        if sentence.fabricates and len(list(_ROLES.finditer(document.words(sentence)))) == 2
    ]
    roles = roles_of(document) if shared else None
    clauses = [c for sentence in shared for c in _apart(document, roles, sentence)] if roles else []
    return Labelled(roles.row, tuple(clauses), 1, frozenset((0,))) if clauses else None


def _apart(document: Document, roles: Labelled, sentence: Sentence) -> list[Clause]:
    """Of two things the one that is the control's, and the target's: by "respectively", or each in a clause of its own."""
    in_order = shared_in_order(document, sentence, roles.row.of(sentence), 2)
    if clauses := [replace(clause, is_shared_out=True) for clause in in_order]:
        return clauses
    own = [c for c in roles.clauses if sentence.start <= c.start < sentence.end]
    if sentence.is_study or {label for c in own for label in c.labels} != {0, 1} or len(own) != 2:
        return []
    control = next(clause for clause in own if 0 in clause.labels)
    if _LIKENED.search(document.lower, control.start, control.end):
        return []
    return own if all(_tells_making(document, clause) for clause in own) else []


# What is told of the control by the target, or of both alike.
_LIKENED = re.compile(
    r"\b(?:not?|none|nothing|neither|without|w/o|lack\w*|omit\w*|skipp\w*|left|missing|absent|absence|free|same|alike|also|both|bare|plain|identical\w*)\b|\d ?%[^.;]{0,20}\b(?:retain|initial|efficienc)"
)


def _tells_making(document: Document, clause: Clause) -> bool:
    """Whether a clause tells what something is made of or how it is heated."""
    return any(
        clause.start <= one.start < clause.end
        for one in (*document.mentions, *document.temperatures)
    )


_OF_RESULT = re.compile(r"\d ?%|\b(?:retain|maintain|efficienc|pce\b)")


def _alike(document: Document, row: Row, clauses: list[Clause]) -> dict[int, set[int]]:
    """Device → those that it is told to be made as, but for something: "C as B, but with PTAA"."""
    alike: dict[int, set[int]] = {}
    for clause in clauses:
        for group in row.groups:
            if not clause.start <= group.start < clause.end or set(group.labels) & clause.labels:
                continue
            before = document.lower[max(clause.start, group.start - 50) : group.start]
            if len(clause.labels) == 1 and SAME_AS.search(NOUN_BEHIND.sub("", before)):
                alike.setdefault(min(clause.labels), set()).update(group.labels)
    return alike


def _with_those_of_others(
    document: Document, clauses: list[Clause], alike: dict[int, set[int]]
) -> list[Clause]:
    """`clauses`, where what is said of how a device was made holds for those made as it is, too."""
    found = []
    for clause in clauses:
        result = _OF_RESULT.search(document.lower, clause.start, clause.end)
        more = {n for n, others in alike.items() if others & clause.labels} - clause.labels
        found.append(clause if result else Clause(clause.start, clause.end, clause.labels | more))
    return found
