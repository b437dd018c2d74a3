"""Generate instruction rows with a language model on any OpenAI-compatible server; train.py takes them.

New tasks after the recipe of Stanford Alpaca, from the model that a server on this machine serves (the
Alpaca command first, then with the model and the folder named):

    python -m generate_instruction generate_instruction_following_data
    python generate_instruction.py --model_name MODEL --base_url http://localhost:8000/v1 \\
        --num_instructions_to_generate 1000 --output_dir runs/tasks
    python train.py … --data_path runs/tasks/regen.json

Questions and answers from your own papers, .txt, .md or .pdf files in a folder:

    python generate_instruction.py --domain text --texts papers/ \\
        --model_name MODEL --endpoint chat --output_dir runs/questions

A server that asks for a key gets the one in the environment variable OPENAI_API_KEY. Each request
shows three seed tasks and asks for 20 more; kept is what is well formed, can be done from text
alone, and is less than 0.7 ROUGE-L similar to every instruction kept so far, seed tasks included.
regen.json is whole at all times and a run that was stopped goes on when the command is given again;
regen.header.json says what was asked, what was dropped and why.
"""

import os
from dataclasses import dataclass, field, replace
from pathlib import Path

from masterkey.scripting.command_line import UserError, run
from masterkey.scripting.files import parse_json, sha256

COMMAND = "generate_instruction_following_data"
LOCAL_SERVER = "http://localhost:8000/v1"
SHOWN_MODELS = 10
DATA = Path(__file__).resolve().parent / "data"
COUNTS = (
    "num_instructions_to_generate request_batch_size instructions_per_request max_tokens "
    "max_fruitless_requests words_per_passage"
).split()
SERVER_FLAGS = ("base_url", "endpoint", "concurrency", "timeout", "max_retries")


@dataclass
class Arguments:
    model_name: str | None = field(
        default=None,
        metadata={"help": "the model, as the server names it (default: the one that it serves)"},
    )
    output_dir: str | None = field(
        default=None,
        metadata={
            "help": "folder of regen.json; an unfinished run is continued (default: "
            "runs/generated_tasks; text: runs/generated_questions)"
        },
    )
    domain: str = field(
        default="tasks",
        metadata={
            "help": "new tasks, or question-answer rows from --texts",
            "choices": ("tasks", "text"),
        },
    )
    texts: str | None = field(
        default=None,
        metadata={"help": "with --domain text: folder of your papers (.txt, .md or .pdf)"},
    )
    num_instructions_to_generate: int | None = field(
        default=None,
        metadata={"help": "stop at so many rows (default: 100; text: as many as the texts give)"},
    )
    request_batch_size: int = field(
        default=5, metadata={"help": "requests between two writes of regen.json"}
    )
    instructions_per_request: int | None = field(
        default=None,
        metadata={"help": "how many to ask for at a time (default: 20; text: 5)"},
    )
    base_url: str | None = field(
        default=None,
        metadata={
            "help": "address of the server's API (default: that in the environment variable "
            "OPENAI_BASE_URL, else http://localhost:8000/v1)"
        },
    )
    endpoint: str = field(
        default="completions",
        metadata={
            "help": "chat for models tuned to answer, completions for those that continue text",
            "choices": ("completions", "chat"),
        },
    )
    concurrency: int = field(default=8, metadata={"help": "requests under way at a time, at most"})
    timeout: float = field(default=300.0, metadata={"help": "seconds for one attempt at a request"})
    max_retries: int = field(
        default=6, metadata={"help": "attempts at a request after the first one"}
    )
    temperature: float = field(default=1.0, metadata={"help": "of the sampling"})
    top_p: float = field(default=1.0, metadata={"help": "of the sampling"})
    max_tokens: int = field(default=4096, metadata={"help": "longest reply, in tokens"})
    extra_body: str = field(
        default="{}",
        metadata={
            "help": """more of the request, as JSON: '{"top_k": 40}', or for servers that refuse """
            """max_tokens '{"max_tokens": null, "max_completion_tokens": 4096}'"""
        },
    )
    max_similarity: float = field(
        default=0.7, metadata={"help": "keep what is less ROUGE-L similar than this to all kept"}
    )
    max_fruitless_requests: int = field(
        default=20,
        metadata={"help": "give up after so many requests in a row without a row to keep"},
    )
    seed_tasks_path: str = field(
        default=os.path.relpath(DATA / "seed_tasks.jsonl"),
        metadata={"help": "the seed tasks"},
    )
    prompt_path: str | None = field(
        default=None,
        metadata={"help": "the prompt (default: data/prompt.txt; text: data/prompt_text.txt)"},
    )
    words_per_passage: int = field(
        default=300, metadata={"help": "with --domain text: longest passage, in words"}
    )
    with_passage: bool = field(
        default=False,
        metadata={"help": "with --domain text: the passage becomes the rows' input (else empty)"},
    )
    seed: int = field(default=0, metadata={"help": "draws seed tasks; sent to the server, too"})
    overwrite: bool = field(default=False, metadata={"help": "start anew in --output_dir"})
    command: str = field(
        default=COMMAND,
        metadata={
            "help": "may be left out: what the command of Stanford Alpaca names here",
            "choices": (COMMAND,),
            "positional": True,
        },
    )


def main(arguments: Arguments) -> None:
    check(arguments)
    arguments = completed(arguments)
    from masterkey.instructions.generated_rows import GeneratedRows
    from masterkey.instructions.run import generate, listed, request
    from masterkey.servers.client import Server, ServerSettings, api_key

    source, data_paths, digests = load_source(arguments)
    where = {name: getattr(arguments, name) for name in SERVER_FLAGS}
    if arguments.model_name is None:
        with Server(ServerSettings(model="(not named yet)", **where), api_key()) as server:
            name = the_model_of(server.served_models(), arguments.base_url)
        print(f"{arguments.base_url} serves {name}; rows are written to {arguments.output_dir}")
        arguments = replace(arguments, model_name=name)
    server = Server(ServerSettings(model=arguments.model_name, **where), api_key())
    with server:
        server.check(request(source, 0, arguments))
        settings = {**settings_of(arguments), **digests}
        kept = GeneratedRows(
            arguments.output_dir, settings, where, data_paths, overwrite=arguments.overwrite
        )
        if kept.rows:
            print(f"continuing: {len(kept.rows)} rows are in {kept.path}")
        generate(server, source, kept, arguments)
    print(f"dropped: {listed(kept.header['counts']['dropped'])}")
    if arguments.domain == "text" and kept.header["unanswered"]:
        n_unanswered = len(kept.header["unanswered"])
        print(f"{n_unanswered} passages got no answer; the same command asks for them again")
    print(f"this run: {server.usage.summary()}")
    print(f"saved: {kept.path} ({len(kept.rows)} rows)")


def check(arguments: Arguments) -> None:
    """Raise `UserError` for flags that make no sense."""
    if (arguments.domain == "text") != (arguments.texts is not None):
        raise UserError("--domain text and --texts FOLDER go together; give both or none.")
    for name in COUNTS:
        value = getattr(arguments, name)
        if value is not None and value < 1:
            raise UserError(f"--{name} {value}: give 1 or more.")
    if (
        arguments.output_dir
        and os.path.exists(arguments.output_dir)
        and not os.path.isdir(arguments.output_dir)
    ):
        raise UserError(f"--output_dir {arguments.output_dir}: is a file; name a folder.")
    if not isinstance(parse_json(arguments.extra_body, "--extra_body"), dict):
        raise UserError('--extra_body: must be a JSON object, such as {"top_k": 40}.')
    if not 0 <= arguments.temperature < float("inf"):
        raise UserError(f"--temperature {arguments.temperature}: give 0 or more.")
    for name in ("top_p", "max_similarity"):
        if not 0 < getattr(arguments, name) <= 1:
            raise UserError(f"--{name} {getattr(arguments, name)}: give more than 0, at most 1.")


def the_model_of(names: list[str], base_url: str) -> str:
    """The only one of the models that a server serves. Raises `UserError` where it is not one."""
    if not names:
        raise UserError(
            f"--base_url {base_url}: does not say which models it serves; name one with --model_name."
        )
    if len(names) > 1:
        rest = len(names) - SHOWN_MODELS
        more = f" and {rest} more" if rest > 0 else ""
        raise UserError(
            f"--base_url {base_url}: serves {len(names)} models ({', '.join(names[:SHOWN_MODELS])}"
            f"{more}); choose one with --model_name."
        )
    return names[0]


def completed(arguments: Arguments) -> Arguments:
    """The same with the values of flags whose default depends on the domain or the environment."""
    if arguments.domain == "text":
        defaults = {"instructions_per_request": 5, "prompt_path": DATA / "prompt_text.txt"}
        defaults["output_dir"] = "runs/generated_questions"
    else:
        defaults = {"instructions_per_request": 20, "prompt_path": DATA / "prompt.txt"}
        defaults["output_dir"] = "runs/generated_tasks"
        defaults["num_instructions_to_generate"] = 100
    defaults["base_url"] = os.environ.get("OPENAI_BASE_URL") or LOCAL_SERVER
    missing = {
        name: default for name, default in defaults.items() if getattr(arguments, name) is None
    }
    return replace(arguments, **missing)


def load_source(arguments: Arguments):
    """(what asks for rows and takes replies apart, files it was made from, digests of its data)."""
    from masterkey.instructions import questions as question_rows
    from masterkey.instructions import tasks as instructions

    per_request, seed = arguments.instructions_per_request, arguments.seed
    if arguments.domain == "text":
        template = instructions.read_template(arguments.prompt_path, "{passage}")
        passages = question_rows.read_passages(arguments.texts, arguments.words_per_passage)
        print(f"{arguments.texts}: {len(passages)} passages")
        source = question_rows.PassageSource(
            template, passages, per_request, seed, arguments.with_passage
        )
        return source, [arguments.prompt_path], {"passages": question_rows.digest(passages)}
    template = instructions.read_template(arguments.prompt_path, "{examples}")
    seed_tasks = instructions.read_seed_tasks(arguments.seed_tasks_path)
    source = instructions.TaskSource(template, seed_tasks, per_request, seed)
    paths = [arguments.seed_tasks_path, arguments.prompt_path]
    return source, paths, {"seed_tasks": sha256(arguments.seed_tasks_path)}


def settings_of(arguments: Arguments) -> dict:
    """What decides the rows besides the data: a run that differs here is not continued."""
    names = (
        "domain model_name endpoint temperature top_p max_tokens seed instructions_per_request "
        "max_similarity with_passage extra_body"
    ).split()
    chosen = {name: getattr(arguments, name) for name in names}
    return {**chosen, "prompt": sha256(arguments.prompt_path)}


if __name__ == "__main__":
    run(main, Arguments, __doc__)
