"""What goes to an OpenAI-compatible server and what comes back: requests, replies, faults, usage.

Everything here is plain data; masterkey/servers/client.py does the sending. The body of a request follows
the two oldest endpoints, which every such server has: `/completions` (a prompt as it is) and
`/chat/completions` (the prompt as one user message). Of a reply only what is needed is asked for,
the text; finish reason and token counts may be missing, since servers differ in them.
"""

import email.utils
import json
import time
from dataclasses import asdict, dataclass, field

from masterkey.scripting.files import valid_text
from masterkey.servers.logprobs import ASKED, ScoredToken, read_logprobs

ENDPOINTS = ("completions", "chat")
SHOWN_CHARACTERS = 300  # of a server's own sentence, in ours


@dataclass(frozen=True)
class Request:
    """One prompt and how to answer it.

    `prompt`: raw text (or token ids, which vLLM, SGLang and llama.cpp take) for "completions"; the
    one user message for "chat". `logprobs`: ask for those of the answer's tokens. `extra` is merged into the body as it is, over everything else; None
    takes a key out of the body ({"max_tokens": None, "max_completion_tokens": 900}).
    """

    prompt: str | tuple[int, ...]
    max_tokens: int
    temperature: float = 0.0
    top_p: float = 1.0
    seed: int | None = None
    stop: tuple[str, ...] = ()
    logprobs: bool = False
    extra: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Reply:
    """An answer. `seconds` is the time of the attempt that succeeded; None: the server did not say."""

    text: str
    finish_reason: str | None
    prompt_tokens: int | None
    completion_tokens: int | None
    attempts: int
    seconds: float
    tokens: tuple[ScoredToken, ...] | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Failure:
    """No answer, and why, in one sentence without the key.

    `kind`: "refused" (the server will not take this request, now or later: 400, 404, 422 …),
    "faulty" (it answered every attempt, but with errors or with what is no reply), or "unreachable"
    (no answer, too busy, or a gateway without its server). The last two may be asked again later.
    """

    reason: str
    attempts: int
    kind: str


class Fault(Exception):
    """What went wrong with one attempt; `wait` are the seconds that the server asked to wait."""

    def __init__(self, sentence: str, kind: str, wait: float = 0.0):
        super().__init__(sentence)
        self.kind = kind
        self.wait = wait


@dataclass
class Usage:
    """What a run took. `seconds`: wall time with at least one request under way.

    Tokens are the server's own counts of the answered requests; `n_uncounted` replies came without.
    What a server charges for attempts that failed is unknown, so a cost is a lower bound.
    """

    n_requests: int = 0
    n_retries: int = 0
    n_failures: int = 0
    n_uncounted: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0

    def add(self, answer: Reply | Failure) -> None:
        """Count one finished request."""
        self.n_requests += 1
        self.n_retries += answer.attempts - 1
        if isinstance(answer, Failure):
            self.n_failures += 1
            return
        self.n_uncounted += answer.prompt_tokens is None or answer.completion_tokens is None
        self.prompt_tokens += answer.prompt_tokens or 0
        self.completion_tokens += answer.completion_tokens or 0

    def cost(self, price_in: float, price_out: float) -> float:
        """Cost in the prices' currency; prices are per million tokens read and written."""
        return (self.prompt_tokens * price_in + self.completion_tokens * price_out) / 1e6

    def as_dict(self) -> dict:
        """The counts, ready for JSON."""
        return asdict(self)

    def summary(self) -> str:
        """One line: requests, failures, retries, tokens, time."""
        line = (
            f"{self.n_requests} requests ({self.n_failures} failed, {self.n_retries} retries), "
            f"{self.prompt_tokens:,} tokens read and {self.completion_tokens:,} written "
            f"in {self.seconds:.1f} s"
        )
        uncounted = f"; {self.n_uncounted} replies came without token counts"
        return line + (uncounted if self.n_uncounted else "")


def request_body(request: Request, model: str, endpoint: str) -> dict:
    """The JSON body of a request to `endpoint` ("completions" or "chat")."""
    prompt = request.prompt
    prompt = valid_text(prompt) if isinstance(prompt, str) else list(prompt)
    body = {"model": model, "max_tokens": request.max_tokens, "temperature": request.temperature}
    if endpoint == "chat":
        body["messages"] = [{"role": "user", "content": prompt}]
    else:
        body["prompt"] = prompt
    if request.top_p != 1.0:
        body["top_p"] = request.top_p
    if request.seed is not None:
        body["seed"] = request.seed
    if request.stop:
        body["stop"] = list(request.stop)
    if request.logprobs:
        body |= ASKED[endpoint]
    return {key: value for key, value in (body | request.extra).items() if value is not None}


def read_reply(content: bytes, endpoint: str) -> Reply:
    """The reply in a body. Raises `Fault` where it is none; `attempts` and `seconds` are still 0."""
    try:
        value = json.loads(content)
    except ValueError:
        shown = one_line(content.decode("utf-8", "replace"), 60)
        what = f"a body that is no JSON ({shown!r})" if shown else "an empty body"
        raise Fault(f"the server gave {what}", "faulty") from None
    choice = _first_choice(value)
    text, finish_reason = _text_and_reason(choice, endpoint)
    if text is None:
        said = said_by_server(value)
        raise Fault(
            "the server gave JSON that is no reply" + (f" ({said})" if said else ""), "faulty"
        )
    usage = value.get("usage")
    prompt_tokens, completion_tokens = (
        _count(usage.get(key) if isinstance(usage, dict) else None)
        for key in ("prompt_tokens", "completion_tokens")
    )
    tokens = read_logprobs(choice)
    return Reply(valid_text(text), finish_reason, prompt_tokens, completion_tokens, 0, 0.0, tokens)


def _first_choice(value) -> dict:
    """The first choice; {} where `value` has another shape."""
    choices = value.get("choices") if isinstance(value, dict) else None
    choice = choices[0] if isinstance(choices, list) and choices else None
    return choice if isinstance(choice, dict) else {}


def _text_and_reason(choice: dict, endpoint: str) -> tuple[str | None, str | None]:
    """(text, finish reason) of a choice; text is None where it has another shape."""
    reason = choice.get("finish_reason")
    reason = reason if isinstance(reason, str) else None
    message = choice.get("message")
    if endpoint == "chat" and isinstance(message, dict) and "content" in message:
        # null is the answer of a reasoning model whose tokens ran out before it began to answer.
        text = "" if message["content"] is None and reason else message["content"]
    else:
        text = choice.get("text") if endpoint == "completions" else None
    return (text if isinstance(text, str) else None), reason


def _count(value) -> int | None:
    return value if type(value) is int and value >= 0 else None


def said_by_server(body) -> str:
    """The server's own sentence in the body of an error, in the forms that servers use; else ""."""
    if isinstance(body, dict):
        for key in ("error", "message", "detail", "msg"):  # OpenAI, vLLM, FastAPI and its lists
            if body.get(key):
                return said_by_server(body[key])
        return ""
    if isinstance(body, list):
        return "; ".join(filter(None, map(said_by_server, body[:3])))
    return body if isinstance(body, str) else ""


def seconds_to_wait(headers) -> float:
    """Seconds that `Retry-After` (a number or a date) or `retry-after-ms` asks for; 0 without."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(headers.get(name, "")) * unit
        except ValueError:
            continue
        return seconds if seconds > 0 else 0.0  # NaN too is 0
    try:
        date = email.utils.parsedate_to_datetime(headers.get("retry-after", ""))
        return max(0.0, date.timestamp() - time.time())
    except (ValueError, OverflowError):
        return 0.0


def one_line(text: str, limit: int = SHOWN_CHARACTERS) -> str:
    """`text` without newlines and control characters, cut to `limit` characters."""
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) <= limit else text[: limit - 1] + "…"
