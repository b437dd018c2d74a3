"""The tasks' own scores of a few evaluation rows, answered by the model while it is trained."""

import contextlib

from masterkey.predicting.arguments import DecodingArguments
from masterkey.predicting.loaded_model import LoadedModel, answer_room
from masterkey.predicting.local import FreeAnswers, SkeletonAnswers
from masterkey.rows.encoding import EncodedPrompt
from masterkey.rows.predictions import parse_answer
from masterkey.rows.prompts import PromptSettings
from masterkey.rows.records import TASKS, Row, read_rows, recipe_of, task_of
from masterkey.schema.fields import SII_FIELDS
from masterkey.scripting.command_line import UserError

# Names of the scores, as --metric_for_best_model takes them (with or without "eval_").
SCORE_NAMES = {"sii": "f1", "mdp": "pce_mae"}


def check_evaluation(
    training, path: str | None, n_answered: int, early_stopping_patience: int | None
) -> None:
    """Raise `UserError`, before anything is loaded, for evaluations that could not be made or compared.

    `training`: Hugging Face's TrainingArguments; `path`: of the evaluation rows, of which `n_answered`
    a task are answered (--eval_data_path, --eval_generate_rows).
    """
    strategy = getattr(training.eval_strategy, "value", training.eval_strategy)
    if not path and strategy != "no":
        raise UserError(
            f"--eval_strategy {strategy}: needs --eval_data_path, the rows to evaluate on."
        )
    if early_stopping_patience and (strategy == "no" or not training.metric_for_best_model):
        raise UserError(
            "--early_stopping_patience: compares evaluations; leave --eval_strategy no and "
            "--load_best_model_at_end False out, or leave it out."
        )
    if not path:
        return
    if n_answered and training.fsdp and training.fsdp_plugin_args["fsdp_version"] == 1:
        raise UserError(
            "--eval_generate_rows: FSDP1 gathers no weights for `generate`; take FSDP2 "
            '(--fsdp "full_shard auto_wrap"), or leave it out.'
        )
    measured = measured_metrics(path, n_answered)
    wanted = training.metric_for_best_model
    if wanted and f"eval_{wanted.removeprefix('eval_')}" not in measured:
        scores = " and ".join(f"eval_{name}" for name in SCORE_NAMES.values())
        raise UserError(
            f"--metric_for_best_model {wanted}: this run measures {' and '.join(measured)}; name one "
            f"of these ({scores} need --eval_generate_rows and rows of their task)."
        )


def measured_metrics(path: str, n_answered: int) -> list[str]:
    """Names of what an evaluation on the rows in `path` measures, such as ["eval_loss", "eval_f1"]."""
    tasks = rows_to_score(path, n_answered) if n_answered else ()
    return ["eval_loss", *(f"eval_{SCORE_NAMES[task]}" for task in tasks)]


def rows_to_score(path: str, n_rows: int) -> dict[str, list[Row]]:
    """{"sii": …, "mdp": …}: of each task the first `n_rows` rows in the file, as far as it has any.

    Of MDP rows they are of different recipes: files hold repeated measurements of one beside each
    other. Rows of other tasks have no score and are left out. Raises `UserError` where all are such, or where
    the answer to a row that would be scored lacks what is scored.
    """
    rows = read_rows(path, answers="required")
    chosen = {task: [row for row in rows if task_of(row.instruction) == task] for task in TASKS}
    chosen["mdp"] = list({recipe_of(row.input): row for row in reversed(chosen["mdp"])}.values())
    chosen["mdp"].sort(key=lambda row: row.number)
    chosen = {task: rows_of_task[:n_rows] for task, rows_of_task in chosen.items()}
    for task, rows_of_task in chosen.items():
        for row in rows_of_task:
            _refuse_without_reference(path, task, row)
    if not any(chosen.values()):
        raise UserError(
            f"--eval_generate_rows: {path} holds neither SII nor MDP rows, so there is no score for "
            "its answers; leave the flag out (the loss is measured all the same)."
        )
    return {task: rows_of_task for task, rows_of_task in chosen.items() if rows_of_task}


def _refuse_without_reference(path: str, task: str, row: Row) -> None:
    reference = parse_answer(task, row.output)
    if task == "sii":
        missing = [name for name in SII_FIELDS if name not in reference]
    else:
        missing = ["PCE"] if reference.get("PCE") is None else []
    if missing:
        more = f" and {len(missing) - 1} more fields" if len(missing) > 1 else ""
        raise UserError(
            f"--eval_generate_rows: {path} row {row.number}: 'output' has no {missing[0]}{more} to "
            "score an answer by; add it, or leave the row out."
        )


class AnswerScorer:
    """Answers rows of the evaluation file and scores them by the sound track's rules.

    SII: F1 over all fields of all papers (greater is better). MDP: mean absolute error of PCE [%]
    (smaller is better), an unreadable answer counting as the mean of the file's measured values, and
    the share of readable ones. A file with rows of both tasks has both scores.
    """

    def __init__(
        self,
        path: str,
        n_rows: int,
        tokenizer,
        settings: PromptSettings,
        max_length: int,
        batch_size: int,
        show_progress: bool = False,
    ):
        self.rows = rows_to_score(path, n_rows)
        # Of all rows: the mean of the few that are scored would be close to each of them.
        self.mean_pce = _mean_pce(read_rows(path)) if "mdp" in self.rows else None
        self.batch_size, self.show_progress = batch_size, show_progress
        self._of_model = {
            "name": "the model in training",
            "tokenizer": tokenizer,
            "settings": settings,
            "context": max_length,
        }
        self._model, self._opened = None, {}

    def score(self, model, sharded: bool) -> dict:
        """{"f1": …, "pce_mae": …, "pce_readable": …}, for the tasks there are; of a sharded model all processes must ask.

        `model`: the causal language model itself, not a wrapper, unless it is sharded.
        """
        from tqdm import tqdm

        n_rows = sum(map(len, self.rows.values()))
        with (
            contextlib.nullcontext() if sharded else _taking_masks(model),
            tqdm(
                total=n_rows,
                unit="row",
                desc="answers",
                leave=False,
                disable=not self.show_progress,
            ) as bar,
        ):
            if self._model is not model:
                self._opened = {task: self._open(task, model, sharded) for task in self.rows}
                self._model = model
            texts = {task: self._texts(task, rows, bar) for task, rows in self.rows.items()}
        scores = {}
        if "sii" in self.rows:
            scores |= sii_scores(self.rows["sii"], texts["sii"])
        if "mdp" in self.rows:
            scores |= mdp_scores(self.rows["mdp"], texts["mdp"], self.mean_pce)
        return scores

    def _open(self, task: str, model, sharded: bool):
        """(`LoadedModel`, what answers with it) of a task."""
        room = answer_room(task, self._of_model["settings"], self._of_model["context"])
        loaded = LoadedModel(task=task, model=model, max_new_tokens=room, **self._of_model)
        # Skeleton decoding calls parts of the model, which hold nothing where weights are sharded.
        if sharded:
            return loaded, FreeAnswers(loaded, None)
        return loaded, SkeletonAnswers(loaded, DecodingArguments(), [])

    def _texts(self, task: str, rows: list[Row], bar) -> dict[int, str]:
        """The answer to each row, by its number; rows that do not fit have none."""
        loaded, answers = self._opened[task]
        pairs = list(zip(rows, loaded.encode(rows), strict=True))
        fitting = [(row, prompt) for row, prompt in pairs if prompt is not None]
        bar.update(len(pairs) - len(fitting))
        fitting.sort(key=lambda pair: -len(pair[1].ids))
        texts: dict[int, str] = {}
        for start in range(0, len(fitting), self.batch_size):
            batch = fitting[start : start + self.batch_size]
            texts |= _answered(answers, batch)
            bar.update(len(batch))
        return texts


@contextlib.contextmanager
def _taking_masks(model):
    """Inside, `model` does the arithmetic of its own type, with an attention that takes any mask.

    Skeleton decoding feeds blocks behind masks, which flash and flex attention do not take. And it
    compares the model with its parts, from which accelerate's autocast lets it differ.
    """
    attention, forward = model.config._attn_implementation, model.forward
    without_autocast = getattr(model, "_original_forward", None)  # accelerate's name
    other = attention.startswith("flash_attention") or attention == "flex_attention"
    if other:
        model.set_attn_implementation("sdpa")
    if without_autocast:
        model.forward = without_autocast
    try:
        yield
    finally:
        if without_autocast:
            model.forward = forward
        if other:
            model.set_attn_implementation(attention)


def _answered(answers, pairs: list[tuple[Row, EncodedPrompt]]) -> dict[int, str]:
    rows, prompts = map(list, zip(*pairs, strict=True))
    given = answers.answer(rows, prompts, seed=0)
    return {row.number: answer.text for row, answer in zip(rows, given, strict=True)}


def _mean_pce(rows: list[Row]) -> float:
    """The mean of the measured PCE [%] of the MDP rows among `rows`."""
    rows = [row for row in rows if task_of(row.instruction) == "mdp"]
    values = [parse_answer("mdp", row.output).get("PCE") for row in rows]
    measured = [value for value in values if value is not None]
    return sum(measured) / len(measured)


def sii_scores(rows: list[Row], texts: dict[int, str]) -> dict[str, float]:
    """{"f1": …} of the answers `texts` (by row number) over all fields."""
    from masterkey.scoring import sound as scoring

    predictions = [parse_answer("sii", texts.get(row.number)) or {} for row in rows]
    references = [parse_answer("sii", row.output) for row in rows]
    majority = scoring.majority_values(references)
    counts = scoring.tally(references, predictions, [row.input for row in rows], majority)
    return {"f1": scoring.score(counts, seed=0, n_resamples=1).observed["f1"]}


def mdp_scores(rows: list[Row], texts: dict[int, str], mean_pce: float) -> dict[str, float]:
    """{"pce_mae": … [%], "pce_readable": … (0–1)} of the answers `texts` (by row number)."""
    references = [parse_answer("mdp", row.output)["PCE"] for row in rows]
    predictions = [(parse_answer("mdp", texts.get(row.number)) or {}).get("PCE") for row in rows]
    n_readable = sum(prediction is not None for prediction in predictions)
    errors = [
        abs((mean_pce if prediction is None else prediction) - reference)
        for reference, prediction in zip(references, predictions, strict=True)
    ]
    return {"pce_mae": sum(errors) / len(rows), "pce_readable": n_readable / len(rows)}
