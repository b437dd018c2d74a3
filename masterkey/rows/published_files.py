"""Files to download: where they are, and what each must be.

The five data files of the paper (`PUBLISHED`): their repository marks them CC BY-NC 4.0; the paper
texts in them are their publishers'. And, on request, the Perovskite Database (`ON_REQUEST`): the
labels of the five come from it, and it is CC BY 4.0 (Jacobsson et al., Nature Energy 2022, doi
10.1038/s41560-021-00941-3).
"""

from dataclasses import dataclass

COMMIT = "543c75398db1f866b6473e685efda82f5e12fb89"
BASE_URL = f"https://raw.githubusercontent.com/MasterAI-EAM/Darwin/{COMMIT}/SII_MDP/data"
DATABASE_URL = "https://zenodo.org/records/5834698/files"


@dataclass(frozen=True)
class Published:
    """What a published file must be: its size in bytes and its SHA-256; `base_url` is its folder."""

    bytes: int
    sha256: str
    base_url: str = BASE_URL


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

DATABASE = "Perovskite_database_content_all_data.csv"
ON_REQUEST = {
    DATABASE: Published(
        84659951,
        "e722ded60e6162a47b00746c6215498dcf0ce9dd004703fd01ab560dfc213ba2",
        DATABASE_URL,
    )
}
SHORT_NAMES = {"perovskite_database": DATABASE}

# Exports of the Perovskite Database that are recognised by their SHA-256.
SNAPSHOTS = {
    ON_REQUEST[DATABASE].sha256: "Zenodo 10.5281/zenodo.5834698",
    "da66a634e9106e58ce4d012558d468bc2f19b95987f149fb9c5d208d363ea67a": (
        "Zenodo 10.5281/zenodo.21643572"
    ),
}
