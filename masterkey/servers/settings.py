"""Where a server is and how to ask it, its key, and the checks of both."""

import ipaddress
import os
from dataclasses import dataclass
from urllib.parse import urlsplit

from masterkey.scripting.command_line import UserError
from masterkey.servers.replies import ENDPOINTS

KEY_VARIABLE = "OPENAI_API_KEY"
PLACEHOLDER_LENGTH = 8  # shorter "keys" (EMPTY, none) are no secrets and may be words of an answer


@dataclass(frozen=True)
class ServerSettings:
    """`base_url` ends in /v1 for most servers; `endpoint` is "completions" or "chat"; at most
    `concurrency` requests are under way.

    `timeout` is in seconds for one attempt, its whole body included. `first_wait` are the seconds
    before the second attempt, doubled before each further one, up to 30.
    """

    base_url: str
    model: str
    endpoint: str = "completions"
    concurrency: int = 8
    timeout: float = 120.0
    max_retries: int = 6
    first_wait: float = 0.5


def api_key() -> str | None:
    """The key in OPENAI_API_KEY, without blanks around it; None where there is none.

    Raises `UserError` for what cannot be a key, without showing it.
    """
    key = os.environ.get(KEY_VARIABLE, "").strip()
    check_key(key)
    return key or None


def check_key(key: str) -> None:
    """Raises `UserError` for a key that no HTTP header can hold."""
    # httpx would show such a key in the text of its exception.
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise UserError(
            f"{KEY_VARIABLE}: holds blanks, control or non-ASCII characters, so it is no key; "
            "set it anew."
        )


def without_key(text: str | bytes, key: str | None) -> str | bytes:
    """`text` with [key] in the key's place: a server may echo it."""
    if not key or len(key) < PLACEHOLDER_LENGTH:
        return text
    if isinstance(text, bytes):
        return text.replace(key.encode(), b"[key]")
    return text.replace(key, "[key]")


def is_loopback(url: str) -> bool:
    """Whether a server at `url` is on this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def check_settings(settings: ServerSettings) -> None:
    """Raises `UserError` for settings that cannot work, or an address with a secret in it."""
    url = settings.base_url
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise UserError(f"--base_url {url}: is no address; give one like http://localhost:8000/v1.")
    if parts.username or parts.password or parts.query:
        raise UserError(
            f"--base_url of {parts.hostname}: holds a user name, password or query, which would be "
            f"written into the results; give the plain address and put the key into {KEY_VARIABLE}."
        )
    if not settings.model:
        raise UserError("--model: is empty; name the model as the server does.")
    if settings.endpoint not in ENDPOINTS:
        raise UserError(f"--endpoint {settings.endpoint}: choose one of {', '.join(ENDPOINTS)}.")
    for name, least in (("concurrency", 1), ("max_retries", 0)):
        if getattr(settings, name) < least:
            raise UserError(f"--{name} {getattr(settings, name)}: must be {least} or more.")
    if not settings.timeout > 0:
        raise UserError(f"--timeout {settings.timeout}: must be more than 0 seconds.")
