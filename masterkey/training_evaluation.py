"""The task's own score of a few evaluation rows, answered by the model while it is trained."""

from masterkey.command_line import UserError
from masterkey.encoding import EncodedPrompt
from masterkey.local_backend import LONGEST_ANSWER, FreeAnswers, LoadedModel, SkeletonAnswers
from masterkey.prediction_arguments import DecodingArguments
from masterkey.predictions import parse_answer
from masterkey.prompts import PromptSettings
from masterkey.records import Row, read_rows, task_of

# Names of the scores, as --metric_for_best_model takes them.
SCORE_NAMES = {"sii": "f1", "mdp": "pce_mae"}


class AnswerScorer:
    """Answers the first rows of the evaluation file and scores them by the sound track's rules.

    SII: F1 over all fields of all papers (greater is better). MDP: mean absolute error of PCE [%]
    (smaller is better), an unreadable answer counting as the mean of the measured values.
    Raises `UserError` where the rows are of neither task, or of both.
    """

    def __init__(
        self,
        path: str,
        n_rows: int,
        tokenizer,
        settings: PromptSettings,
        max_length: int,
        batch_size: int,
    ):
        self.rows = read_rows(path, answers="required")[:n_rows]
        tasks = {task_of(row.instruction) for row in self.rows}
        if len(tasks) != 1 or None in tasks:
            raise UserError(
                f"--eval_generate_rows: {path} holds not only SII or only MDP rows, so there is no "
                "score for its answers; leave the flag out (the loss is measured all the same)."
            )
        (self.task,) = tasks
        read_rows(path, task=self.task, answers="required")  # all fields are there
        self.batch_size = batch_size
        longest_answer = int(1.5 * (settings.longest_answer or LONGEST_ANSWER[self.task]))
        self._of_model = {
            "task": self.task,
            "name": "the model in training",
            "tokenizer": tokenizer,
            "settings": settings,
            "context": max_length,
            "max_new_tokens": min(longest_answer, max_length // 2),
        }
        self._loaded = self._answers = None

    def score(self, model, sharded: bool) -> dict:
        """{"f1": …} or {"pce_mae": …}; of a sharded model all processes must ask for it.

        `model`: the causal language model itself, not a wrapper, unless it is sharded.
        """
        if self._loaded is None or self._loaded.model is not model:
            self._loaded = LoadedModel(model=model, **self._of_model)
            # Skeleton decoding calls parts of the model, which hold nothing where weights are sharded.
            self._answers = (
                FreeAnswers(self._loaded, None)
                if sharded
                else SkeletonAnswers(self._loaded, DecodingArguments(), [])
            )
        prompts = self._loaded.encode(self.rows)
        pairs = [
            (row, prompt)
            for row, prompt in zip(self.rows, prompts, strict=True)
            if prompt is not None
        ]
        pairs.sort(key=lambda pair: -len(pair[1].ids))
        texts: dict[int, str] = {}
        for start in range(0, len(pairs), self.batch_size):
            texts |= self._texts(pairs[start : start + self.batch_size])
        return {SCORE_NAMES[self.task]: _score(self.task, self.rows, texts)}

    def _texts(self, pairs: list[tuple[Row, EncodedPrompt]]) -> dict[int, str]:
        rows, prompts = map(list, zip(*pairs, strict=True))
        answers = self._answers.answer(rows, prompts, seed=0)
        return {row.number: answer.text for row, answer in zip(rows, answers, strict=True)}


def _score(task: str, rows: list[Row], texts: dict[int, str]) -> float:
    predictions = [parse_answer(task, texts.get(row.number)) or {} for row in rows]
    references = [parse_answer(task, row.output) for row in rows]
    return (_f1 if task == "sii" else _pce_mae)(references, predictions, rows)


def _f1(references: list[dict], predictions: list[dict], rows: list[Row]) -> float:
    from masterkey import scoring

    majority = scoring.majority_values(references)
    texts = [row.input for row in rows]
    counts = scoring.tally(references, predictions, texts, majority)
    return scoring.score(counts, seed=0, n_resamples=1).observed["f1"]


def _pce_mae(references: list[dict], predictions: list[dict], rows: list[Row]) -> float:
    import numpy as np

    from masterkey.regression_scoring import with_mean

    tables = [
        np.array([answer.get("PCE", np.nan) for answer in answers], float)
        for answers in (references, predictions)
    ]
    return float(np.nanmean(np.abs(with_mean(*tables) - tables[0])))
