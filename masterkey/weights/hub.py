"""Names of the Hugging Face hub: whether a name can be one, and whether its files can be had, told at once.

Left alone, the hub's library tries five times for each file of a name, a minute in all, where no network is.
"""

import functools
from pathlib import Path

from masterkey.weights.gguf_file import is_gguf
from masterkey.weights.notices import say_once

_SECONDS = 10  # for the hub's first answer
_CHECK = "no such folder; check the path"


def is_hub_name(name: str) -> bool:
    """Whether the hub could have a model of this name: NAME or OWNER/NAME."""
    from huggingface_hub.utils import HFValidationError, validate_repo_id

    try:
        validate_repo_id(str(name))
    except HFValidationError:
        return False
    return True


def unavailable(name: str) -> str | None:
    """Why nothing can be loaded under `name`, in a few words; None where loading may be tried.

    A path that exists, a GGUF file (its reader tells) and a name in the hub's cache pass. Where the hub does not answer, what the cache
    has is used from now on as it is, as HF_HUB_OFFLINE=1 does.
    """
    from huggingface_hub import constants

    if Path(name).exists() or is_gguf(name):
        return None
    if not is_hub_name(name):
        return _CHECK
    if constants.HF_HUB_OFFLINE:
        return None if _is_cached(name) else f"{_CHECK}, or unset HF_HUB_OFFLINE for a hub name"
    if _answers(constants.ENDPOINT):
        return None
    if not _is_cached(name):
        return f"{_CHECK}; the hub ({constants.ENDPOINT}) does not answer"
    say_once(f"{name}: the hub does not answer; what it gave before is used.")
    constants.HF_HUB_OFFLINE = True
    return None


@functools.cache
def _answers(endpoint: str) -> bool:
    from huggingface_hub.utils import get_session

    try:
        get_session().head(endpoint, timeout=_SECONDS)  # whatever it answers
    except Exception:  # which ones depends on the HTTP library that the hub's version uses
        return False
    return True


def _is_cached(name: str) -> bool:
    from huggingface_hub import constants
    from huggingface_hub.file_download import repo_folder_name

    folder = Path(constants.HF_HUB_CACHE) / repo_folder_name(repo_id=name, repo_type="model")
    return any(folder.glob("snapshots/*/*.json"))
