"""Which papers of two files are the same: by their id, else by their DOI.

Programs name papers differently (a file's name, the name of PERLA's file, an archive's sample id); the DOI
is the same in all of them.
"""

from collections import defaultdict

_RESOLVERS = (
    "https://doi.org/",
    "http://doi.org/",
    "https://dx.doi.org/",
    "http://dx.doi.org/",
    "doi:",
)


def same_papers(papers: dict[str, str | None], others: dict[str, str | None]) -> dict[str, str]:
    """{id in `papers`: id in `others`} of the papers that both have; both arguments are {id: DOI or none}.

    Papers of one id are the same. Of the rest those are that alone have their DOI on either side: devices
    of one paper, which share it, are not told apart by it.
    """
    found = {id: id for id in papers if id in others}
    own, other = (_only_ones(side, found) for side in (papers, others))
    return found | {own[doi]: other[doi] for doi in own.keys() & other.keys()}


def _only_ones(papers: dict[str, str | None], found: dict[str, str]) -> dict[str, str]:
    """{DOI: id} of the DOIs that one paper has, and which is not found yet."""
    ids = defaultdict(list)
    for id, doi in papers.items():
        if doi := _bare(doi):
            ids[doi].append(id)
    return {doi: own[0] for doi, own in ids.items() if len(own) == 1 and own[0] not in found}


def _bare(doi) -> str:
    """A DOI in lower case without the address of a resolver; "" for none."""
    plain = str(doi or "").strip().lower()
    for resolver in _RESOLVERS:
        plain = plain.removeprefix(resolver)
    return plain.strip()
