"""English words as the rule for root verbs needs them: closed lists, and what a word can be.

What an open-class word can be (noun, verb in which form, adjective), and its lemma, is looked up in
the lexicon inside the package `lemminflect` (NIH SPECIALIST lexicon; no model, no download).
"""

from functools import lru_cache

DETERMINERS = frozenset(
    "a an the this that these those my your his her its our their some any each every all both no "
    "another such what which whose whatever whichever several many much few more most less fewer "
    "enough either neither half one two three four five six seven eight nine ten eleven twelve "
    "dozen hundred thousand million".split()
)
PERSONS = frozenset("i you u he she we they me us him them".split())
PRONOUNS = PERSONS | frozenset(
    "it mine yours ours theirs myself yourself itself themselves one ones something anything "
    "nothing everything someone anyone everyone none others".split()
)
PREPOSITIONS = frozenset(
    "about above according across after against along among around as at before behind below "
    "beneath beside besides between beyond by concerning despite during except for from in inside "
    "into like minus near of off on onto out outside over per plus regarding since through throughout till to "
    "toward towards under underneath until unlike up upon versus via vs with within without".split()
)
SUBORDINATORS = frozenset(
    "if when whenever while once because although though unless until before after since as so "
    "that whether where wherever how why who whom whose what which".split()
)
CONJUNCTIONS = frozenset("and or nor but & then".split())
QUESTION_WORDS = frozenset("what which who whom whose why when where how".split())
BE = frozenset("be am is are was were been being".split())
DO = frozenset("do does did".split())
HAVE = frozenset("have has had".split())
MODALS = frozenset("can could will would shall should may might must".split())
AUXILIARIES = BE | DO | HAVE | MODALS
# Behind a verb these belong to it: "write down the steps". "in" and "on" do so after few verbs.
PARTICLES = frozenset("out up down off away back apart aside together forward".split())
PARTICLES_OF = {"fill": "in", "turn": "on", "hand": "in", "plug": "in", "put": "on", "pass": "on"}
# May stand before the verb of a command: "please briefly explain".
OPENERS = frozenset(
    "please kindly pls just simply only also now then next first second third firstly secondly "
    "finally lastly again always never ok okay hello hi hey dear thanks and but so or instead "
    "alternatively however yes no well".split()
)
# Nouns and verbs at once; at the head of a sentence, before a bare noun, they are taken as verbs.
COMMANDS = frozenset(
    "answer balance brainstorm calculate comment focus raise repeat talk change check classify code combine compare contrast "
    "convert copy correct count cover create debate define delete describe design detail discuss "
    "display divide do document double draft draw edit estimate evaluate exchange expand explain explore express "
    "extract fill filter find fix form formulate format give group guess have help highlight "
    "identify imagine index interpret invent join judge keep label leave link list look make map "
    "mark match measure mention merge model modify name note number offer order outline output "
    "paraphrase pick place plan plot point predict prepare present print produce project proofread "
    "propose provide put query quote rank rate read recall recommend record remove rename replace "
    "reply report request return review rewrite round say schedule score search select send set "
    "share show shuffle simplify sketch solve sort specify spell split start state stop structure "
    "study suggest sum summarize swap tag take tell test think title trace transform translate "
    "try turn update use visualize weigh write".split()
)
# Nouns and verbs at once; behind a subject they are taken as verbs: "how does grain size affect".
QUESTION_VERBS = COMMANDS | frozenset(
    "affect act aim break burn cause charge cost crack decay decrease dry end fail fall feel flow "
    "gain grow heat increase influence impact last limit live lose matter mean melt move need play "
    "react result rise run shift stand support travel vary wear win work yield".split()
)
# Take a receiver before their object: "give the reader three tips".
GIVING = frozenset(
    "ask award bring buy fetch give grant hand lend make offer owe pass pay read sell send show "
    "teach tell throw wish write".split()
)
# The lexicon lacks these, or has them with other kinds only.
_ADDED = {
    "tin": {"NOUN": "tin"},
    "email": {"NOUN": "email", "VERB": "email"},
}


@lru_cache(maxsize=100_000)
def lemmas(word: str) -> dict[str, str]:
    """What a lower-case word can be in the lexicon, and its lemma as that: {"NOUN": "use", …}."""
    from lemminflect import getAllLemmas

    if word in _ADDED:
        return _ADDED[word]
    return {kind: found[0] for kind, found in getAllLemmas(word).items() if found}


@lru_cache(maxsize=100_000)
def verb_forms(word: str) -> frozenset[str]:
    """Which forms of a verb a lower-case word can be: VB (base), VBZ, VBD, VBN, VBG; or none."""
    from lemminflect import getAllInflections, getAllLemmas

    forms = set()
    for lemma in (*getAllLemmas(word, "VERB").get("VERB", ()), *_verb_of(word)):
        inflections = getAllInflections(lemma, "VERB")
        # The lexicon leaves the participle out where it equals the past tense.
        inflections.setdefault("VBN", inflections.get("VBD", ()))
        forms |= {tag for tag, found in inflections.items() if word in found}
        forms |= {"VB"} if lemma == word else set()
    return frozenset(forms)


def _verb_of(word: str) -> tuple[str, ...]:
    """The word itself where its ending makes it a verb that the lexicon lacks ("tokenise")."""
    if word in _ADDED:
        return (word,) if "VERB" in _ADDED[word] else ()
    return (word,) if not lemmas(word) and word.endswith(("ise", "ize", "ify")) else ()


def can_be(word: str, kind: str) -> bool:
    """Whether a lower-case word can be of a kind: NOUN, VERB, ADJ, ADV."""
    return kind in lemmas(word) or (kind == "VERB" and bool(verb_forms(word)))


def is_base_verb(word: str) -> bool:
    """Whether a lower-case word is the base form of a verb, as a command has it."""
    return "VB" in verb_forms(word) and word not in _FUNCTION_WORDS


def is_adverb(word: str) -> bool:
    """Whether a lower-case word can be nothing but an adverb."""
    return set(lemmas(word)) == {"ADV"} and word not in _FUNCTION_WORDS


def is_function_word(word: str) -> bool:
    """Whether a lower-case word is of a closed class: article, preposition, pronoun, auxiliary, …"""
    return word in _FUNCTION_WORDS or word in AUXILIARIES


def only_verb(word: str) -> bool:
    """Whether a lower-case word can be a verb and neither noun nor adjective."""
    return can_be(word, "VERB") and not can_be(word, "NOUN") and not can_be(word, "ADJ")


def verb_lemma(word: str) -> str:
    """The base form; British -ise and -yse are counted with American -ize and -yze."""
    if word in AUXILIARIES:
        return "be" if word in BE else "do" if word in DO else "have" if word in HAVE else word
    lemma = lemmas(word).get("VERB", word)
    american = f"{lemma[:-2]}ze" if lemma.endswith(("ise", "yse")) else lemma
    return american if can_be(american, "VERB") else lemma


def noun_lemma(word: str) -> str:
    """The singular in lower case; names such as MAPbI3 and DNA keep their capitals."""
    lowered = word.lower()
    if any(letter.isupper() for letter in word[1:]) or any(c.isdigit() for c in word):
        return word
    lemma = lemmas(lowered).get("NOUN")
    if lemma is None and lowered.endswith("s") and not lowered.endswith(("ss", "us", "is", "ics")):
        lemma = lowered[:-1]  # the lexicon lacks some regular plurals ("reflections")
    return lemma or lowered


_FUNCTION_WORDS = DETERMINERS | PRONOUNS | PREPOSITIONS | SUBORDINATORS | CONJUNCTIONS | MODALS
