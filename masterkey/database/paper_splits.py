"""Train, validation and test papers, each decided by a hash of its own DOI.

A paper's place depends on its DOI, the fractions and the seed alone: it is the same in SII and in MDP
files, and a later snapshot of a database, with more papers, leaves it where it was. So the
fractions are met on average, not exactly. Test papers fill the range of the hash from below,
validation papers from above, so that changing one fraction leaves the other's papers alone.
(`masterkey/rows/splits.py` cuts an exact number of rows out of one file instead.)
"""

import hashlib
import re
from dataclasses import dataclass

from masterkey.schema.fields import is_reported
from masterkey.scripting.command_line import UserError

SPLITS = ("train", "validation", "test")
_PREFIX = re.compile(r"(?:https?://)?(?:www\.)?(?:dx\.)?doi\.org/|doi:?(?=10\.)")
_NO_DOI = frozenset({"none", "na", "n/a", "-", "--", "nan;nan"})


def paper_key(doi: str) -> str:
    """A DOI in the form that is compared: lower case, no blanks, no `https://doi.org/` or `doi:`.

    "" where there is none. Text that is no DOI is kept: rows that share it stay together.
    """
    key = "".join(doi.lower().split())
    while match := _PREFIX.match(key):
        key = key[match.end() :]
    key = key.rstrip("./;,")
    return key if is_reported(key) and key not in _NO_DOI else ""


@dataclass(frozen=True)
class PaperSplit:
    """Shares of the papers, each 0 to 1, together below 1; the rest is for training."""

    validation: float
    test: float
    seed: int = 0

    def __post_init__(self):
        for name in ("validation", "test"):
            if not 0 <= getattr(self, name) < 1:
                raise UserError(
                    f"--{name}_fraction {getattr(self, name)}: give a share from 0 to below 1."
                )
        if self.validation + self.test >= 1:
            raise UserError(
                f"--validation_fraction {self.validation} and --test_fraction {self.test} leave "
                "nothing to train on; together they must stay below 1."
            )

    def of(self, paper: str) -> str:
        """ "train", "validation" or "test", for the key of a paper."""
        digest = hashlib.sha256(f"{self.seed}/{paper}".encode()).digest()
        place = int.from_bytes(digest[:6], "big") / 2**48  # below 1, without rounding
        if place < self.test:
            return "test"
        return "validation" if place >= 1 - self.validation else "train"
