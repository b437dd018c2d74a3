"""What sii_test.py and regression_test.py do: prompts from a data file, answers to a JSON Lines file."""

from dataclasses import dataclass, field
from pathlib import Path

from masterkey.command_line import UserError
from masterkey.decoding import Generation, Sampling, generate_answers
from masterkey.encoding import EncodedPrompt, encode_prompts
from masterkey.predictions import PredictionWriter, prediction_line
from masterkey.prompts import PromptSettings, build_prompt, load_settings
from masterkey.records import Row, model_text, read_rows


@dataclass
class PredictionArguments:
    model: str = field(metadata={"help": "checkpoint folder (or hub name) of the fine-tuned model"})
    data_path: str = field(metadata={"help": "JSON or JSONL file of rows; answers are not needed"})
    output_path: str = field(
        metadata={"help": "JSON Lines file to write; a killed run continues it"}
    )
    batch_size: int = field(default=8, metadata={"help": "rows decoded together"})
    limit: int | None = field(default=None, metadata={"help": "predict the first rows only"})
    max_new_tokens: int | None = field(
        default=None,
        metadata={"help": "limit of an answer; by default 1.5 times the longest training answer"},
    )
    prompt_style: str | None = field(
        default=None, metadata={"help": "prompt style, if it is not the one saved with the model"}
    )
    do_sample: bool = field(
        default=False, metadata={"help": "sample as the published scripts did, instead of greedy"}
    )
    temperature: float = field(default=0.8, metadata={"help": "with --do_sample"})
    top_p: float = field(default=0.75, metadata={"help": "with --do_sample"})
    top_k: int = field(default=40, metadata={"help": "with --do_sample"})
    seed: int = field(default=0, metadata={"help": "with --do_sample: seed of the sampling"})
    device: str | None = field(
        default=None, metadata={"help": "cuda, mps or cpu; by default the best there is"}
    )
    dtype: str | None = field(
        default=None,
        metadata={
            "help": "float32, bfloat16 or float16; by default bfloat16 on a GPU, else float32",
            "choices": ["float32", "bfloat16", "float16"],
        },
    )
    overwrite: bool = field(
        default=False, metadata={"help": "start anew where --output_path exists already"}
    )


def predict_file(task: str, arguments: PredictionArguments, longest_answer: int) -> None:
    """Predict every row of `arguments.data_path` for `task` ("sii" or "mdp").

    `longest_answer`: tokens to expect where the checkpoint does not say.
    """
    _check(arguments)
    rows = read_rows(arguments.data_path, task=task)[: arguments.limit]
    predictor = load_predictor(arguments, longest_answer)
    prompts = predictor.encode(rows, arguments.data_path)
    writer = PredictionWriter(
        arguments.output_path,
        task,
        _run_settings(arguments, predictor),
        arguments.data_path,
        overwrite=arguments.overwrite,
    )
    _announce(arguments, predictor, prompts, len(writer.done))
    for number, batch in enumerate(_batches(prompts, arguments.batch_size)):
        todo = [i for i in batch if rows[i].id not in writer.done]
        if todo:
            # The whole batch again, even if a kill left half of it: its samples stay the same.
            answers = predictor.answer([prompts[i] for i in batch], arguments.seed + number)
            answer_of = dict(zip(batch, answers, strict=True))
            writer.write(
                [_line(task, rows[i], prompts[i], answer_of[i], predictor.settings) for i in todo]
            )
    writer.finish()
    print(f"saved: {arguments.output_path} ({len(rows)} rows)")


@dataclass(frozen=True)
class Predictor:
    """A loaded model with all that decides its answers."""

    model: object
    tokenizer: object
    settings: PromptSettings
    context: int
    max_new_tokens: int
    sampling: Sampling | None

    def encode(self, rows: list[Row], source: str) -> list[EncodedPrompt]:
        """The prompts of `rows`, inputs shortened so that the answer fits into the context."""
        room = self.context - self.max_new_tokens
        prompts = [
            build_prompt(
                self.settings.prompt_style,
                row.instruction,
                model_text(row, keep_markers=self.settings.keep_markers)[0],
            )
            for row in rows
        ]
        encoded = encode_prompts(self.tokenizer, prompts, [room] * len(rows))
        if None in encoded:
            raise UserError(
                f"{source}: row {encoded.index(None)}: its instruction alone does not fit into the "
                f"{room} tokens that --max_new_tokens {self.max_new_tokens} leaves of the model's "
                f"{self.context}; lower it."
            )
        return encoded

    def answer(self, prompts: list[EncodedPrompt], seed: int) -> list[Generation]:
        ids = [prompt.ids for prompt in prompts]
        return generate_answers(
            self.model, self.tokenizer, ids, self.max_new_tokens, self.sampling, seed
        )


def load_predictor(arguments: PredictionArguments, longest_answer: int) -> Predictor:
    """Model, tokenizer and prompt settings of `arguments.model`, on the device asked for."""
    from masterkey.checkpoints import check_checkpoint, context_length, load_model, load_tokenizer

    check_checkpoint(arguments.model)
    settings = load_settings(arguments.model, arguments.prompt_style)
    tokenizer = load_tokenizer(arguments.model)
    device, dtype = _device_and_dtype(arguments)
    model = load_model(arguments.model, dtype).to(device).eval()
    context = context_length(model, tokenizer)
    expected = int(1.5 * (settings.longest_answer or longest_answer))
    sampling = Sampling(arguments.temperature, arguments.top_p, arguments.top_k)
    return Predictor(
        model,
        tokenizer,
        settings,
        context,
        max_new_tokens=arguments.max_new_tokens or min(expected, context // 2),
        sampling=sampling if arguments.do_sample else None,
    )


def _check(arguments: PredictionArguments) -> None:
    for name in ("batch_size", "limit", "max_new_tokens"):
        value = getattr(arguments, name)
        if value is not None and value < 1:
            raise UserError(f"--{name} {value}: must be 1 or more.")


def _device_and_dtype(arguments: PredictionArguments) -> tuple[str, str]:
    import torch

    best = "cuda" if torch.cuda.is_available() else "cpu"
    if best == "cpu" and torch.backends.mps.is_available():
        best = "mps"
    device = arguments.device or best
    if device.startswith("cuda") and not torch.cuda.is_available():
        raise UserError(f"--device {device}: this machine has no CUDA GPU; leave the flag out.")
    return device, arguments.dtype or ("bfloat16" if device.startswith("cuda") else "float32")


def _run_settings(arguments: PredictionArguments, predictor: Predictor) -> dict:
    """What decides the answers: a run may only be continued with the same."""
    settings = {
        "model": arguments.model,
        "model_files": _model_files(arguments.model),
        "prompt_style": predictor.settings.prompt_style,
        "decoding": "sampled" if predictor.sampling else "greedy",
        "max_new_tokens": predictor.max_new_tokens,
        "device": predictor.model.device.type,
        "dtype": str(predictor.model.dtype).removeprefix("torch."),
    }
    if predictor.sampling:
        # A row's sample depends on the batch it is in.
        names = ("temperature", "top_p", "top_k", "seed", "batch_size", "limit")
        settings |= {name: getattr(arguments, name) for name in names}
    return settings


def _model_files(model: str) -> list:
    """Name, size and time of the weight files: another model in the same folder is noticed."""
    from masterkey.checkpoints import weight_files

    files = weight_files(Path(model))
    return [[path.name, path.stat().st_size, int(path.stat().st_mtime)] for path in files]


def _announce(arguments, predictor: Predictor, prompts: list[EncodedPrompt], n_done: int) -> None:
    settings = _run_settings(arguments, predictor)
    n_shortened = sum(prompt.shortened for prompt in prompts)
    print(
        f"{arguments.data_path}: {len(prompts)} rows, {n_done} already done, {n_shortened} with the "
        f"input shortened to fit {predictor.context - predictor.max_new_tokens} tokens\n"
        + ", ".join(f"{name}: {value}" for name, value in settings.items() if name != "model_files")
    )


def _batches(prompts: list[EncodedPrompt], batch_size: int):
    """Lists of row numbers, prompts of like length together; the longest first, so that a batch
    that does not fit into memory shows at once. With a progress bar over rows."""
    from tqdm import tqdm

    order = sorted(range(len(prompts)), key=lambda i: -len(prompts[i].ids))
    with tqdm(total=len(order), unit="row", desc="predict") as bar:
        for start in range(0, len(order), batch_size):
            batch = order[start : start + batch_size]
            yield batch
            bar.update(len(batch))


def _line(task: str, row: Row, prompt: EncodedPrompt, answer: Generation, settings) -> dict:
    return prediction_line(
        task,
        row,
        answer.text,
        prompt_style=settings.prompt_style,
        prompt_shortened=prompt.shortened,
        stop_reason=answer.stop_reason,
        n_generated_tokens=answer.n_tokens,
    )
