"""Who may talk to the page: hosts, origins, the token, and the headers that keep a paper's text data.

- A `Host` that is neither an address nor a name of this machine is refused: a page elsewhere whose name was
  pointed at this machine (DNS rebinding) sends its own name.
- A request that changes something must come from this page (`Origin`), so that no other page can send it.
- With a token, all but the first request carry it in a cookie that scripts cannot read and other sites do not send.
- The Content-Security-Policy lets nothing run, load or connect that does not come from here.
"""

import hmac
import ipaddress
import socket
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.responses import PlainTextResponse, RedirectResponse

COOKIE = "masterkey_review"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_SAFE = ("GET", "HEAD")


class Guard:
    """ASGI middleware around the page. `host` is what is listened at; `token` None asks for none."""

    def __init__(self, app, host: str, token: str | None):
        self._app, self._token = app, token
        self._names = {"localhost", host.lower()}
        if token:
            self._names |= {socket.gethostname().lower(), socket.getfqdn().lower()}

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(scope)

        async def send_with_headers(message):
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        await (refusal or self._app)(scope, receive, send_with_headers)

    def _refusal(self, scope):
        """The response to what may not pass, None for what may."""
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not self._is_own(host):
            return PlainTextResponse("This name is not one of this machine.", 421)
        if not _from_own_page(scope["method"], headers, host):
            return PlainTextResponse("This request does not come from the page.", 403)
        if self._token is None:
            return None
        given = QueryParams(scope["query_string"]).get("token")
        if given is not None and scope["path"] == "/" and self._is_token(given):
            return self._welcome()
        if self._is_token(_cookie(headers)):
            return None
        return PlainTextResponse("Open the address that review.py printed, with its token.", 401)

    def _is_own(self, host: str) -> bool:
        name = _without_port(host).lower()
        if name in self._names:
            return True
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return False
        return address.is_loopback or self._token is not None

    def _is_token(self, given: str) -> bool:
        return hmac.compare_digest(given.encode(), self._token.encode())

    def _welcome(self) -> RedirectResponse:
        """To the page without the token in its address, where others may read it."""
        response = RedirectResponse("/", 303)
        response.set_cookie(COOKIE, self._token, httponly=True, samesite="strict")
        return response


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach `host`."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def _from_own_page(method: str, headers: Headers, host: str) -> bool:
    if headers.get("sec-fetch-site", "none") == "cross-site" and method not in _SAFE:
        return False
    return method in _SAFE or headers.get("origin") in (f"http://{host}", f"https://{host}")


def _cookie(headers: Headers) -> str:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found else ""
