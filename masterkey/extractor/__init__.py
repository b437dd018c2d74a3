"""An extractor that reads a paper's text field by field, on a CPU (docs/extractor.md).

For each SII field, candidate values are collected from the text, from papers of similar wording and
from the training answers; a learned ranker gives each a probability; the value of the largest
expected score is the answer.
"""

from masterkey.extractor.model import Extractor

__all__ = ["Extractor"]
