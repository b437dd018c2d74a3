"""Figures: their colours, and how they are written.

Okabe–Ito colours are told apart with any colour vision. Plots use shape or hatching beside them.
"""

from pathlib import Path

from masterkey.scripting.files import atomic_write

BLUE, ORANGE, GREEN = "#0072B2", "#E69F00", "#009E73"
VERMILION, SKY, PURPLE = "#D55E00", "#56B4E9", "#CC79A7"
BLACK, GREY = "#000000", "#999999"


def write_figure(figure, path: str | Path) -> list[Path]:
    """Write `path` + .png and .svg; the same figure gives the same bytes."""
    import matplotlib

    paths = [Path(f"{path}.png"), Path(f"{path}.svg")]
    with matplotlib.rc_context({"svg.hashsalt": "masterkey"}):
        for file_path in paths:
            metadata = {"Date": None} if file_path.suffix == ".svg" else {}
            with atomic_write(file_path, "wb") as file:
                figure.savefig(file, format=file_path.suffix[1:], dpi=150, metadata=metadata)
    return paths
