"""The loop of generate_instruction.py: ask, take replies apart, keep what is new, write.

Replies are looked at in the order of their requests, whenever they came in. So the rows depend on
the replies alone, not on the server's timing, and a run that was stopped and continued ends with
the rows of an undisturbed one.
"""

import json
from collections import Counter

from masterkey.instructions.rouge import KeptTexts
from masterkey.scripting.command_line import UserError
from masterkey.servers.replies import Failure, Reply, Request, one_line

NO_ITEM = "replies without any item"
TOO_SIMILAR = "too similar"


def generate(server, source, kept, arguments) -> None:
    """Add rows from `source` to `kept` until there are enough, or every passage was asked for once.

    Raises `UserError` where that is hopeless: no answers, or nothing worth keeping in them. What
    was kept until then is written.
    """
    texts = KeptTexts([*source.known, *(row["instruction"] for row in kept.rows)])
    wanted = arguments.num_instructions_to_generate
    fruitless = 0
    while wanted is None or len(kept.rows) < wanted:
        numbers = kept.next_requests(_batch_size(kept, arguments), source.n_requests)
        if not numbers:
            break
        answers, stopped_by = _ask(server, source, numbers, arguments)
        for number in numbers:
            n_before = len(kept.rows)
            _take(answers[number], number, source, kept, texts, arguments)
            fruitless = 0 if len(kept.rows) > n_before else fruitless + 1
        kept.save(server.usage.as_dict())
        print(_progress(kept, wanted), flush=True)
        if stopped_by:
            raise stopped_by
        _stop_where_unanswered(answers, kept, arguments)
        if fruitless >= arguments.max_fruitless_requests:
            _give_up(fruitless, answers, kept, wanted)


def _batch_size(kept, arguments) -> int:
    """No more requests than the missing rows need if every item were kept."""
    if arguments.num_instructions_to_generate is None:
        return arguments.request_batch_size
    missing = arguments.num_instructions_to_generate - len(kept.rows)
    return min(arguments.request_batch_size, -(-missing // arguments.instructions_per_request))


def _ask(server, source, numbers: list[int], arguments):
    """({number: Reply, Failure, or None where the run was stopped before}, what stopped it or None)."""
    answers: dict[int, Reply | Failure | None] = dict.fromkeys(numbers)
    try:
        for place, answer in server.ask_all(request(source, n, arguments) for n in numbers):
            answers[numbers[place]] = answer
    except UserError as error:
        return answers, error
    return answers, None


def request(source, number: int, arguments) -> Request:
    """Request `number` of a run."""
    prompt, stop = source.prompt(number), ()
    if arguments.endpoint == "completions":
        prompt, stop = f"{prompt}\n\n{source.lead}", source.stop
    return Request(
        prompt,
        max_tokens=arguments.max_tokens,
        temperature=arguments.temperature,
        top_p=arguments.top_p,
        seed=arguments.seed + number,
        stop=stop,
        extra=json.loads(arguments.extra_body),
    )


def _take(answer, number: int, source, kept, texts: KeptTexts, arguments) -> None:
    """Keep the new rows of one answer."""
    if not isinstance(answer, Reply):
        kept.fail(number)
        return
    # Unless the server says that the model ended, its last item may be cut off.
    whole = answer.finish_reason == "stop"
    kept.count_answer(whole)
    lead = source.lead if arguments.endpoint == "completions" else ""
    candidates = source.candidates(number, lead + answer.text, whole)
    if not candidates:
        kept.drop(NO_ITEM)
    for row, reason in candidates:
        if reason is None:
            found = texts.check(row["instruction"], arguments.max_similarity)
            reason = TOO_SIMILAR if found.similar_to is not None else None
        if reason is not None:
            kept.drop(reason)
            continue
        similarity = {
            "most_similar_instructions": found.nearest,
            "avg_similarity_score": found.mean,
        }
        kept.add({**row, **similarity, "request": number})
        texts.add(row["instruction"])


def _stop_where_unanswered(answers: dict, kept, arguments) -> None:
    if any(isinstance(answer, Reply) for answer in answers.values()):
        return
    reason = next(iter(answers.values())).reason
    raise UserError(
        f"--base_url {arguments.base_url}: none of the last {len(answers)} requests was answered "
        f"({reason.rstrip('.')}); {len(kept.rows)} rows are in {kept.path}, give the same command "
        "again to continue."
    )


def _give_up(fruitless: int, answers: dict, kept, wanted: int | None) -> None:
    last = [answer.text for answer in answers.values() if isinstance(answer, Reply)][-1]
    of_wanted = "" if wanted is None else f" of {wanted}"
    raise UserError(
        f"gave up: the last {fruitless} requests brought nothing to keep (dropped so far: "
        f"{listed(kept.header['counts']['dropped'])}); {len(kept.rows)}{of_wanted} rows are in "
        f"{kept.path}. The last reply begins {one_line(last, 80)!r}; try another --model_name, "
        "--endpoint or prompt."
    )


def _progress(kept, wanted: int | None) -> str:
    counts = kept.header["counts"]
    n_requests, n_dropped = (
        counts["answered"] + counts["unanswered"],
        sum(counts["dropped"].values()),
    )
    of_wanted = "" if wanted is None else f" of {wanted}"
    return f"{n_requests} requests: {len(kept.rows)}{of_wanted} rows kept, {n_dropped} dropped"


def listed(dropped: dict[str, int]) -> str:
    """ "12 too similar, 3 too short", the most frequent first."""
    return ", ".join(f"{n} {reason}" for reason, n in Counter(dropped).most_common()) or "nothing"
