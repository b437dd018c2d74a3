"""The headings by which the experimental section of a whole paper is found.

A line is a heading by its words alone: marks of publishers and of Markdown, numbers, capitals and odd
blanks around them do not count ("■ EXPERIMENTAL SECTION", "2 | METHODS", "**Methods**").
"""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

SHORTEST_SECTION = 300
_LONGEST_HEADING = 120
_LONGEST_RUN_IN = 80

# What stands around the words of a heading.
_MARKS = r"■●▪◆◼◾▶►•#*_|§⬛"
_BEFORE = re.compile(
    rf"^[\s{_MARKS}]*(?:(?:section|chapter|part)\s+)?"
    rf"(?:(?:S?\d{{1,2}}(?:[.-]\d{{1,2}})*|[IVX]{{1,5}}|[A-H])(?:[.):|]+|(?=\s))[\s{_MARKS}–—-]*)?[\s{_MARKS}]*"
)
_BEHIND = re.compile(rf"[\s{_MARKS}:.]+$")
_SPACED_LETTERS = re.compile(r"(?:\w ){3,}\w(?:  (?:\w ){2,}\w)*")
# "Experimental. The FTO …", "Methods: Glass …", "**Experimental Section**. Films …"
_RUN_IN = re.compile(
    rf"^(?P<heading>(?:[\d.]{{1,6}}[ \t|]+)?[^\n.:]{{4,{_LONGEST_RUN_IN}}}?)[*_]{{0,3}}(?:[.:][*_]{{0,3}}| ?[–—])\s+(?=[\"“(\[]?[A-Z0-9])"
)

_AND = r"(?:\s?(?:and|&|/|,|\+|-)\s?)"
_WAYS = (
    r"(?:sections?|parts?|methods?|methodology|methodologies|details?|procedures?|protocols?|work|set-?up|design"
    r"|techniques?|materials?|information|processes|process|approach|studies|study|model)"
)
_STUDIED = (
    r"(?:characteri[sz]ations?|measurements?|computational|theoretical|numerical|simulations?|calculations?"
    r"|fabrications?|synthesis|preparations?|instruments?|instrumentation|devices?|films?|samples?|testing"
    r"|analysis|reagents|chemicals|experiments?|experimental)"
)
_THING = (
    r"(?:(?:perovskite|planar|inverted|flexible|tandem|thin[- ]film|full|complete|small-area|large-area"
    r"|photovoltaic|pv|solar|n-i-p|p-i-n)\s)*"
    r"(?:devices?|(?:solar )?cells?|pscs?|films?|modules?|minimodules?|samples?|layers?|electrodes?|perovskites?|photovoltaics)"
)
_MAKING = (
    r"(?:fabrication|preparation|assembly|manufactur(?:e|ing)|construction|processing|making|deposition)"
    r"(?: (?:methods?|process|procedures?|details?|protocol))?"
)
_SECTION = re.compile(
    rf"(?:experimentals?|experiments?|experiment\(s\)"
    rf"|experimental(?:{_AND}|\s)(?:{_WAYS}|{_STUDIED})(?:(?:{_AND}|\s)(?:{_WAYS}|{_STUDIED}))*"
    rf"|(?:star|online|extended|supplementary|supporting|supplemental|general|detailed|full|additional)?[\s★⋆*]*methods?"
    rf"|methodology|methods? (?:details?|summary)|details? of (?:the )?(?:experiments?|methods?)"
    rf"|methods?{_AND}(?:{_WAYS}|{_STUDIED})(?:(?:{_AND}|\s)(?:{_WAYS}|{_STUDIED}))*"
    rf"|materials?{_AND}+(?:(?:{_WAYS}|{_STUDIED})(?:{_AND}+|\s|$))+)",
    re.IGNORECASE,
)
# Headings of its parts, which tell where no heading of the whole does.
_PART_OF_SECTION = re.compile(
    rf"{_THING}(?:{_AND}{_THING})? {_MAKING}(?:{_AND}+(?:{_WAYS}|{_STUDIED}))*|{_THING} making",
    re.IGNORECASE,
)
# "Fabrication of the cells"; a broken line may look so, too.
_MAKING_OF = re.compile(
    rf"(?:{_MAKING})(?:{_AND}+(?:{_STUDIED}))? of (?!.*\b(?:was|were|is|are|has|have|shows?|leads?)\b)[^.:;]{{3,90}}",
    re.IGNORECASE,
)
_NEXT_SECTION = re.compile(
    r"(?:(?:main |key )?results?(?: (?:and|&|/) ?(?:discussions?|analysis))?|results?(?:/|, )(?: ?and )?discussions?"
    r"|discussions?(?: (?:and|&) (?:conclusions?|outlook|results?))?|general discussion"
    r"|conclusions?(?: (?:and|&) (?:\w+ ?){1,3}| remarks)?|concluding remarks|final remarks"
    r"|summary(?: (?:and|&) (?:\w+ ?){1,3})?|outlook|perspectives?|future (?:work|perspectives?)"
    r"|acknowledge?ments?(?: (?:and|&) (?:\w+ ?){1,3})?"
    r"|references?(?: (?:and|&) notes?| cited)?|notes?(?: (?:and|&) references?)?|bibliography"
    r"|literature(?: cited| references)?|cited (?:literature|references)|further reading|footnotes?|endnotes?"
    r"|(?:electronic )?(?:supporting|supplementary|supplemental) (?:information|materials?|data|files?|notes?)"
    r"(?: (?:available|statement|\(esi\)).{0,20})?|appendix(?: [a-z0-9]\b.*)?|appendices"
    r"|associated content|author(?:s['’]?|['’]s)? (?:information|contributions?|details)(?: statement)?"
    r"|authors?|contributions?(?: of authors)?|corresponding authors?"
    r"|credit (?:author(?:ship)? )?(?:contributions? )?(?:statement|roles)|credit(?: author(?:ship)? contributions?)?"
    r"|declarations?(?: of (?:competing|conflict(?:ing)?(?: of)?)?\s?(?:financial )?interests?(?: statement)?)?"
    r"|(?:statement of |disclosure of )?(?:potential )?(?:competing|conflicts? of|conflicting)(?: financial)? interests?(?: statement)?"
    r"|disclosures?(?: statement)?|ethics (?:declarations?|statement|approval.*)|interest statement"
    r"|(?:data|code|materials?)(?:(?: and |/| & |, )(?:data|code|software|materials?))* (?:availability|accessibility|access)(?: statement)?"
    r"|availability of (?:data|code)(?: and materials?)?|(?:resource|lead contact and materials) availability"
    r"|funding(?: (?:sources?|information|statement))?|financial support|additional information"
    r"|supplement(?:ary|al) figures?|figure (?:captions?|legends?)|extended data(?: fig.*)?|online content"
    r"|keywords?|abbreviations|nomenclature|(?:nature research )?reporting summary|orcid(?: ids?)?"
    r"|peer[- ]review(?: information)?|publisher['’]s note|rights and permissions|about (?:this article|the authors?)"
    r"|abstract|introduction|background|graphical abstract|table of contents(?: (?:graphic|entry))?|toc(?: graphic)?"
    r"|article history|open access|how to cite(?: this article)?|cite this)",
    re.IGNORECASE,
)
# A reference: "[12] A. Author, …, 2019", "12. Author A. …"
_REFERENCE = re.compile(r"^\W{0,2}\d{1,3}[\]).]{0,2}\s+\(?[A-Z*“\"].{15,}\b(?:19|20)\d\d\b")
_FEWEST_REFERENCES, _MOST_REFERENCES = 5, 0.7


# The beginnings of all of these headings, by which most lines are seen at once to be none.
_FIRST_WORDS = re.compile(
    r"(?:experiment|method|details?|material|star|online|extended|supp|general|full|additional|perovsk|planar|inverted"
    r"|flexible|tandem|thin|complete|small|large|photovolt|pv|solar|n-i-p|p-i-n|device|cell|psc|film|module|minimod"
    r"|sample|layer|electrode|fabricat|prepar|assembl|manufact|construct|process|making|deposit|main|key|result|discuss"
    r"|conclu|final|summary|outlook|perspect|future|acknow|reference|note|bibliog|literat|cited|cite|further|footnote"
    r"|endnote|electronic|append|associat|author|contrib|correspond|credit|declar|statement|disclos|potential|compet"
    r"|conflict|ethic|interest|data|code|availab|resource|lead|fund|financial|figure|keyword|abbrev|nomen|nature"
    r"|reporting|orcid|peer|publisher|right|about|abstract|intro|background|graphic|table|toc|article|open|how)",
    re.IGNORECASE,
)


def heading_words(line: str) -> str:
    """The words of a line without what may stand around a heading's."""
    line = line.strip()
    # "… by standard\nmethods." is the end of a sentence.
    if len(line) > 2 * _LONGEST_HEADING or line[:1].islower():
        return ""
    if _SPACED_LETTERS.fullmatch(line):
        line = re.sub(r"(?<=\w) (?=\w)", "", line)
    words = _BEHIND.sub("", _BEFORE.sub("", line, count=1))
    words = re.sub(r"\s+", " ", words)
    return "" if len(words) > _LONGEST_HEADING or not _FIRST_WORDS.match(words) else words


def is_section_heading(line: str) -> bool:
    """Whether a line is the heading of an experimental section."""
    return bool(_SECTION.fullmatch(heading_words(line)))


def is_part_heading(line: str) -> bool:
    """Whether a line is the heading of a part of one: "Device fabrication"."""
    words = heading_words(line)
    return bool(_PART_OF_SECTION.fullmatch(words) or _MAKING_OF.fullmatch(words))


def is_end_heading(line: str) -> bool:
    """Whether a line is the heading of what follows an experimental section, or comes before it."""
    return bool(_NEXT_SECTION.fullmatch(heading_words(line)))


@lru_cache(maxsize=1 << 10)  # each line is asked for with the one before and the one behind it
def is_heading(line: str) -> bool:
    """Whether a line is one of these headings and nothing more, in whatever lines it stands."""
    words = heading_words(line)
    return any(own.fullmatch(words) for own in (_SECTION, _PART_OF_SECTION, _NEXT_SECTION))


def run_in_heading(line: str) -> str | None:
    """The heading at the beginning of a paragraph: "Experimental. The FTO …"."""
    match = None if line[:1].islower() else _RUN_IN.match(line)
    heading = match["heading"] if match else ""
    # "Supplementary Information. The devices …": what it holds goes on there.
    if not heading or heading_words(heading).lower().startswith("supp"):
        return None
    return heading if is_heading(heading) or is_part_heading(heading) else None


def experimental_sections(text: str) -> list[tuple[int, int]]:
    """Start and end of each experimental section in a whole paper, in their order.

    From a heading to the next one that ends it. Headings of parts ("Device fabrication") count only
    where no heading of a whole section does; of these the longest. Shorter than 300 characters is none.
    """
    lines = list(_headings(text))
    sections = _sections(lines, text, is_section_heading)
    if sections:
        return sections
    parts = _sections(lines, text, is_part_heading)
    return [max(parts, key=lambda part: part[1] - part[0])] if parts else []


def experimental_section(text: str) -> tuple[int, int] | None:
    """The longest of `experimental_sections`; None where no heading tells."""
    sections = experimental_sections(text)
    return max(sections, key=lambda own: own[1] - own[0], default=None)


def _headings(text: str) -> Iterator[tuple[int, str]]:
    """Start and words of the lines that are headings, run-in ones included."""
    start = 0
    for line in text.split("\n"):
        is_whole = is_heading(line) or is_part_heading(line)
        heading = line if is_whole else run_in_heading(line)
        if heading:
            yield start, heading
        start += len(line) + 1


def _sections(
    lines: list[tuple[int, str]], text: str, begins: Callable[[str], bool]
) -> list[tuple[int, int]]:
    """The sections that `begins` tells the heading of, each up to the next end; none within another."""
    found, here = [], 0
    for number, (start, heading) in enumerate(lines):
        if start < here or not begins(heading):
            continue
        ends = (own for own, following in lines[number + 1 :] if is_end_heading(following))
        end = next(ends, len(text))
        if end - start >= SHORTEST_SECTION:
            found.append((start, end))
            here = end
    return found


def is_bibliography(text: str) -> bool:
    """Whether a text is a list of references and hardly anything else."""
    lines = [line for line in text.split("\n") if line.strip()]
    n_references = sum(bool(_REFERENCE.match(line.strip())) for line in lines)
    return n_references >= _FEWEST_REFERENCES and n_references > _MOST_REFERENCES * len(lines)
