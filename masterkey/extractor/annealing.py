"""Heat treatments in a text: temperature, time and what stands around them."""

import re
from dataclasses import dataclass

from masterkey.extractor.cues import STEP_KINDS
from masterkey.extractor.mentions import Reading
from masterkey.extractor.reading import Quantity
from masterkey.extractor.stems import Stemmed
from masterkey.extractor.words import Words

# What may be annealed, and how; the first 16 are looked for behind the event, too.
_WORDS = (
    "perovskite", "pbi", "mapb", "ch3nh3", "mai", "fai", "precursor", "crystal", "film", "anneal",
    "hot plate|hotplate", "heat", "dried|dry", "bak", "sinter|calcin", "pedot", "tio2|titan|tiox",
    "sno2|tin oxide|sncl", "zno|zinc", "nio|nickel", "ptaa|p3ht|spiro|htm", "pcbm|c60|fulleren",
    "substrate|glass", "stir|dissol", "solution", "toluene|chlorobenzene|ether|antisolvent|drop",
    "spin|rpm", "oven|vacuum", "paste|mesoporous", "compact|blocking", "ticl4",
    "synthes|reflux|reaction|wash|recryst", "powder", "dmf|dmso|gbl", "ipa|isopropanol|propanol",
    "immers|dip", "glove|n2|nitrogen", "ambient|air|humid", "chamber|stage|stabil|aging|aged",
    "each|different|various|vari", "then|subsequent|follow|finally", "preheat|pre-heat|kept|maintain",
    "solvent", "substrates were|substrate was", "overnight",
)  # fmt: skip
_PATTERNS = tuple(map(Stemmed, _WORDS))
_BEHIND, _IN_SENTENCE = _PATTERNS[:16], _PATTERNS[:6]
_HEATED = re.compile(r"anneal|heat|bak|dried|hot ?plate")
_TOPICS = ("perovskite", "deposition", "solution", "cleaning", "HTL", "ETL", "spin")

# In characters. A time mostly follows its temperature.
_WINDOW_BEFORE, _WINDOW_AFTER, _NO_MATCH = 150, 70, 200.0
_FARTHEST, _FARTHEST_GAP, _FARTHEST_BLINK = 160, 90.0, 30.0
_BACKWARDS, _BACKWARDS_START = 1.5, 8.0
_BLINK = 0.1  # minutes; shorter times belong to spin coating
_FAR_SENTENCES = -50.0


@dataclass
class Event:
    """A temperature [°C] with the duration [min] next to it, or a duration near "anneal" alone.

    `features` describe it; `temperature_score` and `time_score` are the probabilities that its
    temperature, its time are among the perovskite's.
    """

    temperature: float | None
    time: float | None
    start: int
    end: int
    features: list[float]
    temperature_score: float = 0.0
    time_score: float = 0.0


def events(reading: Reading) -> list[Event]:
    """All heat treatments of a text, in its order."""
    found = [_event(reading, quantity) for quantity in reading.paper.temperatures]
    found += _lone_durations(reading, found)
    found.sort(key=lambda event: event.start)
    for n, event in enumerate(found):
        event.features = _features(reading, event, n, len(found))
    return found


def _event(reading: Reading, temperature: Quantity) -> Event:
    time = _time_of(reading, temperature)
    end = temperature.end if time is None else max(temperature.end, time.end)
    return Event(temperature.value, time.value if time else None, temperature.start, end, [])


def _time_of(reading: Reading, temperature: Quantity) -> Quantity | None:
    """The nearest duration of the same sentence."""
    paper = reading.paper
    sentence = paper.sentence_of(temperature.start)
    best, smallest = None, _FARTHEST_GAP
    for duration in paper.durations:
        if abs(duration.start - temperature.start) > _FARTHEST:
            continue
        if duration.start > temperature.start:
            gap = float(duration.start - temperature.end)
        else:
            gap = (temperature.start - duration.end) * _BACKWARDS + _BACKWARDS_START
        too_short = duration.value < _BLINK and gap > _FARTHEST_BLINK
        if gap < smallest and not too_short and paper.sentence_of(duration.start) == sentence:
            best, smallest = duration, gap
    return best


def _lone_durations(reading: Reading, found: list[Event]) -> list[Event]:
    lone = []
    for duration in reading.paper.durations:
        if any(event.start - 60 <= duration.start <= event.end for event in found):
            continue
        if _HEATED.search(reading.paper.lower[max(duration.start - 90, 0) : duration.end + 40]):
            lone.append(Event(None, duration.value, duration.start, duration.end, []))
    return lone


def _features(reading: Reading, event: Event, n: int, total: int) -> list[float]:
    paper = reading.paper
    before = Words(paper.lower[max(event.start - _WINDOW_BEFORE, 0) : event.start])
    after = Words(paper.lower[event.end : event.end + _WINDOW_AFTER])
    sentence = paper.sentence_of(event.start)
    anchor = reading.perovskite_sentence
    return [
        -1.0 if event.temperature is None else event.temperature,
        -1.0 if event.time is None else event.time,
        event.start / len(paper.lower),
        n,
        total - n,
        sentence - anchor if anchor >= 0 else _FAR_SENTENCES,
        *(topic in reading.cues[sentence] for topic in _TOPICS),
        *(_since(reading.step_sentences[kind], sentence) for kind in STEP_KINDS),
        *[_distance_back(pattern, before) for pattern in _PATTERNS],
        *[pattern.stands_in(after) for pattern in _BEHIND],
        *[pattern.stands_in(paper.sentences[sentence]) for pattern in _IN_SENTENCE],
    ]


def _since(sentences: list[int], sentence: int) -> float:
    return float(sentence - sentences[-1]) if sentences else _FAR_SENTENCES


def _distance_back(pattern: Stemmed, before: Words) -> float:
    """Characters back to the last match."""
    if not before.bits & pattern.bits:
        return _NO_MATCH
    last = None
    for last in pattern.finditer(before):  # noqa: B007 (the last one is wanted)
        pass
    return _NO_MATCH if last is None else float(len(before) - last.end())


def best_by_value(found: list[Event], quantity: str) -> dict[float, tuple[float, int]]:
    """Each temperature or time → (its best score, number of that event); `quantity` names which."""
    best: dict[float, tuple[float, int]] = {}
    for n, event in enumerate(found):
        value, score = getattr(event, quantity), getattr(event, f"{quantity}_score")
        if value is not None and score > best.get(value, (-1.0, 0))[0]:
            best[value] = (score, n)
    return best
