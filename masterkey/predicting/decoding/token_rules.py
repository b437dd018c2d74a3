"""Rules for the tokens of one value: which may come next, and which of them ends the value.

A rule is a small automaton over token ids. `allowed(state)` are the ids that may follow, `step` gives
the state behind one of them, or `END`; `least` is how many tokens a value must have room for, lest its
limit leave something that the rule does not allow. Whatever is chosen under the rules parses: a value holds no
newline and no special token, so it can neither add a field nor end the answer.
"""

import unicodedata
from collections.abc import Iterable
from functools import cached_property

END = -1

# Of a number: (state, kind of character) → state; 0 start, 1 behind the blank, 2 digits, 3 point, 4
# decimals. `9` stands for any digit.
_NUMBER_STEPS = {
    (0, " "): 1,
    (0, "9"): 2,
    (1, "9"): 2,
    (2, "9"): 2,
    (2, "."): 3,
    (3, "9"): 4,
    (4, "9"): 4,
}
_NUMBER_ENDS = (2, 4)


class Vocabulary:
    """What each token id adds to a text (in its middle), and which ids are special."""

    def __init__(self, tokenizer, anchor: int, size: int | None = None):
        """`anchor`: the id of an ordinary token; SentencePiece decodes a first token differently.

        `size`: how many ids the model has embeddings for, where the tokenizer may have more.
        """
        ids = range(min(len(tokenizer), size or len(tokenizer)))
        start = tokenizer.decode([anchor], clean_up_tokenization_spaces=False)
        texts = tokenizer.batch_decode(
            [[anchor, i] for i in ids], clean_up_tokenization_spaces=False
        )
        special = set(tokenizer.all_special_ids)
        self.eos = tokenizer.eos_token_id
        self.texts = [
            None if i in special else text.removeprefix(start)
            for i, text in zip(ids, texts, strict=True)
        ]

    def ordinary(self, characters: frozenset[str] | None = None) -> list[int]:
        """Ids of text within a line, of `characters` alone where they are given."""
        return [i for i, text in enumerate(self.texts) if text and _within_line(text, characters)]

    def line_ends(self, end: str, characters: frozenset[str] | None = None) -> list[int]:
        """Ids whose text closes with `end` (a newline, and a blank where the names' tokens leave it
        to the token of the newline), perhaps behind ordinary text."""
        return [
            i
            for i, text in enumerate(self.texts)
            if text and text.endswith(end) and _within_line(text.removesuffix(end), characters)
        ]

    def broken_ends(
        self, end: str, characters: frozenset[str] | None = None
    ) -> set[tuple[int, int]]:
        """Pairs of ids that close with `end` together: the newline in the first, the rest in the other."""
        rests = [i for i, text in enumerate(self.texts) if text and "\n" + text == end]
        return {(i, rest) for i in self.line_ends("\n", characters) for rest in rests}


def _within_line(text: str, characters: frozenset[str] | None) -> bool:
    if characters is not None:
        return characters.issuperset(text)
    return not any(unicodedata.category(character) in ("Cc", "Zl", "Zp") for character in text)


class FreeText:
    """Any text within the line, or text of given characters; ended by `end`, or by EOS if `last`.

    Where `end` is a newline and a blank, these may be two tokens: behind `),` some tokenizers write
    them so, and else as one. State 1 is behind the newline.
    """

    start = 0
    least = 1

    def __init__(
        self,
        vocabulary: Vocabulary,
        end: str,
        *,
        last: bool = False,
        characters: Iterable[str] | None = None,
    ):
        chosen = None if characters is None else frozenset(characters)
        self._ends = {vocabulary.eos} if last else set(vocabulary.line_ends(end, chosen))
        pairs = () if last else vocabulary.broken_ends(end, chosen)
        self._breaks, rests = ({pair[place] for pair in pairs} for place in (0, 1))
        texts = {*vocabulary.ordinary(chosen), *self._ends, *self._breaks}
        self._allowed = [texts, rests] if pairs else [texts]
        self._in_order = list(map(sorted, self._allowed))  # once: it is asked for at every token

    def allowed(self, state: int) -> list[int]:
        return self._in_order[state]

    def allows(self, state: int, token: int) -> bool:
        return token in self._allowed[state]

    def step(self, state: int, token: int) -> int:
        if state == 1 or token in self._ends:
            return END
        return 1 if token in self._breaks else 0

    def states(self) -> Iterable[int]:
        return range(len(self._allowed))


class _Table:
    """A rule whose steps stand in a table: `_after[state]` is {token: state behind it}."""

    @cached_property
    def _in_order(self) -> list[list[int]]:
        """The tokens of each state, once: they are asked for at every token."""
        return [sorted(self._after[state]) for state in self.states()]

    def allowed(self, state: int) -> list[int]:
        return self._in_order[state]

    def allows(self, state: int, token: int) -> bool:
        return token in self._after[state]

    def step(self, state: int, token: int) -> int:
        return self._after[state][token]

    def states(self) -> Iterable[int]:
        return range(len(self._after))


class Number(_Table):
    """A decimal number such as ` 1.05`, no sign; ended by `end`, or by EOS if `last`."""

    start = 0
    least = 2  # the blank and a digit

    def __init__(self, vocabulary: Vocabulary, end: str, *, last: bool = False):
        self._after: dict[int, dict[int, int]] = {state: {} for state in range(5)}
        for token, text in enumerate(vocabulary.texts):
            ends = bool(text) and not last and text.endswith(end)
            digits = text.removesuffix(end) if ends else text
            if text and set(digits) <= set("0123456789. "):
                for state in self._after:
                    after = self._walk(state, digits)
                    if after is not None and (not ends or after in _NUMBER_ENDS):
                        self._after[state][token] = END if ends else after
        if last:
            for state in _NUMBER_ENDS:
                self._after[state][vocabulary.eos] = END

    def _walk(self, state: int, text: str) -> int | None:
        """The state behind `text`; None where it is no part of a number."""
        for character in text:
            state = _NUMBER_STEPS.get((state, "9" if character.isdigit() else character))
            if state is None:
                return None
        return state


class OneOf(_Table):
    """One of a few given values: a trie of their token ids, the ending included."""

    start = 0

    def __init__(self, options: dict[str, list[int]]):
        """`options`: value → its ids, up to and with what ends it."""
        self.least = max(map(len, options.values()))
        self._after: list[dict[int, int]] = [{}]
        self._values: dict[tuple[int, int], list[str]] = {}
        for value, ids in options.items():
            self._add(value, ids)

    def _add(self, value: str, ids: list[int]) -> None:
        state = 0
        for place, token in enumerate(ids):
            self._values.setdefault((state, token), []).append(value)
            if token not in self._after[state]:
                last = place == len(ids) - 1
                self._after[state][token] = END if last else len(self._after)
                self._after += [] if last else [{}]
            state = self._after[state][token]

    def values_behind(self, state: int, token: int) -> list[str]:
        """The values that remain possible when `token` is chosen in `state`."""
        return self._values[state, token]
