"""Lines that were broken to fit a printed page, as paragraphs of one line again.

A PDF's text has besides what the page has beside the text: running heads, page numbers, the letters
and numbers of figures. Where that is plain it goes; paragraphs and headings keep their lines.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from masterkey.rows.edited_text import Edit
from masterkey.rows.listed_lines import members_of_lists
from masterkey.rows.section_headings import is_heading, run_in_heading

LONGEST_PRINTED_LINE = 200
_FEWEST_LINES = 3
_FEWEST_REPEATS = 3  # of a line, to be a running head
_FEWEST_LINES_OF_A_PAGE = 15
_LONGEST_FIGURE = 40  # lines
_FEWEST_LABELS = 4  # of a figure's axes, in a row
_PROSE_LINES = 3  # in a row, which end a figure
_PROSE_OF_WIDTH = 0.8
_WHOLE_OF_WIDTH = 0.7
_ROOM_OF_WIDTH = 0.95  # a sentence ends a paragraph where the next word would have had room
_HEADING_OF_WIDTH = 0.6

_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)?")
# The hyphen before the word makes it a part of a name: "4-tert-\nbutylpyridine".
_LAST_WORD = re.compile(r"(-?)\b([^\W_]{1,60})[-\u2010\u00ad]$")
_SHORTEST_WORD = 3
_FIRST_WORD = re.compile(r"[^\W_]{1,60}")
_BROKEN_WORD = re.compile(r"[^\W_]{1,60}[-\u2010\u00ad][ \t]*\n[ \t]*[^\W_]{1,60}")
_HYPHENS = "-\u2010\u00ad"
# What PDFium's two ways to give a page's text leave of a hyphen at a line's end, and of the line break
# (findings/pdf-hyphens-and-exponents.sh).
_PDFIUM_HYPHEN = re.compile("[\ufffe\x02]\\s*")
_LONGEST_WORD = 60
# What keeps its hyphen though the text has the word nowhere else, unless a mere ending follows.
_FIRST_PARTS = frozenset(
    "spin spray blade slot drop two one three four five six self non low high hot post thin well "
    "room anti light vacuum heat wide long short solution open hole electron half large small single "
    "double multi screen roll doctor flash steady near cross lead water oxygen state solid mixed "
    "triple free round field tapping atomic time charge current photocurrent laser energy weight "
    "drift ortho meta para tert sec mm cm nm".split()
)
_ENDINGS = frozenset(
    "ly ing ed er ers ity ness ized ised ization isation ened ning ner ping ped pers ter est s y al "
    "ally ified ial ous eous able ible ment ments tion tions sion ize ise ful less ward wards".split()
)
# These are syllables as well: "as-\\nsembled", "so-\\nlution".
_SHORT_PARTS = frozenset("so as in all bar out dip gas air ink ice ion tin".split())
_BEHIND_SHORT_PARTS = frozenset(
    "prepared deposited received cast grown synthesized synthesised fabricated situ plane line house "
    "gel coating coated drying dried quenching processed stable bath cold exchange oxide".split()
)
# No syllables at a line's end, unlike "In" and "Co".
_ELEMENTS = frozenset("Si He Pt Ni Pb Sn Ti Cs Ar Ag Au Cu Al Zn Mg Mo Br Cl Nd Xe".split())
_LAST_PARTS = frozenset(
    "coated coating based type free doped like situ circuit cast casting selective induced assisted "
    "treated annealed processed dimensional state step steps layer nip in to transport transporting "
    "blocking rich poor deposited grown containing cation halide resolved controlled stage square "
    "off on up out bis tris butyl quality performance efficiency temperature pressure vacuum thick".split()
)
# Nothing but numbers, units and single letters: an axis, a panel's letter, a page number.
_LABEL = re.compile(
    r"(?:[-–−+]?[0-9][0-9.,]*%?|[A-Za-z]\)?|\([a-z]\)|[-–|•])(?:\s+[-–−+]?[0-9.]+%?)*"
)
_PAGE_NUMBER = re.compile(r"(?:-\s*)?(?:S-?)?[0-9]{1,5}(?:\s*-)?")
# No subscript that was left alone in its line.
_LONG_PAGE_NUMBER = re.compile(r"S-?[0-9]{1,4}|[0-9]{3,5}")
_RUNNING_HEAD = re.compile(
    r"(?:(?:.{0,60}\b)?page\s+[0-9]{1,4} of [0-9]{1,4}\b.{0,60}"
    r"|(?:https?://|www\.|doi:|doi 10\.|issn\b).{0,120}"
    r"|(?:downloaded (?:from|on|by|via)|published on [0-9]|published online|view (?:article )?online"
    r"|accepted manuscript|this journal is|article online|view journal).{0,150}"
    r"|.{1,50} accepted manuscript|(?:©|\(c\) ?(?:19|20)[0-9]{2}|copyright ©).{0,150}"
    # "SCIENCE INVENTIONS | RESEARCH ARTICLE", "Sample et al., Sci. Invent. 8, eabx0000 (2022) 6 April 2022", "7 of 10"
    r"|(?-i:[A-Z][A-Z &,:-]{3,60}\| ?[A-Z][A-Z &,:-]{3,60})|[0-9]{1,4} of [0-9]{1,4}"
    # "Adv. Invented Mater. 2018, 1803155      1803155 (7 of 9)", "2214480 (8 of 11) © 2023 The Authors"
    r"|(?:.{0,90}\b)?[0-9]{4,9}\w{0,3} \([0-9]{1,3} of [0-9]{1,3}\)(?:\s.{0,100})?"
    r"|(?-i:[A-Z][\w’'-]{1,20} et al\.,? [A-Z].{3,60}\((?:19|20)[0-9]{2}\)(?: [0-9]{1,2} [A-Z][a-z]{2,8} (?:19|20)[0-9]{2})?)"
    r"|(?-i:(?:[0-9]{1,5} +)?[A-Z][A-Z &,:-]{3,60}(?:\|.{0,40})?\(?(?:19|20)[0-9]{2}\).{0,50})"
    r"|(?-i:(?:[0-9]{1,5} +)?(?:[A-Z][A-Za-z]{0,9}\.,? ){2,5}(?:[A-Z],? )?\(?(?:19|20)[0-9]{2}[),].{0,50})"
    # "Invented Energy Lett. 2022, 7, 3315-3323", "Solar Inventions 31 (2021) 220-229"
    r"|(?-i:[A-Z][\w.]*(?: (?:[A-Z][\w.]*|of|and|in|for|&)){0,7},? (?:[0-9]{1,4},? )?\(?(?:19|20)[0-9]{2}\)?,?(?: ?[0-9A-Z()]{1,9}[,:]?){0,2} ?[0-9A-Z]{1,8}(?: ?[–−-] ?[0-9A-Z]{1,8})?)"
    r"|(?:[a-z0-9-]{1,40}\.){1,4}(?:org|com|net|edu|example|ac\.uk)(?:/\S*)?"
    # The kind of article, alone or at the other end of the journal's name.
    r"|(?-i:(?:\S.{2,60}\s{3,})?(?:(?:Research|Review|Original|Full) )?(?:Article|Letter|Communication|Paper|ARTICLE|LETTER|COMMUNICATION|PAPER|RESEARCH ARTICLE))"
    r"|(?-i:(?:Article|Paper|Letter|Communication) +[A-Z][\w.]*(?: (?:[A-Z][\w.]*|of|and|in|for|&)){1,7})"
    r"|.{0,90}\bthis journal is ©.{0,100}|(?-i:(?=.*\b(?:19|20)[0-9]{2}\b)(?:[0-9]{1,5} ?\| ?[A-Z][^|]{3,80}|[A-Z][^|]{3,80} ?\| ?[0-9]{1,5}))"
    r"|(?-i:(?:[0-9]{1,5} +)?(?:[A-Z]\. ?){1,3}[A-Z][\w-]{1,20}(?:,? (?:and )?(?:[A-Z]\. ?){1,3}[A-Z][\w-]{1,20})? et al\.?(?: +[0-9]{1,5})?))",
    re.IGNORECASE,
)
# Not a line of a table, nor a sentence.
_MAY_REPEAT = re.compile(r"[^.;]{4,90}|.{4,90}[^.;]")
_CAPTION = re.compile(r"(?:fig(?:ure)?\.?|table|scheme)\s*S?[0-9]+[a-z]?\b", re.IGNORECASE)
_ENDS_SENTENCE = re.compile(r"[.!?:][\"'”’)\]]*$|[.!?][0-9,–-]{1,8}$")
_STARTS_PARAGRAPH = re.compile(r"[A-Z0-9(\[“\"•#*-]")
_HEADING = re.compile(r"(?:#+ |\*\*)?(?:[0-9]+(?:\.[0-9]+)*\.?\s+|[IVX]+\.\s+)?[A-Z]")
_TITLE_OF_ONE = re.compile(r"[A-Z][a-z]{2,20}(?: [\w-]+){0,5}")
_MOST_WORDS_OF_A_TITLE = 9
_WORD_OF_TITLE = re.compile(r"(?:[0-9.]+ )?[A-Z][a-z]{3,}(?: [\w&,/:()–-]+)*$")
_GOES_ON = re.compile(
    r"(?:[,;–-]|\b(?:of|and|or|the|with|in|at|for|to|by|from|a|an|was|were|is|on|as|then))$"
)


@dataclass
class _Line:
    """A line without the blanks around it: where it stands, and whether it is beside the text."""

    start: int
    end: int
    text: str
    dropped: bool = False


def pdfium_hyphens(text: str) -> Iterator[Edit]:
    """Edits for the characters that stand for a hyphen and a line break: "de\\ufffeposited"."""
    if "\ufffe" not in text and "\x02" not in text:
        return
    words = _Words(_PDFIUM_HYPHEN.sub("-\n", text))
    for match in _PDFIUM_HYPHEN.finditer(text):
        before = text[max(match.start() - _LONGEST_WORD, 0) : match.start()]
        behind = text[match.end() : match.end() + _LONGEST_WORD]
        hyphen = words.hyphen(f"{before}-", behind) if before and behind else ""
        yield *match.span(), "-" if hyphen is None else hyphen


def joined_lines(text: str, *, has_heads: bool = True) -> Iterator[Edit]:
    """Edits that unwrap a text; none where its lines are paragraphs, as in all published inputs.

    Without `has_heads`, lines that repeat are the text's own.
    """
    if not is_wrapped(text):
        return
    lines = _lines(text)
    width = sorted(len(line.text) for line in lines if line.text)
    width = width[int(0.9 * (len(width) - 1))]
    _drop_heads(lines, _repeated_heads(lines) if has_heads else set(), width)
    _drop_figures(lines, width)
    _drop_tables(lines, width)
    kept = [line for line in lines if line.text and not line.dropped]
    if not kept:
        return
    words = _Words(text)
    starts_paragraph = True
    titles = {kept[n].start for n in range(1, len(kept) - 1) if _is_title(*kept[n - 1 : n + 2], width)}  # fmt: skip
    listed = {kept[n].start for n in members_of_lists([line.text for line in kept])}
    for line, following in pairwise(kept):
        gap = text[line.end : following.start]
        ends = _ends_paragraph(line, following, gap, width, starts_paragraph)
        ends = ends or not titles.isdisjoint((line.start, following.start))
        ends = ends or following.start in listed
        starts_paragraph = ends
        if ends:
            joint = "\n\n" if re.search(r"\n[ \t]*\n", gap) else "\n"
            yield line.end, following.start, joint
        elif (
            line.text[-1] in _HYPHENS
            and (hyphen := words.hyphen(line.text, following.text)) is not None
        ):
            yield line.end - 1, following.start, hyphen
        else:
            yield line.end, following.start, " "
    if any(line.dropped for line in lines[lines.index(kept[-1]) :]):
        yield kept[-1].end, len(text), "\n"


def is_wrapped(text: str) -> bool:
    """Whether the lines of a text are those of a page, not paragraphs."""
    lengths = [len(line) for line in text.split("\n") if line.strip()]
    n_long = sum(length > LONGEST_PRINTED_LINE for length in lengths)
    return len(lengths) >= _FEWEST_LINES and n_long <= len(lengths) // 20


def _lines(text: str) -> list[_Line]:
    lines, start = [], 0
    for line in text.split("\n"):
        stripped = line.strip()
        begin = start + len(line) - len(line.lstrip()) if stripped else start
        lines.append(_Line(begin, begin + len(stripped), stripped))
        start += len(line) + 1
    return lines


def _ends_paragraph(
    line: _Line, following: _Line, gap: str, width: int, starts_paragraph: bool
) -> bool:
    """Whether `following` begins a new line; `starts_paragraph` says it of `line` itself."""
    if is_heading(line.text) or is_heading(following.text) or run_in_heading(following.text):
        return True
    is_page_break = bool(gap.strip())
    may_go_on = following.text[0].islower() or is_page_break
    if (
        is_page_break
        and starts_paragraph
        and _TITLE_OF_ONE.fullmatch(line.text)
        and following.text[0].isupper()
    ):
        return True
    if re.search(r"\n[ \t]*\n", gap):
        return not (may_go_on and not _ENDS_SENTENCE.search(line.text))
    if not _STARTS_PARAGRAPH.match(following.text):
        return False
    if following.text.startswith("# ") or re.match(r"#{1,6} |\*\*", following.text):
        return True
    if _ENDS_SENTENCE.search(line.text):
        next_word = following.text.partition(" ")[0]
        return len(line.text) + 1 + len(next_word) < _ROOM_OF_WIDTH * width
    is_short = len(line.text) < max(_HEADING_OF_WIDTH * width, 1)
    looks_like_one = (
        starts_paragraph and _HEADING.match(line.text) and not _GOES_ON.search(line.text)
    )
    return bool(looks_like_one and is_short)


def _is_title(before: _Line, line: _Line, after: _Line, width: int) -> bool:
    """Whether a short line without a full stop stands between a sentence's end and the beginning of another."""
    return (
        len(line.text) < _HEADING_OF_WIDTH * width
        and len(line.text.split()) <= _MOST_WORDS_OF_A_TITLE
        and bool(_HEADING.match(line.text) and _ENDS_SENTENCE.search(before.text))
        and not (_GOES_ON.search(line.text) or _ENDS_SENTENCE.search(line.text))
        and bool(_WORD_OF_TITLE.match(line.text) and _STARTS_PARAGRAPH.match(after.text))
    )


def _drop_heads(lines: list[_Line], heads: set[str], width: int) -> None:
    """Mark `heads` and what looks like one, and page numbers that stand beside them or alone."""
    for line in lines:
        line.dropped = len(line.text) <= LONGEST_PRINTED_LINE and bool(
            _without_numbers(line.text) in heads or _RUNNING_HEAD.fullmatch(line.text)
        )
    for n, line in enumerate(lines):
        around = [*lines[max(n - 1, 0) : n], *lines[n + 1 : n + 2]]
        if _PAGE_NUMBER.fullmatch(line.text) and all(o.dropped or not o.text for o in around):
            line.dropped = True
        elif _LONG_PAGE_NUMBER.fullmatch(line.text):
            line.dropped = any(o.dropped for o in around) or _parts_sentence(lines, n, width)


def _parts_sentence(lines: list[_Line], n: int, width: int) -> bool:
    """Whether line `n` stands behind a whole line whose sentence goes on."""
    before = next((line for line in lines[n - 1 :: -1] if not line.dropped), None) if n else None
    if before is None or _ENDS_SENTENCE.search(before.text):
        return False
    return len(before.text) >= _WHOLE_OF_WIDTH * width


def _repeated_heads(lines: list[_Line]) -> set[str]:
    """Lines that stand on every page, but for their numbers, and never near to each other."""
    places: dict[str, list[int]] = defaultdict(list)
    for n, line in enumerate(lines):
        if _MAY_REPEAT.fullmatch(line.text):
            places[_without_numbers(line.text)].append(n)
    return {
        text
        for text, own in places.items()
        if len(own) >= _FEWEST_REPEATS
        and min(b - a for a, b in pairwise(own)) >= _FEWEST_LINES_OF_A_PAGE
    }


def _without_numbers(line: str) -> str:
    return re.sub(r"[0-9]+", "0", line)


def _drop_figures(lines: list[_Line], width: int) -> None:
    """Mark the letters and numbers of figures, with their captions where they part a sentence."""
    n = 0
    while n < len(lines):
        last = n
        while last < len(lines) and _LABEL.fullmatch(lines[last].text):
            last += 1
        if last - n >= _FEWEST_LABELS:
            before = next((line for line in lines[n - 1 :: -1] if line.text), None) if n else None
            if before and not _ENDS_SENTENCE.search(before.text):
                last = _figure_end(lines, last, width)
            for line in lines[n:last]:
                line.dropped = True
        n = max(last, n + 1)


def _drop_tables(lines: list[_Line], width: int) -> None:
    """Mark what stands with its caption in the midst of a sentence: "… on a hotplate / Table 2. … / at 45 °C for …"."""
    told = [n for n, line in enumerate(lines) if line.text and not line.dropped]
    for place, n in enumerate(told[:-1]):
        line, captioned = lines[n], lines[told[place + 1]]
        is_parted = len(line.text) >= _WHOLE_OF_WIDTH * width and not _ENDS_SENTENCE.search(line.text)  # fmt: skip
        # "… is shown in / Figure 3. The …" has nothing between the lines.
        if not is_parted or told[place + 1] == n + 1 or not _CAPTION.match(captioned.text):
            continue
        rest = told[place + 2 : place + 2 + _LONGEST_FIGURE]
        end = next((m for m in rest if _goes_on(lines[m], width)), None)
        if end is not None:
            for dropped in lines[n + 1 : end]:
                dropped.dropped = True


def _goes_on(line: _Line, width: int) -> bool:
    return line.text[0].islower() and len(line.text) >= _WHOLE_OF_WIDTH * width


def _figure_end(lines: list[_Line], n: int, width: int) -> int:
    """The line behind a figure whose axes end before line `n`."""
    end, prose = n, 0
    for m in range(n, min(n + _LONGEST_FIGURE, len(lines))):
        line = lines[m]
        is_caption = bool(_CAPTION.match(line.text))
        if line.dropped or is_caption or _LABEL.fullmatch(line.text):
            end, prose = m + 1, 0
        elif len(line.text) > _PROSE_OF_WIDTH * width:
            prose += 1
        if prose >= _PROSE_LINES:
            break
    return end


class _Words:
    """The words of a text, by which a hyphen at the end of a line is told from one in a name."""

    def __init__(self, text: str):
        whole = _BROKEN_WORD.sub(" ", text.lower())
        self._words = frozenset(_WORD.findall(whole))
        self._hyphenated = frozenset(word.partition("-")[0] for word in self._words if "-" in word)

    def hyphen(self, line: str, following: str) -> str | None:
        """What stands for the hyphen that ends `line`; None where it is between no words."""
        before, after = _LAST_WORD.search(line), _FIRST_WORD.match(following)
        if not before or not after:
            return None
        name, first, second = before[1], before[2], after[0]
        if line[-1] == "\N{SOFT HYPHEN}":
            return ""
        joined, kept = f"{first}{second}".lower(), f"{first}-{second}".lower()
        if not name and (joined in self._words or kept in self._words):
            return "-" if kept in self._words else ""
        is_name = (
            name
            or not joined.isalpha()
            or second[0].isupper()
            or len(first) == 1
            or first in _ELEMENTS
            or not first[1:].islower()
            or _is_compound(first.lower(), second.lower(), self._hyphenated)
        )
        return "-" if is_name or self._has_both(first, second) else ""

    def _has_both(self, *parts: str) -> bool:
        """Whether the text has both as words of their own: "round-\\nbottom", not "deposi-\\ntion"."""
        return all(len(part) >= _SHORTEST_WORD and part.lower() in self._words for part in parts)


def _is_compound(first: str, second: str, hyphenated: frozenset[str]) -> bool:
    if first in _SHORT_PARTS:
        return second in _BEHIND_SHORT_PARTS
    if second in _ENDINGS:
        return False
    return first in hyphenated or first in _FIRST_PARTS or second in _LAST_PARTS
