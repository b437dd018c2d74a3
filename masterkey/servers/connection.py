"""One attempt at a time over the network: what openai's client does, and what can go wrong with it.

masterkey/servers/client.py asks again where it is worth it, and keeps many requests under way.
"""

import asyncio
import json
import ssl
import time
from dataclasses import replace

from masterkey.scripting.command_line import UserError
from masterkey.servers.replies import (
    Fault,
    Reply,
    one_line,
    read_reply,
    said_by_server,
    seconds_to_wait,
)
from masterkey.servers.settings import KEY_VARIABLE, ServerSettings, is_loopback, without_key

LONGEST_LISTING = 30.0  # seconds that the list of models may take
_REFUSED_KEY = (401, 402, 403)  # no key, no credit, no right: every other row would fail too
_BUSY = (408, 425, 429, 502, 503, 504)


class Connection:
    """A connection pool to one server. Its methods run on one event loop."""

    def __init__(self, settings: ServerSettings, key: str | None):
        self.settings = settings
        self._key = key
        self._client, self._headers = _client(settings, key)

    def __repr__(self) -> str:
        return f"Connection({self.settings!r})"

    async def close(self) -> None:
        await self._client.close()

    async def attempt(self, body: dict) -> Reply:
        """One attempt. Raises `Fault`, or `UserError` where the key is refused."""
        start = time.perf_counter()
        if self.settings.endpoint == "chat":
            send = self._client.chat.completions.with_raw_response.create
            needed = {"messages": body.get("messages")}
        else:
            send = self._client.completions.with_raw_response.create
            needed = {"prompt": body.get("prompt")}
        content = await self._content(
            send(model=self.settings.model, **needed, extra_body=body, extra_headers=self._headers)
        )
        reply = read_reply(content, self.settings.endpoint)
        seconds = time.perf_counter() - start
        return replace(reply, text=self._blot(reply.text), seconds=seconds)

    async def _content(self, sending) -> bytes:
        """The body of a 200. Raises `Fault` for all else, `UserError` where the key is refused."""
        import openai

        timeout = self.settings.timeout
        try:
            # openai's own time-outs are for each read: a server that drips would hold us for ever.
            async with asyncio.timeout(timeout):
                raw = await sending
        except (TimeoutError, openai.APITimeoutError):
            raise Fault(f"the server gave no answer within {timeout:g} s", "unreachable") from None
        except openai.APIConnectionError as error:
            # A ConnectError of httpx is before the request; all else is behind it.
            found = type(error.__cause__).__name__ != "ConnectError"
            what = "the server gave no whole answer" if found else "no connection to the server"
            raise Fault(f"{what} ({self._cause(error)})", "unreachable") from None
        except openai.APIStatusError as error:
            raise self._fault(error) from None
        return self._blot(raw.content) if self._key else raw.content

    def _fault(self, error) -> Fault | UserError:
        """What an HTTP status says, with the server's own sentence."""
        status, headers = error.status_code, error.response.headers
        said = one_line(self._blot(said_by_server(error.body)))
        answer = f"an error {status}" + (f" ({said.rstrip('.')})" if said else "")
        if status < 400:
            place = one_line(self._blot(headers.get("location", "")))
            return Fault(
                f"the server gave a redirection {status} to {place!r} (correct the address)",
                "refused",
            )
        if status in _REFUSED_KEY or error.code == "insufficient_quota":
            without = f"a request without a key ({KEY_VARIABLE} is not set)"
            asked = f"the key in {KEY_VARIABLE}" if self._key else without
            url = self.settings.base_url
            return UserError(f"--base_url {url}: the server answers {asked} with {answer}.")
        if status in _BUSY:
            return Fault(f"the server gave {answer}", "unreachable", seconds_to_wait(headers))
        kind = "faulty" if status >= 500 or status == 409 else "refused"
        return Fault(f"the server gave {answer}", kind)

    async def served_models(self) -> list[str]:
        """Ids of the models served; empty where the server does not say."""
        import openai

        url = self.settings.base_url
        try:
            async with asyncio.timeout(min(self.settings.timeout, LONGEST_LISTING)):
                raw = await self._client.models.with_raw_response.list(extra_headers=self._headers)
            return [self._blot(model["id"]) for model in json.loads(raw.content)["data"]]
        except (TimeoutError, openai.APIConnectionError) as error:
            raise UserError(
                f"--base_url {url}: no server answers there ({self._cause(error)}); "
                "start it, or correct the address."
            ) from None
        except openai.APIStatusError as error:
            if error.status_code == 401:
                raise self._fault(error) from None
            return []  # a server without a list, or a key that may not read it
        except (ValueError, TypeError, KeyError):
            return []

    def _cause(self, error: Exception) -> str:
        """Why there was no answer; openai's own text is only "Connection error"."""
        cause = error.__cause__ or error
        return one_line(self._blot(str(cause))) or type(cause).__name__

    def _blot(self, text):
        return without_key(text, self._key)


def _client(settings: ServerSettings, key: str | None):
    """(openai's client, headers to send with each request)"""
    import openai

    # Without TLS nobody need be trusted, and reading the list of authorities takes 30 ms.
    with_tls = settings.base_url.lower().startswith("https:")
    certificates = True if with_tls else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client = openai.AsyncOpenAI(
        base_url=settings.base_url,
        api_key=key or "none",
        max_retries=0,  # openai's own retries know neither garbage nor half a body: ours do
        timeout=openai.Timeout(settings.timeout, connect=min(settings.timeout, 10.0)),
        # Proxies are for what is outside: a proxy variable must not break a server on this machine.
        # A redirection would make a GET of a POST, or send the prompts where nobody said to.
        http_client=openai.DefaultAsyncHttpxClient(
            trust_env=not is_loopback(settings.base_url),
            follow_redirects=False,
            verify=certificates,
        ),
    )
    # Without a key the client's placeholder is kept out, and so is any key of the environment.
    return client, {} if key else {"Authorization": openai.omit}
