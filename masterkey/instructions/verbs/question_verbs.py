"""The main verb of an English question, and its direct object."""

from masterkey.instructions.verbs.english_words import (
    AUXILIARIES,
    BE,
    DETERMINERS,
    DO,
    HAVE,
    MODALS,
    PERSONS,
    PREPOSITIONS,
    PRONOUNS,
    QUESTION_VERBS,
    QUESTION_WORDS,
    SUBORDINATORS,
    can_be,
    is_adverb,
    is_base_verb,
    only_verb,
    verb_forms,
    verb_lemma,
)
from masterkey.instructions.verbs.noun_phrases import direct_object, head_noun, is_nominal, word_at

# "What year did it happen": an adverbial, not an object.
_TIMES = frozenset("time year month week day hour minute date century decade way reason".split())
Found = tuple[str, str | None]


def is_question_at(low: list[str], is_question: bool) -> bool:
    """Whether a question begins with these lower-case words."""
    word, follows = low[0], word_at(low, 1)
    if word in {"why", "when", "where"}:  # "When you are done, …" is a leading clause
        return follows in AUXILIARIES
    if word in QUESTION_WORDS:
        return is_question or any(w in AUXILIARIES for w in low) or _is_finite(follows)
    if word in PREPOSITIONS and follows in {"what", "which", "whom", "whose", "how"}:
        return is_question or low[2:3] != []
    if word in {"does", "did", "is", "are", "was", "were", "has", "had"} | MODALS:
        return is_question or (bool(follows) and (follows in DETERMINERS | PRONOUNS | PERSONS))
    return is_question and word in {"do", "have", "am"} and follows != "not"


def question(words: list[str], low: list[str]) -> Found | None:
    """(root verb, direct object) of a question that begins with `words`; None without a verb."""
    start = 1 if low[0] in PREPOSITIONS else 0
    asked = low[start] if low[start] in QUESTION_WORDS else ""
    auxiliary = _finite_at(low, start, asked)
    if auxiliary is None:
        return None
    fronted = words[start + 1 : auxiliary]
    if start or asked in {"why", "when", "where", ""}:
        fronted = []
    if asked == "how" and fronted and fronted[0].lower() not in {"many", "much"}:
        fronted = []  # "how old": a measure
    subject_asked = asked in {"what", "who", "which", "whose"} or bool(fronted)
    verb = low[auxiliary]
    if verb in BE:
        return _with_be(low, auxiliary, subject_asked and not start, asked)
    if verb in HAVE:
        return _with_have(words, low, auxiliary, bool(asked) and subject_asked and not start)
    if verb in DO | MODALS:
        return _with_auxiliary(words, low, auxiliary, fronted, subject_asked and not start)
    lemma = verb_lemma(verb)
    return lemma, direct_object(words, auxiliary + 1, lemma)


def _is_finite(word: str) -> bool:
    return bool(word) and bool({"VBZ", "VBD"} & verb_forms(word))


def _finite_at(low: list[str], start: int, asked: str) -> int | None:
    """Where the auxiliary or the finite verb of the question stands."""
    if not asked:
        return start
    for index in range(start + 1, len(low)):
        word = low[index]
        if word in AUXILIARIES and not (
            word in {"can", "will"} and low[index - 1] in DETERMINERS - QUESTION_WORDS
        ):
            return index
        if asked in {"why", "when", "where", "how"}:
            continue
        alone = index == start + 1 and asked in {"what", "who"}
        behind_noun = index > start + 1 and (
            is_nominal(low[index - 1]) or low[index - 1] in PRONOUNS
        )
        if _is_finite(word) and (alone or (behind_noun and _may_be_verb(low, index))):
            return index
        if asked == "which" and index > start + 1 and only_verb(word) and is_base_verb(word):
            return index
    return None


def _may_be_verb(low: list[str], index: int) -> bool:
    """Whether a word behind a noun is the verb, not the second part of the noun's name."""
    word, follows = low[index], word_at(low, index + 1)
    if not can_be(word, "NOUN"):
        return True
    return follows not in AUXILIARIES and not _is_finite(follows)


def _with_be(low: list[str], auxiliary: int, subject_asked: bool, asked: str) -> Found:
    """ "What is used", "How is it made" → the participle's verb; otherwise "be"."""
    if low[-1] in PREPOSITIONS and "VBN" in verb_forms(low[-2]):  # "what is it used for"
        return verb_lemma(low[-2]), None
    if subject_asked:
        index = auxiliary + 1
        while index < len(low) and (
            low[index] in {"not", "being", "also"} or is_adverb(low[index])
        ):
            index += 1
        if index < len(low) and (_is_passive(low, index) or _is_called(low, index)):
            return verb_lemma(low[index]), None
        return "be", None
    for index in range(auxiliary + 2, len(low)):
        if low[index] in SUBORDINATORS - {"as", "since", "before", "after", "until"}:
            break
        behind = low[index - 1]
        if behind in DETERMINERS or behind in PREPOSITIONS:
            continue
        if _is_passive(low, index):
            return verb_lemma(low[index]), None
        if only_verb(low[index]) and "VBG" in verb_forms(low[index]) and asked:
            lemma = verb_lemma(low[index])
            return lemma, direct_object(low, index + 1, lemma)
    return "be", None


def _is_passive(low: list[str], index: int) -> bool:
    """Whether the word is a participle that no noun follows."""
    follows = word_at(low, index + 1)
    if "VBN" not in verb_forms(low[index]) or is_base_verb(low[index]):
        return False
    ends = not follows or not follows[0].isalnum() or follows in PREPOSITIONS | SUBORDINATORS
    return ends or is_adverb(follows) or follows in {"and", "or"}


def _is_called(low: list[str], index: int) -> bool:
    """Whether the word is a participle before an article: "who is considered the father"."""
    word, follows = low[index], word_at(low, index + 1)
    return "VBN" in verb_forms(word) and not can_be(word, "NOUN") and follows in DETERMINERS


def _with_have(words: list[str], low: list[str], auxiliary: int, subject_asked: bool) -> Found:
    """ "Has X been tested" → test; "Which layer has the highest mobility" → have."""
    if subject_asked and "VBN" not in verb_forms(
        low[auxiliary + 1] if auxiliary + 1 < len(low) else ""
    ):
        return "have", direct_object(words, auxiliary + 1, "have")
    for index in range(auxiliary + 1, len(low)):
        forms = verb_forms(low[index])
        if low[index] == "been":
            passive = index + 1 < len(low) and "VBN" in verb_forms(low[index + 1])
            return (verb_lemma(low[index + 1]), None) if passive else ("be", None)
        if (
            "VBN" in forms
            and low[index - 1] not in DETERMINERS
            and index > auxiliary + (not subject_asked)
        ):
            lemma = verb_lemma(low[index])
            return lemma, direct_object(words, index + 1, lemma)
    return "have", direct_object(words, auxiliary + 1, "have")


def _with_auxiliary(
    words: list[str], low: list[str], auxiliary: int, fronted: list[str], subject_asked: bool
) -> Found:
    """ "How does X affect Y", "What would happen", "Where should X be stored"."""
    subject_asked = subject_asked and low[auxiliary] in MODALS
    verb = _main_verb(low, auxiliary, subject_asked)
    if verb is None:
        return verb_lemma(low[auxiliary]) if low[auxiliary] in DO else "be", None
    if low[verb] in {"be", "have"} and verb + 1 < len(low):
        behind = verb + 1 + (low[verb + 1] == "been")
        if behind < len(low) and _is_passive(low, behind):
            return verb_lemma(low[behind]), None
    lemma = verb_lemma(low[verb])
    if lemma == "be":
        return "be", None
    found = direct_object(words, verb + 1, lemma)
    if found is None and fronted and not subject_asked:
        head = head_noun(_without_measure(fronted))
        found = None if head in _TIMES else head
    return lemma, found


def _without_measure(fronted: list[str]) -> list[str]:
    """ "how many electrons" → electrons; "how long" asks for no thing."""
    return fronted[1:] if fronted[0].lower() in {"many", "much"} else fronted


def _main_verb(low: list[str], auxiliary: int, subject_asked: bool) -> int | None:
    """The base form behind the subject; of several words that may be it, the likeliest."""
    if subject_asked and auxiliary + 1 < len(low) and is_base_verb(low[auxiliary + 1]):
        return auxiliary + 1
    weak, seen_subject = None, False
    for index in range(auxiliary + 1, len(low)):
        word, behind = low[index], low[index - 1]
        base = is_base_verb(word) and behind not in (DETERMINERS - {"one"}) | PREPOSITIONS
        if seen_subject and base:
            sure = only_verb(word) or word in QUESTION_VERBS or word in {"be", "have", "do"}
            if sure or behind in PERSONS | {"it", "one"}:
                return index
            weak = index if weak is None else weak
        if seen_subject and word in SUBORDINATORS:
            break
        seen_subject |= is_nominal(word) or word in PRONOUNS or word in {"this", "that", "these"}
        seen_subject |= "VBG" in verb_forms(word)  # "does annealing improve …"
    return weak
