"""Devices in the spelling of what was learned from: "spiro-OMeTAD" is no new material where "Spiro-MeOTAD" is known."""

from masterkey.regressor.leave_outs import LAYERS
from masterkey.regressor.novelty import KnownRecipes

_BETWEEN_LAYERS = " | "


def in_known_spelling(
    device: dict[str, str], known: KnownRecipes
) -> tuple[dict[str, str], dict[str, str]]:
    """(the device with known names for layers that are only spelled otherwise, {given: known name}).

    Only a layer that no recipe has as it is spelled is respelled, by the extractor's list of spellings,
    and only into a name that a recipe has in that field.
    """
    unknown = known.unknown_names(device)
    respelled = {}
    for field in LAYERS:
        for name in unknown.get(field, ()):
            own = _database_name(name)
            if own and known.has(f"{field}={own}"):
                respelled[field, name] = own
    device = dict(device)
    for field in {field for field, _ in respelled}:
        layers = (" ".join(layer.split()) for layer in device[field].split(_BETWEEN_LAYERS))
        device[field] = _BETWEEN_LAYERS.join(
            respelled.get((field, layer), layer) for layer in layers
        )
    return device, {name: own for (_, name), own in respelled.items()}


def _database_name(layer: str) -> str | None:
    """The Perovskite Database's name of a layer; None where it is in no list."""
    # Half a second to import, which devices in the known spelling do not need.
    from masterkey.extractor.lexicon import squash
    from masterkey.extractor.process.text.materials import materials

    return materials().names.get(squash(layer))
