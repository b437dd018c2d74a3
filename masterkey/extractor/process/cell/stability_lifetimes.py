"""Lifetimes of cells in an ageing test: "T80 was 300 h for the control and 900 h for the target" (issue 14)."""

import re
from dataclasses import replace

from masterkey.extractor.process.cell import stability_terms as terms
from masterkey.extractor.process.cell.stability_records import Test

_LIFETIME_SIGNS = ("t5", "t6", "t7", "t8", "t9", "t_")
_OF_ANOTHER_LIFE = re.compile(
    r" ?(?:\((?:the )?|(?:for|in|of) (?:the )?)(?:controls?|references?|pristine|untreated)\)?(?: [\w-]+){0,2},? (?:and|versus|vs\.?|compared (?:with|to)) (?P<n>[\d,.]+) ?(?P<unit>hours?|h|days?|weeks?|months?)\b"
)


def read_lifetimes(test: Test, words: str, reading) -> None:
    """Add what was left at the end of each lifetime; `reading` makes a Reading of a value."""
    lives = any(sign in words for sign in _LIFETIME_SIGNS)
    for match in terms.LIFETIME.finditer(words) if lives else ():
        share = float(match["percent"])
        one = reading(share, *match.span(), _hours(match))
        other = _OF_ANOTHER_LIFE.match(words, match.end())
        if other:
            test.outcomes.append(reading(share, *other.span("n"), _hours(other)))
            one = replace(one, control=True)
        test.outcomes.append(one)


def _hours(match: re.Match) -> float:
    return float(match["n"].replace(",", "")) * terms.HOURS[match["unit"][0]]
