"""The rules of single values: what they let through, and where a value ends."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from masterkey.predicting.decoding.token_rules import END, FreeText, Number, OneOf, Vocabulary

EOS = 0
# One token is the anchor, the others are what the tests speak of.
PIECES = [
    "</s>", "<s>", ":", "\n", ",", ",\n", ")\n", "\n\n", "\r", "\x00", "\x1b", "\x85", "\u2028", "\u2029",
    " ", " 1", "1", "23", "4.5", ".", "5.", " 1\n", ".\n", "1.\n", "a", " nan", "n", "A_b: x", "\ufffd", "²", "٣",
]  # fmt: skip
ID = {piece: number for number, piece in enumerate(PIECES)}


class Pieces:
    """A tokenizer whose tokens are `PIECES`."""

    eos_token_id = EOS
    all_special_ids = (0, 1)

    def __len__(self):
        return len(PIECES)

    def decode(self, ids, **settings):
        return "".join(PIECES[i] for i in ids)

    def batch_decode(self, batch, **settings):
        return [self.decode(ids) for ids in batch]


@pytest.fixture(scope="module")
def vocabulary():
    return Vocabulary(Pieces(), anchor=ID[":"])


def pieces(ids) -> set[str]:
    return {PIECES[i] for i in ids}


def test_free_text_holds_no_line_break_no_control_character_and_no_special_token(vocabulary):
    rule = FreeText(vocabulary, "\n")
    refused = {"</s>", "<s>", "\n\n", "\r", "\x00", "\x1b", "\x85", "\u2028", "\u2029"}
    assert pieces(rule.allowed(rule.start)) == set(PIECES) - refused
    assert all(rule.allows(0, i) for i in rule.allowed(0))


def test_text_ends_with_a_token_that_ends_the_line_also_behind_text(vocabulary):
    rule = FreeText(vocabulary, "\n")
    ending = {PIECES[i] for i in rule.allowed(0) if rule.step(0, i) == END}
    assert ending == {"\n", ",\n", ")\n", " 1\n", ".\n", "1.\n"}


def test_where_a_blank_belongs_to_the_end_it_alone_may_follow_the_line_break(vocabulary):
    rule = FreeText(vocabulary, "\n ")
    breaks = {PIECES[i] for i in rule.allowed(0) if rule.step(0, i) == 1}
    assert breaks == {"\n", ",\n", ")\n", " 1\n", ".\n", "1.\n"}
    assert pieces(rule.allowed(1)) == {" "}
    assert rule.step(1, ID[" "]) == END
    assert not any(rule.step(0, i) == END for i in rule.allowed(0))
    assert [*rule.states()] == [0, 1]


def test_the_last_value_is_ended_by_eos_alone(vocabulary):
    rule = FreeText(vocabulary, "\n", last=True)
    assert {i for i in rule.allowed(0) if rule.step(0, i) == END} == {EOS}
    assert not pieces(rule.allowed(0)) & {"\n", ",\n", ")\n"}


def test_text_of_given_characters_holds_no_other(vocabulary):
    rule = FreeText(vocabulary, "\n", characters="0123456789. nan,")
    assert pieces(rule.allowed(0)) == {
        "\n", ",", ",\n", " ", " 1", "1", "23", "4.5", ".", "5.", " 1\n", ".\n", "1.\n", "a", " nan", "n"
    }  # fmt: skip


def follow(rule, ids) -> int | None:
    """The state behind `ids`; None where one of them is not allowed."""
    state = rule.start
    for i in ids:
        if state == END or not rule.allows(state, i):
            return None
        state = rule.step(state, i)
    return state


@pytest.mark.parametrize(
    ("parts", "fits"),
    [
        ([" ", "1", ".", "23", "\n"], True), ([" 1", "\n"], True), ([" 1", "4.5", "\n"], True),
        (["1", "23", "\n"], True), ([" 1\n"], True), ([" ", "5.", "1", "\n"], True),
        (["\n"], False), ([" ", "\n"], False), ([" 1", ".", "\n"], False), ([" 1", ".\n"], False),
        ([" ", " ", "1"], False), ([".", "1"], False), (["4.5", "."], False), (["4.5", "4.5"], False),
        (["1", " "], False), (["a"], False), (["²"], False), (["٣"], False), ([",\n"], False),
        (["1.\n"], False), (["</s>"], False),
    ],
)  # fmt: skip
def test_a_number_is_digits_with_one_point_at_most(vocabulary, parts, fits):
    state = follow(Number(vocabulary, "\n"), [ID[part] for part in parts])
    assert (state == END) == fits
    if not fits:
        assert state is None


@given(st.lists(st.sampled_from(range(len(PIECES))), max_size=6))
def test_a_number_takes_exactly_what_python_reads_as_one(ids):
    rule = Number(Vocabulary(Pieces(), anchor=ID[":"]), "\n", last=True)
    text = "".join(PIECES[i] for i in ids)
    body = text.removeprefix(" ")
    whole, point, decimals = body.partition(".")
    is_number = whole.isascii() and whole.isdigit() and (
        not point or (decimals.isascii() and decimals.isdigit())
    )  # fmt: skip
    ended = follow(rule, [*ids, EOS]) == END
    assert ended == (is_number and EOS not in ids)


def test_a_number_never_comes_to_a_dead_end(vocabulary):
    for last in (True, False):
        rule = Number(vocabulary, "\n", last=last)
        assert all(rule.allowed(state) for state in rule.states())


WORDS = {"nip": [3, 9], "pin": [4, 5, 9], "pen": [4, 6, 9], "Unknown": [7, 7, 7, 9]}


def test_one_of_takes_its_values_and_nothing_else():
    rule = OneOf(WORDS)
    for value, ids in WORDS.items():
        assert follow(rule, ids) == END
        assert follow(rule, ids[:-1]) not in (None, END), value
    for wrong in ([9], [3, 3], [4, 9], [5], [7, 7, 9], [3, 9, 9]):
        assert follow(rule, wrong) is None
    assert rule.least == 4
    assert sum(len(rule.allowed(state)) for state in rule.states()) == 11  # edges of the trie


def test_one_of_knows_which_values_are_left():
    rule = OneOf(WORDS)
    assert rule.values_behind(0, 4) == ["pin", "pen"]
    assert rule.values_behind(rule.step(0, 4), 6) == ["pen"]


def test_tokens_are_known_by_what_they_add_behind_others():
    """SentencePiece's decoders drop the blank of a first token."""
    stripping = SimpleNamespace(
        eos_token_id=0,
        all_special_ids=[0],
        decode=lambda ids, **_: "".join(("</s>", " a", "b")[i] for i in ids).removeprefix(" "),
    )
    stripping.batch_decode = lambda batch, **_: [stripping.decode(ids) for ids in batch]

    class Tokenizer(SimpleNamespace):
        def __len__(self):
            return 3

    vocabulary = Vocabulary(Tokenizer(**vars(stripping)), anchor=2)
    assert vocabulary.texts == [None, " a", "b"]
