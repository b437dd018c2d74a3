"""Where a paper names a material, and what stands around it: evidence for a layer, additive, solvent."""

from collections.abc import Iterable
from functools import cached_property

from masterkey.extractor import new_names
from masterkey.extractor.cues import (
    FORMS,
    PEROVSKITE_LAYER,
    PRECURSOR,
    VERBS,
    paper_cues,
    sentence_cues,
    step_sentences,
)
from masterkey.extractor.lexicon import SPELLINGS, base, spellings, squash
from masterkey.extractor.process.devices.device import read_device
from masterkey.extractor.process.text.document import Document
from masterkey.extractor.process.text.findings import Finding
from masterkey.extractor.process.text.recent import recent_signs
from masterkey.extractor.reading import Gazetteer, Paper, Span, nearest

FARTHEST = 300.0  # characters
_FARTHEST_FORM = 60.0
_COUNTED_CUES = (
    "ETL",
    "HTL",
    "contact",
    "additive",
    "purchase",
    "cleaning",
    "solution",
    "perovskite",
)
_NONE_COUNTED = (0,) * len(_COUNTED_CUES)
_CIRCUMSTANCES = frozenset((*VERBS, "ETL", "HTL", "contact"))
_SUBSTRATES = ("ito", "fto", "glass", "tco", "pet", "pen")


class Reader:
    """Reads papers against one gazetteer: the spellings of the lexicon and of the training names."""

    def __init__(self, names: Iterable[str]):
        self.names = sorted(set(names) | set(SPELLINGS))
        self.spellings = {name: spellings(name) for name in self.names}
        for name in self.names:
            self.spellings.setdefault(base(name), spellings(base(name)))
        self.names_by_spelling: dict[str, list[str]] = {}
        for name, spelled in self.spellings.items():
            for spelling in spelled:
                self.names_by_spelling.setdefault(spelling, []).append(name)
        self.lexicon = frozenset().union(*map(spellings, SPELLINGS))
        self.gazetteer = Gazetteer(set().union(*self.spellings.values()))

    def read(self, text: str) -> "Reading":
        document = Document(text)
        return Reading(Paper(text), self, document)

    def read_whole(self, text: str) -> "Reading":
        """As `read`, with what takes long read at once, in the process that is asked to."""
        reading = self.read(text)
        _ = reading.pseudo_text, reading.paper_cues
        return reading


class Reading:
    """A paper with the places of every name that its reader knows, and of names that look new."""

    def __init__(self, paper: Paper, reader: Reader, document: Document):
        self.paper, self.reader, self.document = paper, reader, document
        self.findings: dict[str, Finding] = read_device(document)
        self.signs = recent_signs(document.lower)
        self.mentions = paper.mentions(reader.gazetteer)
        self.cues = sentence_cues(paper.sentences)
        self._places = self._spelled_places()
        self._all_places: dict[str, list[Span]] = {}
        self._sides: dict[str, tuple[float, float]] = {}
        self._features: dict[str, list[float]] = {}
        self._distances: dict[tuple[str, str], float] = {}

    def __getstate__(self) -> dict:
        """What another process gets, which knows the reader."""
        return {**self.__dict__, "reader": None}

    # --- names -----------------------------------------------------------------------------------

    def _spelled_places(self) -> dict[str, list[Span]]:
        """Places of the names that the reader knows and that stand in the text."""
        found: dict[str, list[Span]] = {}
        for spelling, places in self.mentions.items():
            for name in self.reader.names_by_spelling[spelling]:
                found.setdefault(name, []).extend(places)
        return {name: _longest(places) for name, places in found.items()}

    @cached_property
    def _new_places(self) -> dict[str, list[Span]]:
        # Measured against the lexicon alone: to a training paper, names that only its own answer has
        # must look as new as they would if it were a new paper.
        return new_names.new_names(self.paper, self.reader.lexicon)

    @cached_property
    def new_names(self) -> dict[str, list[str]]:
        """Names that are not in the lexicon, by the cue "ETL", "HTL" or "additive"."""
        layers = [layer for layers, _, _ in self.stacks for layer in layers]
        return new_names.by_cue(self._new_places, self.paper, self.cues, layers)

    def places(self, name: str) -> list[Span]:
        """Places of all spellings of a name, in order."""
        if name not in self._places:
            spelled = () if name in self.reader.spellings else spellings(name)
            found = [place for word in spelled for place in self.mentions.get(word, ())]
            self._places[name] = _longest(found or self._new_places.get(name, ()))
        return self._places[name]

    @cached_property
    def named(self) -> frozenset[str]:
        """The names that have places: of the reader's own, and new ones."""
        spelled = (name for name, places in self._places.items() if places)
        return frozenset((*spelled, *self._new_places))

    def all_places(self, name: str) -> list[Span]:
        """As `places`, with those of the material without its form ("TiO2" for "TiO2-mp")."""
        if base(name) == name:
            return self.places(name)
        if name not in self._all_places:
            self._all_places[name] = sorted({*self.places(name), *self.places(base(name))})
        return self._all_places[name]

    def distance(self, name: str, other: str) -> float:
        """Smallest number of characters between two names, up to `FARTHEST`."""
        key = (name, other)
        if key not in self._distances:
            own = [start for start, _ in self.places(name) or self.places(base(name))]
            self._distances[key] = nearest(
                own, [start for start, _ in self.places(other)], FARTHEST
            )
        return self._distances[key]

    # --- the paper as a whole --------------------------------------------------------------------

    @cached_property
    def paper_cues(self) -> list[float]:
        """Counts of `cues.PAPER_CUES`, and numbers of sentences of each of `STEP_KINDS`."""
        steps = [float(len(places)) for places in self.step_sentences.values()]
        return paper_cues(self.paper.lower) + steps

    @cached_property
    def step_sentences(self) -> dict[str, list[int]]:
        """Numbers of the sentences of each of `STEP_KINDS`."""
        return step_sentences(self.paper.sentences, self.cues)

    @cached_property
    def perovskite_sentence(self) -> int:
        """The first sentence that deposits the perovskite; -1 where none does."""
        for n, cues in enumerate(self.cues):
            if (
                {"perovskite", "deposition"} <= cues
                and not cues & {"purchase", "cleaning"}
                and cues & VERBS.keys()
            ):
                return n
        return -1

    @cached_property
    def _precursors(self) -> list[int]:
        return [match.start() for match in PRECURSOR.finditer(self.paper.lower)]

    @cached_property
    def _form_words(self) -> dict[str, list[int]]:
        text = self.paper.lower
        return {form: [m.start() for m in cue.finditer(text)] for form, cue in FORMS.items()}

    # --- written device stacks -------------------------------------------------------------------

    @cached_property
    def stacks(self) -> list[tuple[list[str], int, int]]:
        """(layers, place of the perovskite, +1 or -1 for the reading direction) of written stacks."""
        found = []
        for layers in self.paper.stacks:
            lower = [layer.lower() for layer in layers]
            middle = [n for n, layer in enumerate(lower) if PEROVSKITE_LAYER.search(layer)]
            if not middle:
                continue
            bottom = [n for n, layer in enumerate(lower) if any(s in layer for s in _SUBSTRATES)]
            forward = -1 if bottom and bottom[0] > middle[0] else 1
            found.append((layers, middle[0], forward))
        return found

    @cached_property
    def _squashed_stacks(self) -> list[tuple[list[str], int, int]]:
        return [(list(map(squash, layers)), *rest) for layers, *rest in self.stacks]

    def side(self, name: str) -> tuple[float, float]:
        """(side of the perovskite, mean place from it) in written stacks; (0, 0) where in none."""
        if not self._squashed_stacks:
            return 0.0, 0.0
        if name not in self._sides:
            self._sides[name] = self._side(name)
        return self._sides[name]

    def _side(self, name: str) -> tuple[float, float]:
        spelled = self.reader.spellings.get(name) or spellings(name)
        spelled = spelled | self.reader.spellings.get(base(name), set())
        found = [
            forward * (n - middle)
            for layers, middle, forward in self._squashed_stacks
            for n, layer in enumerate(layers)
            if layer in spelled
        ]
        if not found:
            return 0.0, 0.0
        mean = sum(found) / len(found)
        return (1.0 if mean > 0 else -1.0), mean

    # --- features --------------------------------------------------------------------------------

    def features(self, name: str) -> list[float]:
        """Numbers on how, where and how often the paper speaks of a name."""
        if name not in self._features:
            self._features[name] = self._name_features(name)
        return self._features[name]

    def _name_features(self, name: str) -> list[float]:
        places, length = self.all_places(name), max(len(self.paper.plain), 1)
        starts = [start for start, _ in places]
        sentence_of_each = list(map(self.paper.sentence_of, starts))
        sentences = sorted(set(sentence_of_each))
        cues = [self.cues[n] for n in sentences]
        in_use = [
            start
            for start, n in zip(starts, sentence_of_each, strict=True)
            if "purchase" not in self.cues[n]
        ]
        return [
            len(self.places(name)),
            len(self.places(base(name))),
            len(sentences),
            starts[0] / length if starts else -1.0,
            starts[-1] / length if starts else -1.0,
            *self._deposition_features(sentences, cues),
            *map(sum, zip(_NONE_COUNTED, *(self._counted_cues[n] for n in sentences), strict=True)),
            *self._form_features(name, starts),
            sum({"solution", "perovskite"} <= own and "purchase" not in own for own in cues),
            all("purchase" in own for own in cues),
            nearest(in_use, self._precursors, FARTHEST),
            *self.side(name),
        ]

    @cached_property
    def _counted_cues(self) -> list[tuple[bool, ...]]:
        """For each sentence which of `_COUNTED_CUES` it has."""
        return [tuple([cue in own for cue in _COUNTED_CUES]) for own in self.cues]

    def _deposition_features(self, sentences: list[int], cues: list[frozenset[str]]) -> list[float]:
        """How the sentences that deposit a name stand to the one that deposits the perovskite."""
        anchor = self.perovskite_sentence
        deposited = [
            n
            for n, own in zip(sentences, cues, strict=True)
            if "deposition" in own and "purchase" not in own
        ]
        return [
            len(deposited),
            deposited[0] - anchor if deposited else 0.0,
            deposited[-1] - anchor if deposited else 0.0,
            sum(n < anchor for n in deposited),
            sum(n > anchor for n in deposited),
            anchor in deposited,
            *(
                any(verb in self.cues[n] for n in deposited)
                for verb in ("spin", "evaporate", "spray")
            ),
        ]

    def _form_features(self, name: str, starts: list[int]) -> list[float]:
        """Which form the name has, and how near its words and those of other forms stand."""
        own = name.rsplit("-", 1)[-1] if base(name) != name else ""
        distances = {
            form: nearest(starts, places, _FARTHEST_FORM)
            for form, places in self._form_words.items()
        }
        return [
            list(FORMS).index(own) + 1 if own in FORMS else 0,
            distances.get(own, _FARTHEST_FORM),
            min(distance for form, distance in distances.items() if form != own),
            distances["np"],
            distances["mp"],
        ]

    @cached_property
    def pseudo_text(self) -> str:
        """What the paper names, when and how, as words: "TiO2-c TiO2-c@before TiO2-c@spray …"."""
        words: list[str] = []
        for name in sorted(self.named.intersection(self.reader.names)):
            label = name.replace(" ", "_")
            words += [label, *(f"{label}@{cue}" for cue in sorted(self._circumstances(name)))]
        for layers, middle, forward in self._squashed_stacks:
            for n, layer in enumerate(layers):
                if n != middle:
                    side = "after" if forward * (n - middle) > 0 else "before"
                    words.append(f"{layer}@{side}stack")
        return " ".join(words)

    def _circumstances(self, name: str) -> set[str]:
        """Before or after the perovskite, by which verb, as what: of the sentences that deposit it."""
        found: set[str] = set()
        for n in {self.paper.sentence_of(start) for start, _ in self.places(name)}:
            cues = self.cues[n]
            if "deposition" in cues and "purchase" not in cues:
                anchor = self.perovskite_sentence
                found.add("before" if n < anchor else "after" if n > anchor else "at")
                found |= cues & _CIRCUMSTANCES
        return found


def _longest(places: Iterable[Span]) -> list[Span]:
    """Of spellings that begin alike ("spiro", "spiro-OMeTAD") the longest, in order."""
    return list(dict(sorted(places)).items())
