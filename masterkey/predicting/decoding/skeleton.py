"""The skeleton of an answer: field names and separators as given tokens, one rule for each value.

81 % of the characters of a published SII answer are the 31 field names, always the same and in the
same order (measured on sii360.json). With a skeleton the model writes values alone, and every answer
parses: all fields are there, each once, in order, whatever the paper's text says.
"""

from dataclasses import dataclass, field, replace
from functools import cached_property

from masterkey.predicting.decoding.token_rules import FreeText, Number, OneOf, Vocabulary
from masterkey.rows.encoding import plain_ids
from masterkey.schema import fields as schema
from masterkey.scripting.command_line import UserError

# Fields that can have no other than these values.
CLOSED_FIELDS = {name: values for name, values in schema.CLOSED_FIELDS.items() if values}
# Fields of numbers, and the characters they are made of: separators, `nan` and `Unknown` included.
NUMBER_FIELDS = frozenset(
    (
        schema.ANNEALING_TEMPERATURE,
        schema.ANNEALING_TIME,
        "Stability_average_over_n_number_of_cells",
        "Stability_temperature_range",
        "Stability_time_total_exposure",
        "Stability_PCE_initial_value",
        "Stability_PCE_end_of_experiment",
        "Cell_area_measured",
        "Cell_number_of_cells_per_substrate",
        "Cell_semitransparent_wavelength_range",
    )
)
NUMBER_CHARACTERS = "0123456789.,;|>- nanUnknown"
# Texts of values that are kept at a time.
_KEPT_TEXTS = 10_000


@dataclass(frozen=True)
class Slot:
    """One value's place in the answer.

    `before`: ids from the end of the value before up to the colon; `end`: ids that end a value which
    reached its limit; `rule`: what the value may be.
    """

    name: str
    before: list[int]
    end: list[int]
    rule: FreeText | Number | OneOf


@dataclass(frozen=True)
class Skeleton:
    """The slots of a task's answer in order, under one tokenizer, and the room that values have."""

    task: str
    slots: list[Slot]
    max_tokens: int  # of the whole answer
    max_value_tokens: int
    line_ends: frozenset[int]  # EOS among them
    broken_ends: frozenset[tuple[int, int]]  # pairs of tokens that end a line together
    tokenizer: object
    _texts: dict[tuple[int, ...], str] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def value_limit(self, place: int, n_used: int) -> int:
        """Most tokens of the value in slot `place` when the answer has `n_used` up to its colon.

        So much that every later slot still has its name, the least value, and its end; and never so
        few that no whole value of a closed vocabulary, no number could stand there.
        """
        slot = self.slots[place]
        room = self.max_tokens - n_used - len(slot.end) - self._needed[place + 1]
        return max(slot.rule.least, min(self.max_value_tokens, room))

    @cached_property
    def _needed(self) -> list[int]:
        """The tokens that the slots from each place on need at least; 0 behind the last."""
        sizes = [len(slot.before) + slot.rule.least + len(slot.end) for slot in self.slots]
        return [sum(sizes[place:]) for place in range(len(sizes) + 1)]

    def value_text(self, place: int, ids: list[int]) -> str:
        """The text of a value from its ids; what ends it may be among them."""
        start = self.slots[place].before[-1:]
        text = (
            self._text(start + ids)
            .removeprefix(self._text(start))
            .strip()
            .removesuffix(",")
            .strip()
        )
        # Nothing ends the last value, so a parser would take its comma for the separator.
        return text if place < len(self.slots) - 1 else text.rstrip(", ")

    def _text(self, ids: list[int]) -> str:
        """The decoded text, kept: papers share most of their values."""
        if len(self._texts) > _KEPT_TEXTS:
            self._texts.clear()
        key = tuple(ids)
        if key not in self._texts:
            self._texts[key] = _decode(self.tokenizer, ids)
        return self._texts[key]

    def answer(self, values: dict[str, str]) -> str:
        """The whole answer in the form of the training rows."""
        return FORMATS[self.task](values)

    def split(self, ids: list[int]) -> list[list[int]] | None:
        """The value ids of an answer's ids (EOS at its end), slot by slot, with what ends each.

        None where the answer is not in this form. A value with a newline inside breaks the rules of
        its slot, where it does not break the form.
        """
        segments, place = [], 0
        for slot in self.slots:
            if ids[place : place + len(slot.before)] != slot.before:
                return None
            start = end = place + len(slot.before)
            while end < len(ids) and not self._ends_line(ids, end):
                end += 1
            place = end + 1
            segments.append(ids[start:place])
        return segments if place == len(ids) else None

    def _ends_line(self, ids: list[int], place: int) -> bool:
        return ids[place] in self.line_ends or tuple(ids[place - 1 : place + 1]) in self.broken_ends


def make_skeleton(
    tokenizer,
    task: str,
    max_tokens: int,
    max_value_tokens: int,
    *,
    restricted: bool = True,
    n_embeddings: int | None = None,
) -> Skeleton:
    """The skeleton of `task` ("sii" or "mdp"), at most `max_tokens` long.

    `n_embeddings`: token ids that the model knows; the tokenizer's further ones are not written.

    `restricted`: closed vocabularies and fields of numbers get their rules (the targets of MDP always
    do). Raises `UserError` where the tokenizer's tokens cross the borders of values, or where
    `max_tokens` leaves no room.
    """
    names, blank = FIELDS[task], {"sii": "none", "mdp": "1.00"}[task]
    example = FORMATS[task](dict.fromkeys(names, blank))
    befores, ends = _template(tokenizer, example)
    vocabulary = Vocabulary(tokenizer, anchor=befores[0][-1], size=n_embeddings)
    line_end = vocabulary.texts[ends[0][-1]].partition("\n")
    end = "\n" + line_end[2]
    unruled = Skeleton(
        task,
        [Slot(*parts, rule=None) for parts in zip(names, befores, ends, strict=True)],
        max_tokens,
        max_value_tokens,
        frozenset(vocabulary.line_ends(end)) | {vocabulary.eos},
        frozenset(vocabulary.broken_ends(end)),
        tokenizer,
    )
    rules = (
        _sii_rules(unruled, vocabulary, end, restricted)
        if task == "sii"
        else _mdp_rules(vocabulary, end)
    )
    slots = [replace(slot, rule=rule) for slot, rule in zip(unruled.slots, rules, strict=True)]
    needed = sum(len(slot.before) + len(slot.end) + max(4, slot.rule.least) for slot in slots)
    if max_tokens < needed:
        raise UserError(
            f"--max_new_tokens {max_tokens}: the field names and the shortest values need {needed} "
            "tokens; raise it."
        )
    return replace(unruled, slots=slots)


def _template(tokenizer, example: str) -> tuple[list[list[int]], list[list[int]]]:
    """The ids before each value and those that end it, from the ids of an example answer.

    Borders are found in the decoded text, since offsets are not there with every tokenizer.
    """
    ids = plain_ids(tokenizer, [example])[0]
    token_behind = {len(_decode(tokenizer, ids[:n])): n for n in range(1, len(ids) + 1)}
    befores, ends = [], []
    token = line_start = 0
    for line in example.split("\n"):
        colon, line_end = line_start + line.index(":") + 1, line_start + len(line)
        value_end = line_end - line.endswith(",")
        line_start = line_end + 1
        # The token of the newline may hold the blank before the next name, too.
        border = line_start + (line_start not in token_behind)
        last = value_end == len(example)
        if not {colon, value_end} | (set() if last else {border}) <= token_behind.keys():
            raise _joined(line)
        befores.append(ids[token : token_behind[colon]])
        token = len(ids) if last else token_behind[border]
        ends.append([tokenizer.eos_token_id] if last else ids[token_behind[value_end] : token])
    return befores, ends


def _sii_rules(skeleton: Skeleton, vocabulary: Vocabulary, end: str, restricted: bool) -> list:
    free, last = FreeText(vocabulary, end), FreeText(vocabulary, end, last=True)
    numbers = FreeText(vocabulary, end, characters=NUMBER_CHARACTERS)
    rules = [free] * (len(skeleton.slots) - 1) + [last]
    for place, slot in enumerate(skeleton.slots):
        if restricted and slot.name in CLOSED_FIELDS:
            rules[place] = OneOf(_options(skeleton, place))
        elif restricted and slot.name in NUMBER_FIELDS:
            rules[place] = numbers
    return rules


def _mdp_rules(vocabulary: Vocabulary, end: str) -> list:
    return [Number(vocabulary, end)] * (len(schema.MDP_TARGETS) - 1) + [
        Number(vocabulary, end, last=True)
    ]


def _options(skeleton: Skeleton, place: int) -> dict[str, list[int]]:
    """The values of a closed field with their ids, as they stand in a whole answer."""
    names = [slot.name for slot in skeleton.slots]
    options = {}
    for value in CLOSED_FIELDS[names[place]]:
        text = skeleton.answer(dict.fromkeys(names, "none") | {names[place]: value})
        ids = [*plain_ids(skeleton.tokenizer, [text])[0], skeleton.tokenizer.eos_token_id]
        segments = skeleton.split(ids)
        if segments is None:
            raise _joined(f"{names[place]}: {value}")
        options[value] = segments[place]
    return options


def _joined(line: str) -> UserError:
    return UserError(
        f"the tokenizer joins the end of a field name or of a value with what follows ({line!r}), so "
        "no skeleton can be laid; add --decoding free."
    )


FORMATS = {"sii": schema.format_sii_answer, "mdp": schema.format_mdp_answer}
FIELDS = {"sii": schema.SII_FIELDS, "mdp": schema.MDP_TARGETS}


def _decode(tokenizer, ids: list[int]) -> str:
    return tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
