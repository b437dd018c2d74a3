"""Confidence of each value of a server's answer, from the log-probabilities of its tokens.

As of an answer of this machine (`masterkey.predicting.decoding.decoder.Value`), it is the probability
of the whole value, what ends it included. Here names are written by the model, too, and take no part.
The probabilities are those of the whole vocabulary, without a constraint's rules, so a confidence is
at most the local one.
"""

import math
import re
from collections.abc import Sequence

from masterkey.rows.predictions import parse_answer
from masterkey.servers.logprobs import ScoredToken


def value_confidence(task: str, text: str, tokens: Sequence[ScoredToken]) -> dict[str, dict]:
    """{"confidence": {field: p}, "mean_logprob": {field: mean ln p of its tokens}}.

    `tokens` are those of the answer `text`, in order, perhaps with an EOS behind. Empty where they do
    not spell the text: some servers write characters that lie across tokens as "\ufffd".
    """
    places = _places(text, tokens)
    if places is None:
        return {}
    sums = {}
    for name, (start, end) in value_spans(task, text).items():
        own = [
            token.logprob
            for token, (begin, stop) in zip(tokens, places, strict=True)
            if begin < end and (stop > start or begin >= start)
        ]
        sums[name] = sum(own), max(1, len(own))
    if not sums:
        return {}
    return {
        "confidence": {name: round(min(1.0, math.exp(s)), 4) for name, (s, _) in sums.items()},
        "mean_logprob": {name: round(s / n, 4) for name, (s, n) in sums.items()},
    }


def value_spans(task: str, text: str) -> dict[str, tuple[int, float]]:
    """{field: (start, end)} in bytes of UTF-8: from behind the colon to the next field's line.

    The newline in front of the next name belongs to the value, as its end; the last value goes on to
    the end of the answer, EOS included (infinity).
    """
    names = "|".join(map(re.escape, parse_answer(task, text)))
    if not names:
        return {}
    lines = {}
    for line in re.finditer(rf"(?:^|\n)(?:[ \t]|<s>|JV[ _]default[ _])*({names})[ \t]*:", text):
        lines.setdefault(line[1], line)  # a field that is repeated counts once
    starts = sorted(line.start() for line in lines.values())
    spans = {}
    for name, line in lines.items():
        later = next((start + 1 for start in starts if start > line.start()), None)
        end = math.inf if later is None else len(text[:later].encode())
        spans[name] = len(text[: line.end()].encode()), end
    return spans


def _places(text: str, tokens: Sequence[ScoredToken]) -> list[tuple[int, int]] | None:
    """(begin, end) of each token in the bytes of `text`; None where the tokens do not spell it."""
    spelled = b"".join(token.content for token in tokens)
    offset = -spelled.find(text.encode())
    if offset > 0:
        return None
    places = []
    for token in tokens:
        places.append((offset, offset + len(token.content)))
        offset += len(token.content)
    return places
