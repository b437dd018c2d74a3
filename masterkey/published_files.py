"""The five published data files: where they are, and what each must be.

Their repository marks them CC BY-NC 4.0; the paper texts in them are their publishers'.
"""

from dataclasses import dataclass

COMMIT = "543c75398db1f866b6473e685efda82f5e12fb89"
BASE_URL = f"https://raw.githubusercontent.com/MasterAI-EAM/Darwin/{COMMIT}/SII_MDP/data"


@dataclass(frozen=True)
class Published:
    """What a published file must be: its size in bytes and its SHA-256."""

    bytes: int
    sha256: str


PUBLISHED = {
    "sii360.json": Published(
        2209632, "69612ca258c13075854453a1e404b61ec34784a495dc4387f47949a29d7f0491"
    ),
    "sii40.json": Published(
        228799, "fab32a8eb465f034706a293643712a2bb9a1052cefcc4b1c7ea1dc83819835e6"
    ),
    "regression360.json": Published(
        357307, "9e5ffb97829ea27a72b43d8e47f01c58d9307bbf3ddae5cf315966f5f649c755"
    ),
    "regression40.json": Published(
        39588, "4bf11fd4f65a4c3f43eb37ffeeac99b5a0fb3e57dcd42540e787301a5b5512cc"
    ),
    "original_text.json": Published(
        163214, "df02960e112b350a3089eb29f5b635734a654b562db344ac00a7f00cc663a6f5"
    ),
}
