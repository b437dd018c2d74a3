"""What "the solution", "it", "the precursor" of a sentence is that names no layer itself (issue 14)."""

import re

from masterkey.extractor.process.layers.deposited_items import deposited_items
from masterkey.extractor.process.layers.items import (
    LEAD,
    OF_PEROVSKITE,
    ORGANIC,
    PEROVSKITE,
    items_of,
)
from masterkey.extractor.process.layers.layer import METALS
from masterkey.extractor.process.layers.topics import (
    OF_FILM,
    SUBSTRATES_COATED,
    SURFACE,
    particles_meant,
)
from masterkey.extractor.process.text.document import Document, Sentence

# "80 µL was spread on the substrate and spun at 4000 rpm": of whatever was told before.
_SPREAD = re.compile(
    r"\b(?:[µu]l|ml|microlit\w+|drops?) (?:was|were|is|are) (?:spread|dropped|pipetted|dispensed|placed|cast|spun|spin|delivered)"
    r"|\b(?:cast|drop|spread|dispense|pipette)\w* (?:about |ca\. )?\d+ ?(?:[µu]l|ml|microlit\w+)"
)
# "After spin-coating at 4000 rpm the samples …", "Spin-coating was done at …".
_NO_SUBJECT = re.compile(
    r"\W*(?:then |after |for |first )?[\d.]+ ?(?:s|sec|min)\b at [\d,]+ ?rpm|\W*\d[\d,]* ?(?:rpm|r\.p\.m)|\W*(?:then )?(?:spin(?:[- ]coat)?|spread|drip|blade(?:[- ]coat)?|slot-die coat|spray|dip|evaporate|sputter|deposit|coat|print)\b(?![- ](?:coated|coating|coater))"
    r"|\W*(?:we|i) (?:then )?(?:printed|spun|spin-coated|spin-cast|blade-coated|bladed|sprayed|slot-die[- ]coated|evaporated|coated) (?:at|with|in|for|over|twice|under)\b"
    r"|\W*(?:(?:after|upon|following|during|by) )?(?:the )?(?:static |dynamic |subsequent )?(?:(?:spin|blade|slot-die|dip|spray)[- ]?(?:coating|casting)|spinning|spreading)\b"
    r"|\W*(?:the )?(?:deposition|coating|casting|application)(?=\s?[:(]|\s(?:was|were|at|took)\b)"
    r"|\W*(?:then )?(?:(?:spin|blade|slot-die|dip|spray)[- ]?coated|sprayed|spun|bladed|screen-printed|evaporated|sputtered|deposited) (?:at|on|onto|over|by|with|through|from|in|for)\b"
)
_REFERS = re.compile(
    r"\b(?:solutions?|liquids?|inks?|pastes?|mixtures?|dispersions?|suspensions?|precursors?|colloids?|sols?|bath|it|they|both|this|resultants?|these(?= (?:was|were|are|is)\b)|films?|layers?|drops?|µl|blends?)\b"
)
# What a solution of organic salts is put on.
_ON_TEMPLATE = re.compile(
    r"\b(?:on(?:to)?|over|upon|covered?|to) (?:the |this |these )?(?:[\w-]+ )?(?:templates?|inorganic (?:films?|layers?|precursors?|scaffolds?)|(?:lead|metal)[ -](?:halide|salt|iodide)s? (?:films?|layers?|templates?)|halide (?:films?|layers?))\b"
)
# "the organic salts were spin-coated", "the cation solution": behind a film of the lead salt.
_SALTS = re.compile(
    r"\b(?:organic|ammonium|amine|amidinium|cation|organo-?ammonium)[ -](?:(?:halides?|iodides?|cations?|ammonium|amine|mixed) )*(?:salts?|solutions?|halides?|precursors?|mixtures?|inks?)\b"
)
# "XYZI in IPA (2 mg/mL, 4000 rpm) was spun on top": behind a film, no salt of its own.
_SALT_IN_ALCOHOL = re.compile(
    r"\W*(?:(?:then|next|finally|afterwards|subsequently),? )?(?:(?:an?|the|[\d.]+ ?(?:mg|mm|mmol|[µu]l)(?: ?/ ?ml| ml-1)?(?: of)?) )?(?:solutions? of )?[\w()'\[\],+-]{3,60}(?: [a-z]{3,20}(?:ide|ate))? (?:dissolved )?(?:in|from) (?:isopropanol|ipa|2-propanol|isopropyl alcohol|ethanol)\b"
)
_DOTS = re.compile(r"\bthe (?:quantum )?(?:dots|qds|nanocrystals|ncs)\b")
# "All the layers up to the contact were slot-die coated": of none alone.
_ALL_LAYERS = re.compile(
    r"\W*(?:all|most)(?: of)?(?: the| our| these)?(?: other| wet| functional| solution-processed| remaining)? layers\b"
)
# Beside a layer that is coated in the same sentence: no solvent of that layer.
_PLAIN_ANTISOLVENT = re.compile(
    r"anti-?solvent|\b\d[\d.]* ?(?:[µu]l|ml|microlit\w+) (?:of )?(?:anhydrous |dry )?(?:chlorobenzene|cb\b|diethyl ether|toluene|ethyl acetate|anisole|methyl acetate|chloroform|\w+ acetate)"
)
# "The spin-coating was done in two stages": of what was told last.
_THE_COATING = re.compile(
    r"\W*(?:the |this )(?:(?:spin|blade|slot-die|bar|spray)[- ]?coating|spinning|coating)(?: (?:process|procedure|program(?:me)?|step|recipe))? (?:was|were|is|consist\w*|compris\w*|involv\w*|went|had)\b"
)
_PRECURSOR = re.compile(r"\bthe (?:precursor|ink|solution)\b")


# "(ii) HTL: PTAA, 2 mg/mL in toluene. Method: spin coating, 3000 rpm. Heat: 100 °C": of what the entry before names.
_LABEL = re.compile(
    r"\W*(?:(?:coating|deposition|application|processing|layer) )?(?:methods?|process(?:ing)?|techniques?|procedures?|deposition|deposited by|coating|how|applied by)\s*[:=–—]"
)
_IN_STEPS = re.compile(
    r"\bstep|\b(?:first|second)\b|\bipa\b|propanol|\bethanol\b|\blead (?:salt|layer|film)\b"
)

# A metal is put down by these; else it is its salt that an ink is made of.
_IN_VACUUM = re.compile(r"evaporat|sputter|e-?beam|electron[- ]beam|vacuum|sublim|print|paint")


def _named_before(document: Document, sentence: Sentence) -> list[str]:
    """What the sentence before one deposits."""
    if not sentence.number:
        return []
    before = document.sentences[sentence.number - 1]
    items = deposited_items(document, before, items_of(document, before))
    names = list(dict.fromkeys(item.name for item in items))
    film = OF_PEROVSKITE.intersection(names)
    if not film:
        layers = [item.name for item in items if item.is_layer][:1]
        is_salt = METALS.issuperset(layers) and not _IN_VACUUM.search(document.words(sentence))
        return [] if is_salt else layers
    salts = film - {PEROVSKITE}
    if len(salts) == 1 and _IN_STEPS.search(document.words(before)):
        return list(salts)
    return [PEROVSKITE]


# "Ethylenediamine in toluene (0.05 vol%) was spin-coated": something of its own, and nothing told before.
_SURFACE_SOLVENT = r"(?:toluene|isopropanol|2-propanol|propan-2-ol|ipa|isopropyl alcohol|ethanol|methanol|chlorobenzene|chloroform|ethyl acetate|n?-?butanol|hexane|ether)"
_SUBSTANCE = re.compile(
    r"(?:^\W*|[,:;] |\bthen |\bof |\band )(?:an? |some )?(?P<name>[a-z][\w,'-]{3,40}(?: [a-z][\w-]{3,20}){0,2}) (?:\([^()]{1,40}\) )?"
    rf"(?:(?:\([^()]{{1,40}}\) )?(?:dissolved |dispersed )?in (?:anhydrous |dry )?{_SURFACE_SOLVENT}\b(?:[^.;]|\.\d){{0,60}}? |\([^()]{{1,40}} in (?:anhydrous )?{_SURFACE_SOLVENT}\) )"
    r"(?:was|were) (?:\w+ )?(?:spin|spun|coated|dropped|dripped|cast)"
)
# "An ethylenediamine solution was spin-coated on the cooled film"
_CHEMICAL_SOLUTION = re.compile(
    r"\b[a-z][\w,'-]{4,40}(?:amine|ammonium (?:iodide|bromide|chloride)|azine|thiol|urea|hydrochloride) solutions? (?:\([^()]{1,40}\) )?(?:was|were) (?:\w+ )?(?:spin|spun|coated|dropped|dripped|cast)"
)
_OF_THE_TEXT = re.compile(
    r"(?:solutions?|inks?|precursors?|mixtures?|dispersions?|colloids?|pastes?|sols?|suspensions?|salts?|halides?|cations?|iodides?|bromides?|powders?|materials?|layers?|films?|particles?|nanoparticles?|nanocrystals?|dots|substances?|molecules?|polymers?|compounds?|it|they|this|these|both|amounts?|blends?|antisolvents?)$"
)


def _is_of_own_substance(words: str) -> bool:
    """Whether a sentence coats what it names itself, by a name that no list has, in a solvent of surface treatments."""
    match = _SUBSTANCE.search(words) if " in " in words else None
    is_named = match is not None and not _OF_THE_TEXT.search(match["name"])
    return is_named or bool("solution" in words and _CHEMICAL_SOLUTION.search(words))


def _treats_film(earlier, words) -> bool:
    """Whether an unknown salt in alcohol is coated behind the film."""
    return any(o.is_perovskite for o in earlier) and bool(_SALT_IN_ALCOHOL.match(words))


def names_referred_to(
    document, sentence, words, items, topic, antisolvent, has_found, earlier
) -> list[str]:
    """What "the solution", "it" … is, where a sentence names no perovskite itself."""
    if not items and _LABEL.match(words) and (names := _named_before(document, sentence)):
        return names
    if antisolvent and not has_found:
        return [PEROVSKITE]
    if antisolvent and topic == [PEROVSKITE] and _PLAIN_ANTISOLVENT.search(words):
        return [PEROVSKITE]
    if has_found or (not items and _ALL_LAYERS.match(words)):
        return []
    if particles := particles_meant(document, sentence):
        return particles
    if earlier and not items and _THE_COATING.match(words):
        return list(earlier[-1].names)
    if _ON_TEMPLATE.search(words) and not any(item.is_layer for item in items):
        return [ORGANIC]
    on_lead = earlier and any(LEAD in operation.names for operation in earlier)
    if on_lead and _SALTS.search(words) and not any(item.is_layer for item in items):
        return [ORGANIC]
    if _DOTS.search(words):
        return [PEROVSKITE]
    if OF_FILM.search(words) and not any(item.is_layer for item in items):
        return [PEROVSKITE]
    if not (items or on_lead) and _treats_film(earlier, words):
        return [SURFACE]
    if (
        not _REFERS.search(words)
        and not _NO_SUBJECT.match(words)
        and not SUBSTRATES_COATED.match(words)
        and (items or not _SPREAD.search(words))
    ):
        return []
    if not items and _is_of_own_substance(words):
        return [SURFACE] if any(o.is_perovskite for o in earlier) else []
    told = {name for operation in earlier for name in operation.names}
    goes_on = earlier and "precursor" in document.words(earlier[-1].sentence)
    goes_on = goes_on and sentence.number - earlier[-1].sentence.number == 1
    is_next = topic and told.issuperset(topic) and PEROVSKITE not in told and not goes_on
    if is_next and _PRECURSOR.search(words):
        return [PEROVSKITE]
    return list(topic)
