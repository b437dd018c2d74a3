"""A client for any OpenAI-compatible server: vLLM, SGLang, llama.cpp, `transformers serve`, hosted.

    with Server(ServerSettings("http://localhost:8000/v1", "sii_model"), api_key()) as server:
        server.check()
        for number, answer in server.ask_all(Request(prompt, max_tokens=700) for prompt in prompts):
            …                                        # a Reply or a Failure, as they finish
        print(server.usage.summary())

Every request ends in a `Reply` or a `Failure`, whatever the server does. Asked again, with
exponential back-off, jitter and the server's own Retry-After: time-outs, broken connections, 408,
409, 425, 429, 5xx, and bodies that are no reply. Not asked again: what the server refuses (400, 404
…). A refused key, and a server that is gone for good, end the run with a `UserError`.

The key comes from the environment variable OPENAI_API_KEY only. It is in no exception, log line,
repr or reply (a server that echoes it is blotted out).
"""

import asyncio
import concurrent.futures
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice

from masterkey.scripting.command_line import UserError
from masterkey.servers.connection import Connection
from masterkey.servers.replies import Failure, Fault, Reply, Request, Usage, request_body
from masterkey.servers.settings import ServerSettings, api_key, check_key, check_settings

__all__ = ["Failure", "Reply", "Request", "Server", "ServerSettings", "Usage", "api_key"]

LONGEST_WAIT = 30.0  # seconds of back-off between two attempts
LONGEST_RETRY_AFTER = 300.0  # seconds; a server that asks for more is asked again after these
ROUNDS_WITHOUT_SERVER = 3  # so many times `concurrency` unreachable in a row: the run ends


class Server:
    """An OpenAI-compatible server; use it in a `with` block, or call `close`.

    Network work happens on a thread of its own, so that requests go on while the caller writes its
    results, and Ctrl-C is answered at once. `ask` may be called from several threads.
    """

    def __init__(self, settings: ServerSettings, api_key: str | None = None):
        check_settings(settings)
        check_key(api_key or "")
        self.settings = settings
        self.usage = Usage()
        self._connection = Connection(settings, api_key)
        self._under_way: set[asyncio.Task] = set()
        self._since = 0.0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def __repr__(self) -> str:
        return f"Server({self.settings!r})"

    def __enter__(self):
        return self

    def __exit__(self, *exception) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections; the server cannot be asked any more."""
        if self._loop.is_closed():
            return
        self._submit(self._end()).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def check(self, request: Request | None = None) -> bool:
        """Ask for the models served and for one token, to fail before any work is done.

        `request`: a request like those to come (its `extra` is tried too). False where the server
        takes it only without `logprobs`. Raises `UserError` where no server answers, the key is
        refused, the model is not served, or the request is refused.
        """
        served = self._result(self._submit(self._connection.served_models()))
        request = replace(request or Request("Perovskite", max_tokens=1), max_tokens=1)
        answer = self._result(self._submit(self._answer(request)))
        if isinstance(answer, Failure) and answer.kind == "refused" and request.logprobs:
            plain = self._result(self._submit(self._answer(replace(request, logprobs=False))))
            if isinstance(plain, Reply):
                return False
        if isinstance(answer, Reply):  # also of a model that is in no list: `transformers serve`
            return True
        model, url = self.settings.model, self.settings.base_url
        if served and model not in served:
            raise UserError(
                f"--model {model}: {url} does not serve it, it serves {', '.join(served)} "
                f"({answer.reason})"
            )
        usual = answer.kind != "refused" or url.rstrip("/").endswith("/v1")
        raise UserError(
            f"--base_url {url}: a request for one token to {self.settings.endpoint!r} failed: "
            f"{answer.reason}" + ("" if usual else " Most addresses end in /v1.")
        )

    def served_models(self) -> list[str]:
        """Names of the models served; empty where the server does not say. `UserError` without one."""
        return self._result(self._submit(self._connection.served_models()))

    def ask(self, request: Request) -> Reply | Failure:
        """The answer to one request. Raises `UserError` where the key is refused."""
        return self._result(self._submit(self._counted_answer(request)))

    def ask_all(self, requests: Iterable[Request]) -> Iterator[tuple[int, Reply | Failure]]:
        """(number of the request, its answer) as they finish, each exactly once.

        At most `concurrency` requests are under way; more are taken from `requests` when one ends.
        Raises `UserError` where the key is refused, or where 3 × `concurrency` requests in a row
        found no server: what was yielded until then is to be kept, and the rest asked later.
        """
        waiting = enumerate(requests)
        under_way: dict[concurrent.futures.Future, int] = {}
        unreachable = 0

        def fill() -> None:
            free = self.settings.concurrency - len(under_way)
            for number, request in islice(waiting, free):
                under_way[self._submit(self._counted_answer(request))] = number

        try:
            fill()
            while under_way:
                finished = concurrent.futures.wait(
                    under_way, return_when=concurrent.futures.FIRST_COMPLETED
                ).done
                # Answers before errors: what was paid for is handed on.
                for future in sorted(finished, key=lambda future: future.exception() is not None):
                    number, answer = under_way.pop(future), future.result()
                    fill()
                    yield number, answer
                    gone = isinstance(answer, Failure) and answer.kind == "unreachable"
                    unreachable = unreachable + 1 if gone else 0
                    self._stop_without_server(unreachable, answer)
        finally:
            for future in under_way:
                future.cancel()

    def _stop_without_server(self, unreachable: int, answer: Reply | Failure) -> None:
        if unreachable >= ROUNDS_WITHOUT_SERVER * self.settings.concurrency:
            raise UserError(
                f"--base_url {self.settings.base_url}: the last {unreachable} requests found no "
                f"server that answers ({answer.reason.rstrip('.')}); see to it and give the same command "
                "again to continue."
            )

    def _submit(self, coroutine) -> concurrent.futures.Future:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    @staticmethod
    def _result(future: concurrent.futures.Future):
        """Its result; whatever ends the wait (Ctrl-C) ends the request too."""
        try:
            return future.result()
        finally:
            future.cancel()

    # Below: on the thread of the event loop only, so that the counts need no lock.

    async def _end(self) -> None:
        # Not asyncio.all_tasks(): what these tasks started is theirs to end.
        under_way = list(self._under_way)
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        await self._connection.close()

    async def _counted_answer(self, request: Request) -> Reply | Failure:
        if not self._under_way:
            self._since = time.perf_counter()
        self._under_way.add(asyncio.current_task())
        try:
            answer = await self._answer(request)
            self.usage.add(answer)
            return answer
        finally:
            self._under_way.remove(asyncio.current_task())
            now = time.perf_counter()
            self.usage.seconds += now - self._since
            self._since = now

    async def _answer(self, request: Request) -> Reply | Failure:
        """All attempts at one request."""
        import tenacity

        attempts = 0
        body = request_body(request, self.settings.model, self.settings.endpoint)
        again = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception(_may_recover),
            stop=tenacity.stop_after_attempt(self.settings.max_retries + 1),
            wait=_wait(self.settings.first_wait),
            reraise=True,
        )
        try:
            async for attempt in again:
                with attempt:
                    attempts += 1
                    return replace(await self._connection.attempt(body), attempts=attempts)
        except Fault as fault:
            tries = "" if attempts == 1 else f", at the last of {attempts} attempts"
            sentence = f"{fault}{tries}."
            return Failure(sentence[0].upper() + sentence[1:], attempts, fault.kind)


def _may_recover(error: BaseException) -> bool:
    return isinstance(error, Fault) and error.kind != "refused"


def _wait(first_wait: float):
    """tenacity's wait: exponential back-off with jitter, at least what the server asked for."""
    import tenacity

    jitter = tenacity.wait_random(0, first_wait)
    back_off = tenacity.wait_exponential(multiplier=first_wait, max=LONGEST_WAIT) + jitter

    def wait(state) -> float:
        asked = min(state.outcome.exception().wait, LONGEST_RETRY_AFTER)
        return max(back_off(state), asked + jitter(state))

    return wait
