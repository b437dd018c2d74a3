"""The figure of root verbs (inner ring) and their direct objects (outer ring)."""

import math

from masterkey.scripting.figures import BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILION

PALETTE = (BLUE, ORANGE, GREEN, VERMILION, SKY, PURPLE)
INNER, MIDDLE, OUTER, LABELS = 0.3, 0.78, 1.0, 1.1  # radii
SIZE = 10.0  # inches
REACH = 1.58  # the axes span ±REACH
DATA_PER_INCH = 2 * REACH / SIZE
VERB_POINTS, OBJECT_POINTS = 10.5, 8.5
POINTS_PER_INCH = 72

# A wedge of more than half a turn holds its text upright below the centre.
BELOW = {"ha": "center", "va": "center", "fontsize": OBJECT_POINTS}

Shown = list[tuple[str, list[tuple[str, int]]]]


def sunburst_figure(shown: Shown, caption: str):
    """A figure of [(verb, [(object, count), …]), …], clockwise from the top in the order given.

    A verb's angle is the sum of its counts. A verb without objects is given as [("", count)].
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(SIZE, SIZE + 0.7), layout="none")
    axes = figure.add_axes((0.0, 0.065, 1.0, 0.935))
    axes.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), aspect="equal")
    axes.set_axis_off()
    total = sum(count for _, objects in shown for _, count in objects)
    labels, turn = [], 0.0
    for number, (verb, objects) in enumerate(shown):
        colour = colour_of(number, len(shown))
        span = sum(count for _, count in objects) / total
        draw_wedge(axes, (INNER, MIDDLE), turn, span, colour)
        fits = draw_verb(axes, verb, turn, span, colour)
        for object, count in objects:
            share = count / total
            if object:
                draw_wedge(axes, (MIDDLE, OUTER), turn, share, colour, tint=0.45)
                text = f"{object} {count:,}" if fits else f"{verb}: {object} {count:,}"
                if share > 0.5:
                    axes.text(*position(0.5, (MIDDLE + OUTER) / 2), text, **BELOW)
                else:
                    labels.append((turn + share / 2, text))
            turn += share
    draw_labels(axes, labels)
    figure.text(0.5, 0.02, caption, ha="center", va="bottom", fontsize=9, linespacing=1.5)
    return figure


def colour_of(number: int, of: int) -> str:
    """A colour that differs from both neighbours', the first one's included for the last."""
    last_meets_first = number == of - 1 > 0 and number % len(PALETTE) == 0
    return GREY if last_meets_first else PALETTE[number % len(PALETTE)]


def draw_wedge(axes, radii, turn: float, share: float, colour: str, tint: float = 0.0) -> None:
    """A part of a ring; `turn` and `share` in turns, clockwise from the top; `tint` towards white."""
    from matplotlib.colors import to_rgb
    from matplotlib.patches import Wedge

    inner, outer = radii
    colour = tuple(value + (1 - value) * tint for value in to_rgb(colour))
    start, end = 90 - 360 * (turn + share), 90 - 360 * turn
    edge = {"edgecolor": "white", "linewidth": 1.0 if share < 1 else 0}
    axes.add_patch(Wedge((0, 0), outer, start, end, width=outer - inner, facecolor=colour, **edge))


def draw_verb(axes, verb: str, turn: float, share: float, colour: str) -> bool:
    """The verb along its wedge, or across a wedge that is nearly the whole ring.

    False where the wedge is too thin for it.
    """
    middle = turn + share / 2
    radius = (INNER + MIDDLE) / 2
    if share > 0.5:
        middle, rotation = 0.5, 0.0  # below the centre, upright
    else:
        rotation = upright(90 - 360 * middle)
    height = VERB_POINTS / POINTS_PER_INCH * DATA_PER_INCH
    if 2 * math.pi * radius * share < 1.1 * height:
        return False
    length = 0.62 * len(verb) * height
    points = (
        VERB_POINTS * min(1.0, (MIDDLE - INNER) * 0.95 / length) if share <= 0.5 else VERB_POINTS
    )
    x, y = position(middle, radius)
    style = {"rotation": rotation, "ha": "center", "va": "center", "rotation_mode": "anchor"}
    axes.text(x, y, verb, fontsize=points, color=ink_on(colour), **style)
    return True


def draw_labels(axes, labels: list[tuple[float, str]]) -> None:
    """The objects around the ring, moved apart where their wedges are thin, each with a line."""
    height = 1.12 * OBJECT_POINTS / POINTS_PER_INCH * DATA_PER_INCH
    places = spread([turn for turn, _ in labels], height / (2 * math.pi * LABELS))
    for (turn, text), place in zip(labels, places, strict=True):
        near, far = position(turn, OUTER), position(place, LABELS)
        axes.plot(*zip(near, far, strict=True), color=GREY, lw=0.6, solid_capstyle="butt")
        angle = 90 - 360 * place
        right = math.cos(math.radians(angle)) >= 0
        x, y = position(place, LABELS + 0.01)
        style = {"rotation": upright(angle), "rotation_mode": "anchor", "va": "center"}
        axes.text(x, y, text, fontsize=OBJECT_POINTS, ha="left" if right else "right", **style)


def spread(turns: list[float], gap: float) -> list[float]:
    """Rising `turns` in [0, 1), moved as little as possible so that neighbours are `gap` apart.

    Least squares by pooling adjacent violators; the circle is cut open where it is emptiest. Where
    it has no room for such gaps, all are 1/n apart.
    """
    n = len(turns)
    if n < 2:
        return list(turns)
    gap = min(gap, 1 / n)
    emptiness = [(turns[i] - turns[i - 1]) % 1.0 for i in range(n)]  # before label i
    first = emptiness.index(max(emptiness))
    cut = turns[first] - emptiness[first] / 2
    opened = [(turns[(first + i) % n] - cut) % 1.0 for i in range(n)]
    blocks: list[tuple[float, int]] = []  # mean of turn − i·gap, size
    for i, turn in enumerate(opened):
        mean, size = turn - i * gap, 1
        while blocks and blocks[-1][0] > mean:
            before, count = blocks.pop()
            mean, size = (before * count + mean * size) / (count + size), count + size
        blocks.append((mean, size))
    flat = [min(max(mean, 0.0), 1 - n * gap) for mean, size in blocks for _ in range(size)]
    moved = [(cut + mean + i * gap) % 1.0 for i, mean in enumerate(flat)]
    return moved[n - first :] + moved[: n - first]


def position(turn: float, radius: float) -> tuple[float, float]:
    """x, y of a point `turn` turns clockwise from the top."""
    return radius * math.sin(2 * math.pi * turn), radius * math.cos(2 * math.pi * turn)


def upright(angle: float) -> float:
    """The rotation in degrees with which text along `angle` is not upside down."""
    return angle if math.cos(math.radians(angle)) >= 0 else angle + 180


def ink_on(colour: str) -> str:
    """Black or white, whichever has the better contrast (WCAG relative luminance)."""
    from matplotlib.colors import to_rgb

    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in to_rgb(colour)]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "black" if (luminance + 0.05) / 0.05 >= 1.05 / (luminance + 0.05) else "white"
