"""What is in the transport layers, with the words and the cell, target or control, that each is told of."""

from dataclasses import dataclass, field

UNDOPED = "Undoped"


@dataclass(frozen=True)
class AdditiveReading:
    """`name` is in `layer`, by the words at `span`; `role`: of the "control" or "target" cell, "" where not said.

    `source`: "text", or "deduced" where only the list of chemicals names it.
    """

    layer: str
    name: str
    span: tuple[int, int]
    role: str = ""
    source: str = "text"


@dataclass(frozen=True)
class LayerAdditives:
    """Readings in the order of the text."""

    readings: list[AdditiveReading] = field(default_factory=list)

    def of(self, layer: str, role: str = "target") -> list[AdditiveReading]:
        """Of a layer of the target or the control, each name once; `Undoped` only where there is no other.

        What is said of the other cell counts only where nothing else is said of the layer.
        """
        other = "target" if role == "control" else "control"
        own = [reading for reading in self.readings if reading.layer == layer]
        own = [reading for reading in own if reading.role != other] or own
        named = {reading.name: reading for reading in reversed(own)}
        if len(named) > 1:
            named.pop(UNDOPED, None)
        return list(named.values())[::-1]

    @property
    def names(self) -> dict[str, list[str]]:
        """Layer → names in the target."""
        return {layer: [r.name for r in self.of(layer)] for layer in self._layers}

    @property
    def others(self) -> dict[str, list[str]]:
        """Layer → names in the devices beside the target."""
        return {layer: [r.name for r in self.of(layer, "control")] for layer in self._layers}

    @property
    def spans(self) -> dict[str, list[tuple[int, int]]]:
        """Layer → places of the target's."""
        return {layer: [r.span for r in self.of(layer)] for layer in self._layers}

    @property
    def _layers(self) -> list[str]:
        return list(dict.fromkeys(reading.layer for reading in self.readings))

    def is_deduced(self, layer: str) -> bool:
        """Whether no recipe names the layer's additives, only the list of chemicals."""
        return any(reading.source == "deduced" for reading in self.of(layer))
