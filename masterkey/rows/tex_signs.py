"""What the commands of LaTeX stand for in plain text, as far as papers on solar cells use them."""

SIGNS = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "varepsilon": "ε",
    "zeta": "ζ", "eta": "η", "theta": "θ", "kappa": "κ", "lambda": "λ", "mu": "µ", "nu": "ν",
    "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "phi": "φ", "varphi": "φ", "chi": "χ",
    "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ",
    "Sigma": "Σ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω", "upmu": "µ", "textmu": "µ",
    "textohm": "Ω", "ohm": "Ω", "circ": "°", "degree": "°", "textdegree": "°", "celsius": "°C",
    "degreeCelsius": "°C", "textcelsius": "°C", "AA": "Å", "angstrom": "Å", "prime": "'",
    "times": "×", "cdot": "·", "bullet": "•", "pm": "±", "mp": "∓", "sim": "~", "simeq": "≈",
    "approx": "≈", "cong": "≅", "leq": "≤", "le": "≤", "leqslant": "≤", "geq": "≥", "ge": "≥",
    "geqslant": "≥", "neq": "≠", "ne": "≠", "lt": "<", "gt": ">", "ll": "≪", "gg": "≫",
    "equiv": "≡", "propto": "∝", "infty": "∞", "rightarrow": "→", "to": "→", "longrightarrow": "→",
    "leftarrow": "←", "dots": "…", "ldots": "…", "cdots": "…", "textendash": "–", "textemdash": "—",
    "textbackslash": "\\", "textasciitilde": "~", "textquoteright": "'", "textregistered": "®",
    "texttrademark": "™", "copyright": "©", "ss": "ß", "o": "ø", "square": "□", "Box": "□",
    "mid": "|", "vert": "|", "lbrack": "[", "rbrack": "]", "langle": "⟨", "rangle": "⟩",
    "partial": "∂", "sum": "∑", "int": "∫", "par": "\n\n", "newline": "\n", "item": "- ",
    "quad": " ", "qquad": " ", "space": " ", "nobreakspace": " ", "thinspace": " ",
    # units of siunitx
    "minute": "min", "hour": "h", "second": "s", "meter": "m", "metre": "m", "centi": "c",
    "milli": "m", "micro": "µ", "nano": "n", "kilo": "k", "liter": "L", "litre": "L", "gram": "g",
    "molar": "M", "percent": "%", "volt": "V", "ampere": "A", "watt": "W", "squared": "2",
    "per": "/", "micrometer": "µm", "nanometer": "nm", "um": "µm", "nm": "nm",
    "mm": "mm", "cm": "cm", "uL": "µL", "mL": "mL", "mg": "mg", "kelvin": "K",
    "rpm": "rpm", "pascal": "Pa", "mega": "M", "mol": "mol", "mole": "mol", "mA": "mA",
    "mV": "mV", "mW": "mW", "kW": "kW", "mM": "mM", "ug": "µg", "ml": "ml", "ul": "µl", "hertz": "Hz",
    "electronvolt": "eV",
}  # fmt: skip
# Of siunitx, before the unit that they belong to.
PREFIXES = frozenset("centi milli micro nano kilo mega".split())
# With blanks around them in print, which maths does not write.
SPACED = frozenset("× ± ≈ → ≤ ≥ ≠ ∓".split())
# A command of one character behind the backslash.
ESCAPES = {",": " ", ";": " ", ":": " ", " ": " ", "!": "", "/": "", "@": "", "\\": "\n"}
# Their argument is nothing to read.
UNREAD = frozenset(
    "cite citep citet citenum ref eqref label includegraphics begin end bibliography pageref tag "
    "hspace vspace footnotemark documentclass usepackage color".split()
)
# Their argument is text like that around it.
WRAPPERS = frozenset(
    "text textrm textit textbf textsf texttt textnormal mathrm mathit mathbf mathsf mathtt mathcal "
    "mathbb mathregular boldsymbol bm mbox hbox fbox emph underline overline operatorname rm it bf "
    "cal left right big Big bigg Bigg bigl bigr ensuremath ce chem SI si qty num unit uline bar hat "
    "tilde vec dot displaystyle textstyle scriptstyle mathop mathord mathbin limits nolimits frac "
    "dfrac tfrac sqrt mathring ring hphantom phantom textsuperscript textsubscript overset underset "
    "stackrel section subsection subsubsection paragraph chapter title caption textcolor ang "
    "SIrange qtyrange numrange".split()
)
KEEPS_BLANKS = frozenset("text textrm mbox hbox textnormal textit textbf".split())
RAISING = frozenset(("^", "textsuperscript"))
FRACTIONS = frozenset(("frac", "dfrac", "tfrac"))
WITH_UNIT = frozenset(("SI", "qty"))
RANGES = frozenset(("SIrange", "qtyrange", "numrange"))
HEADINGS = frozenset("section subsection subsubsection paragraph chapter title caption".split())
UNITS = frozenset(
    "nm mm cm m km µm µl µL µg µM mg g kg ml mL l L min mins minutes h hr hrs hours s sec seconds "
    "ms rpm M mM mol mmol V mV eV meV A mA µA W mW kW Pa kPa MPa mbar bar Torr mTorr Hz kHz MHz K "
    "wt vol at sccm ppm Ω Å sq sun suns days".split()
)
