"""Scores as Markdown tables that read well in a terminal, too."""


def markdown_table(header: list[str], rows: list[list[str]]) -> str:
    """An aligned Markdown table: the first column left, the others right."""
    from tabulate import tabulate

    align = ["left", *["right"] * (len(header) - 1)]
    # Figures are text already: tabulate would take the zeros off 0.70.
    return tabulate(rows, header, tablefmt="pipe", colalign=align, disable_numparse=True)


def number_text(value: float | None, decimals: int = 3, sign: str = "") -> str:
    """A score as text: "–" for none, never "-0.00", three digits and an exponent where it is huge."""
    if value is None:
        return "–"
    return f"{value:{sign}z.{decimals}f}" if abs(value) < 1e5 else f"{value:{sign}.2e}"


def with_interval(
    value: float | None, ends: list[float] | None, decimals: int = 3, sign: str = ""
) -> str:
    """A score with its interval, where it has one: `0.745 [0.734, 0.756]`."""
    text = number_text(value, decimals, sign)
    if value is None or ends is None:
        return text
    low, high = (number_text(end, decimals, sign) for end in ends)
    return f"{text} [{low}, {high}]"


def synthetic_mark(report: dict) -> str:
    """What every heading says of a score on synthetic rows; empty where there are none.

    `report` is the content of sii_scores.json or regression_scores.json.
    """
    n_synthetic, n = report["n_synthetic"], report["n"]
    if not n_synthetic:
        return ""
    return f" · SYNTHETIC DATA{'' if n_synthetic == n else f' ({n_synthetic} of {n} rows)'}"


def rows_text(report: dict, n: int) -> str:
    """How many rows were scored: "16 of 60" where the predictions lack some, else "60"."""
    n_expected = report.get("n_expected") or n
    return f"{n} of {n_expected}" if n < n_expected else str(n)
