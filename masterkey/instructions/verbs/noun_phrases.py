"""The direct object of a verb: the head noun of the noun phrase behind it, by closed lists.

Words are taken as they come; `QUOTE` stands for a quotation of more than three words.
"""

from masterkey.instructions.verbs.english_words import (
    CONJUNCTIONS,
    DETERMINERS,
    GIVING,
    PARTICLES,
    PARTICLES_OF,
    PERSONS,
    PREPOSITIONS,
    QUESTION_WORDS,
    can_be,
    is_adverb,
    is_base_verb,
    is_function_word,
    lemmas,
    noun_lemma,
    only_verb,
    verb_forms,
)

QUOTE = '"'
# Never the head of a phrase, though the lexicon knows some of them as nouns.
_MODIFIERS = frozenset(
    "given following above below provided mentioned short main own same other best most least last "
    "next first second third correct possible available common complete entire whole full missing "
    "new good simple odd long brief clear today tomorrow yesterday".split()
)
# "the word happy", "the letter e": what follows is a name, not the head.
_NAMED = frozenset("word letter phrase term symbol character digit variable".split())
_PARTS = (DETERMINERS | {"none", "part"}) - QUESTION_WORDS
# "tell the reader why": the noun is a receiver.
_TELLING = frozenset("tell ask teach show".split())
_CLAUSES = frozenset("what how why whether if".split())
_ADJECTIVE_ENDINGS = ("ed", "ing", "free", "like", "based", "type", "able", "term", "scale", "old")
_ARTICLES = frozenset("a an the all every each".split())
_ADVERBS = frozenset("only also just again exactly".split())
_QUANTITIES = {("at", "least"), ("at", "most"), ("up", "to")}
# "make the paragraph short": the adjective says what becomes of the object.
_CHANGING = frozenset("make keep leave render turn set grow become stay remain".split())


def direct_object(words: list[str], start: int, verb: str) -> str | None:
    """The lemma of the noun that `verb` (a lemma) acts on, looked for from `words[start]` on.

    None for no object, a pronoun, a number, a clause or a long quotation.
    """
    low = [word.lower() for word in words]
    start = _behind_verb(low, start, verb)
    if word_at(low, start) in PREPOSITIONS:
        head = _behind_adverbial(low, start + 1, verb)
    elif verb in GIVING and word_at(low, start) in PERSONS:
        head, _ = _noun_phrase(low, start + 1, verb)
    else:
        head, end = _noun_phrase(low, start, verb)
        if verb in GIVING and head is not None:
            head = _behind_receiver(low, end, verb, head)
    return None if head is None else noun_lemma(words[head])


def word_at(low: list[str], index: int) -> str:
    """The word at an index, empty behind the end."""
    return low[index] if index < len(low) else ""


def head_noun(words: list[str]) -> str | None:
    """The lemma of the head of a noun phrase: "kind of music" → kind."""
    head, _ = _noun_phrase([word.lower() for word in words], 0, "")
    return None if head is None else noun_lemma(words[head])


def is_nominal(word: str) -> bool:
    """Whether a lower-case word can be a noun; what the lexicon does not know is taken as one."""
    if word in _MODIFIERS or not word[0].isalpha() or is_function_word(word):
        return False
    if "-" in word and word.endswith(_ADJECTIVE_ENDINGS):
        return False
    return can_be(word, "NOUN") or not (lemmas(word) or verb_forms(word))


def _behind_verb(low: list[str], start: int, verb: str) -> int:
    """Where the object may begin: behind particles, adverbs and coordinated verbs."""
    end = len(low)
    while start < end:
        follows = word_at(low, start + 1)
        if (low[start], follows) in _QUANTITIES:
            start += 2
        elif low[start] in PARTICLES or low[start] == PARTICLES_OF.get(verb):
            start += 1
        elif low[start] in {"and", "or", ",", "&"} and is_base_verb(follows):
            start += 2
        elif (low[start] == "," and follows in CONJUNCTIONS | PREPOSITIONS) or (
            low[start] in _ADVERBS or is_adverb(low[start])
        ):
            start += 1
        else:
            break
    return start


def _behind_adverbial(low: list[str], start: int, verb: str) -> int | None:
    """The object behind a phrase with a preposition: "describe in detail the process"."""
    if low[start - 1] == "to" and is_base_verb(word_at(low, start)):  # "to charge a car"
        return None
    _, end = _noun_phrase(low, start, verb)
    end += word_at(low, end) == ","
    return _noun_phrase(low, end, verb)[0] if word_at(low, end) in _ARTICLES else None


def _behind_receiver(low: list[str], end: int, verb: str, receiver: int) -> int | None:
    """The object behind a noun that may be its receiver: "give the reader three tips"."""
    follows = word_at(low, end)
    if verb in _TELLING and follows in _CLAUSES:
        return None
    second = _noun_phrase(low, end, verb)[0] if follows in DETERMINERS - {"that", "which"} else None
    return receiver if second is None else second


def _noun_phrase(low: list[str], start: int, verb: str) -> tuple[int | None, int]:
    """(index of the head or None, index behind the phrase)."""
    if word_at(low, start) in _PARTS and word_at(low, start + 1) == "of":
        return _noun_phrase(low, start + 2, verb)
    if not _begins_phrase(low, start):
        return None, start
    head, index = None, start
    while index < len(low):
        word = low[index]
        if word in {"one", "ones"} and index > start:
            return None, index + 1
        if word in CONJUNCTIONS or word == ",":
            if not _joins_modifiers(low, start, index, head):
                break
            head = None
        elif word in DETERMINERS:
            if head is not None:
                break
        elif _ends_phrase(low, index, head, verb):
            break
        elif is_nominal(word) or _is_gerund(low, index, head):
            head = index
            if _is_name_next(low, start, index):
                break
        index += 1
    return head, index


def _begins_phrase(low: list[str], start: int) -> bool:
    if start >= len(low) or low[start] == QUOTE:
        return False
    word, rest = low[start], low[start + 1 : start + 3]
    if word in {"sure", "certain"}:  # "make sure …"
        return False
    if word in {"this", "these", "those", "that", "all", "both"}:
        if not rest or not (rest[0][0].isalnum() or rest[0] in DETERMINERS):
            return False
        if word == "that":  # "rewrite that sentence", but "explain that tin oxidises"
            return is_nominal(rest[0]) and (len(rest) == 1 or not rest[1][0].isalnum())
        return rest[0] in DETERMINERS or not is_function_word(rest[0])
    if word in {"one", "another"}:
        return bool(rest) and not is_function_word(rest[0])
    if word in DETERMINERS:
        return word not in {"what", "which", "whose", "whatever", "whichever"}
    return not is_function_word(word) and (word[0].isalnum() or word in "%$€")


def _ends_phrase(low: list[str], index: int, head: int | None, verb: str) -> bool:
    word = low[index]
    if not word[0].isalnum():
        return word not in "%$€°"
    if is_function_word(word):
        return True
    if verb in _CHANGING and can_be(word, "ADJ") and index + 1 == len(low):
        return True
    if head is None:
        return False
    # Behind the noun: "the steps involved", "a reply declining …"; not "solar cell manufacturing".
    return only_verb(word) and not _is_gerund(low, index, head)


def _is_gerund(low: list[str], index: int, head: int | None) -> bool:
    """Whether an -ing word names a process: it ends its phrase, as in "explain spin coating"."""
    if "VBG" not in verb_forms(low[index]) or low[index] in _MODIFIERS:
        return False
    follows = word_at(low, index + 1)
    ends = not follows or not follows[0].isalnum() or follows in PREPOSITIONS | CONJUNCTIONS
    return ends and follows not in {"to", "for", "with", "by"} | ({"at"} if head else set())


def _joins_modifiers(low: list[str], start: int, index: int, head: int | None) -> bool:
    """Whether "and" or a comma stands inside one phrase: "short and clear summary"."""
    behind = low[index + 1 : index + 3]
    if head is None:
        return bool(behind) and index > start and low[index - 1] not in DETERMINERS
    if low[index] == "," or len(behind) < 2 or not is_nominal(behind[1]):
        return False
    if can_be(low[index - 1], "ADJ") and can_be(behind[0], "ADJ"):
        return True
    # "stack and method information": a bare singular, so not an object of its own.
    bare = index == start + 1 and noun_lemma(low[head]) == low[head]
    return bare and is_nominal(behind[0])


def _is_name_next(low: list[str], start: int, index: int) -> bool:
    if low[index] not in _NAMED or low[start] != "the" or index + 1 >= len(low):
        return False
    return (
        index + 2 == len(low) or not low[index + 2][0].isalnum() or is_function_word(low[index + 2])
    )
