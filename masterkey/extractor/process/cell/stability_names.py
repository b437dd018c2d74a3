"""The names of ageing tests: by which words a text says that the stability of its cells was tested (issue 14)."""

import re

# One of these in a sentence names an ageing test, or makes it likely.
NAMES = (
    "stabilit", "aged", "ageing", "aging", "shelf", "damp", "dura", "isos", "lifetime", "long-term", "long term",
    "degradation", "outdoor", " soak", "resistance test", "thermal cycl", "temperature cycl", "operational test", "reliab",
)  # fmt: skip

_STABILITY_TESTED = r"stabilit(?:y|ies) (?:(?!of |to )[\w–-]+ ){0,3}?(?:was|were|is|has been|have been) (?:[\w-]+ )?(?:measured|tested|followed|monitored|assessed|evaluated|examined|judged|determined|recorded|tracked|studied|investigated|checked|observed)\b|\bag(?:e?ing)(?: tests?)? (?:was|were) (?:done|carried|performed|conducted|made)\b"
# A test of cells is spoken of, whatever section the sentence stands in.
_TEST_NAMES = re.compile(
    r"(?:long[- ]?term|operational|thermal|storage|shelf|air|ambient|moisture|humidity|light|photo-?|device|cell|environmental|heat|illumination) ?-?stabilit"
    r"|stabilit(?:y|ies) (?:tests?|data|curves?|traces?|results?|stud(?:y|ies)|measurements?|of (?:the |unencapsulated |encapsulated |sealed |un\w+ )*(?:\w+ ){0,2}(?:cells?|devices?|modules?|pscs?|tandems?))"
    rf"|{_STABILITY_TESTED}"
    r"|for stability\b|shelf[- ]?(?:life|stability)|\bag(?:e?ing)\b|\baged (?:at|in|under|for|on|with|cells|devices|modules|over|by|inside|outdoors|beneath|out)\b|(?:were|was|are|been) (?:\w+ )?aged\b|damp[- ]heat|\b(?:heat|thermal|light|moisture|water|weather|humidity)[- ]resistance (?:tests?|was|were|of)\b|long[- ]?term (?:operation|stud|test|stabilit)|\bisos\b|\bt_?[5-9]\d\b|durability|\breliability (?:was|were|tests?|of)\b|thermal(?:ly)? cycl|temperature cycl|(?:heat(?:ing)?|thermal|stress|life-?time|operation(?:al)?|endurance|outdoor|indoor|ageing|aging|shelf|storage|moisture|humidity|light[- ]soaking|°c|rh) tests?|light[- ]soaking (?:of|was|were)\b|degradation (?:test|stud)"
)
_TEST_SIGNS = (
    "stabil",
    "shelf",
    "aging",
    "ageing",
    "aged",
    "damp",
    "long",
    "isos",
    "t5",
    "t6",
    "t7",
    "t8",
    "t9",
    "t_",
    "durab",
    "test",
    "soak",
    "degradation",
    "cycl",
    "reliab",
)
DENIED = re.compile(
    r"without (?:any |further )?ag(?:e?ing)|protect\w* (?:the )?stabilit|\b(?:no|not|nothing|neither|never)\b[^.;]{0,60}(?:stabilit|long[- ]?term|\bag(?:ed|e?ing)\b|degradation (?:test|stud)|undergo|subjected)"
    r"|(?:stabilit|lifetimes? (?:under|in|of|tests?)|long[- ]?term|ag(?:e?ing)|degradation (?:test|stud))[^.;]{0,60}\b(?:not (?:been )?(?:measured|studied|tested|examined|followed|part|investigated|carried|considered|done|subject)|outside|beyond the scope|elsewhere)"
)
# Said of a whole paper: no cell was aged.
UNTESTED = re.compile(
    r"\b(?:stabilit(?:y|ies)|ag(?:e?ing)(?: tests?)?|shelf life|lifetime tests?|lifetimes? under operation|degradation)\b(?: of (?:\w+ ){0,4}?(?:cells?|devices?|modules?|tandems?|pscs))? (?:was|were|is|are|has|have) (?:not|never) (?:been )?(?:examined|measured|studied|tested|investigated|assessed|evaluated|followed|determined|part)"
    r"|\b(?:stabilit(?:y|ies)|ag(?:e?ing)(?: tests?)?|lifetime tests?|lifetimes? under operation)\b(?: of (?:\w+ ){0,4}?(?:cells?|devices?|modules?|tandems?|pscs))? (?:was|were|is|are|lies|lay|fell|falls) (?:(?:beyond|outside) (?:of )?the scope|not (?:the |a |an )?(?:subject|object|topic|aim|focus))"
    r"|\bno (?!other|further|more|additional)(?:\w+ ){0,3}?(?:stability (?:tests?|data|measurements?|stud(?:y|ies))|ag(?:e?ing)(?: tests?| stud(?:y|ies)| experiments?)?) (?:was|were|is|are|has been|have been) (?:done|made|carried out|performed|attempted|conducted|undertaken|collected|recorded|part)"
    r"|\b(?:did not|have not|not) (?:examine|measure|study|test|investigate|assess|follow) (?:the )?(?:\w+ ){0,2}?(?:stability|ag(?:e?ing))\b"
)
# "Shelf: not encapsulated, dark, glovebox, 25 °C."
_TITLED = re.compile(
    r"\W*(?:\(?\w{1,3}\)\s|\d[\d.]*\s)?(?:[\w/–-]+ ){0,4}?(?:[\w-]*stabilit(?:y|ies)|ag(?:e?ing)|shelf|shelf[- ]life|storage|durability|lifetimes?|heat|damp[- ]heat|(?:light )?soaking|mppt?(?: tracking)?)"
    r"(?: (?:tests?|data|measurements?|evaluations?|assessments?|stud(?:y|ies)|results?))?(?: of (?:the )?(?:[\w-]+ ){0,2}(?:cells|devices|modules|tandems|pscs))?(?: ?\([^)]{0,40}\))?:"
)


def names_test(words: str) -> bool:
    """Whether lower-cased words speak of an ageing test by name."""
    named = any(sign in words for sign in _TEST_SIGNS) and bool(_TEST_NAMES.search(words))
    return named or is_titled(words)


def is_titled(words: str) -> bool:
    """Whether lower-cased words begin with the name of a test and a colon."""
    return ":" in words[:80] and bool(_TITLED.match(words))


_TESTED = re.compile(_STABILITY_TESTED)


def tests_stability(words: str) -> bool:
    """Whether lower-cased words say that a stability was tested, without saying of what."""
    return any(sign in words for sign in ("stabilit", "ageing", "aging")) and bool(
        _TESTED.search(words)
    )
