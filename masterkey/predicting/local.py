"""Answers of a checkpoint on this machine, batch by batch."""

import math
import sys
from collections.abc import Iterator

from masterkey.predicting.arguments import DecodingArguments
from masterkey.predicting.decoding.decoder import Answer, SkeletonDecoder
from masterkey.predicting.decoding.drafts import DraftBook
from masterkey.predicting.decoding.free import Sampling, generate_answers
from masterkey.predicting.decoding.sampled import AnswerSampler
from masterkey.predicting.decoding.skeleton import make_skeleton
from masterkey.predicting.intervals.spread import summarised
from masterkey.predicting.loaded_model import LoadedModel
from masterkey.rows.encoding import EncodedPrompt
from masterkey.rows.predictions import Failed, Prediction
from masterkey.rows.records import Row
from masterkey.scripting.processes import Process
from masterkey.weights.token_ids import n_embeddings

NO_MEMORY = "not enough memory, alone in its batch"
# The allocators of CPUs and of Apple's GPUs, CUDA itself and cuBLAS have no exception of their own.
_OUT_OF_MEMORY = ("DefaultCPUAllocator", "out of memory", "CUBLAS_STATUS_ALLOC_FAILED")


class SkeletonAnswers:
    """Skeleton decoding with drafts: every answer has every field.

    With `arguments.n_samples` each device is answered so often more, for the scatter of its numbers.
    """

    def __init__(self, loaded: LoadedModel, arguments: DecodingArguments, training: list[Row]):
        skeleton = make_skeleton(
            loaded.tokenizer,
            loaded.task,
            loaded.max_new_tokens,
            arguments.max_value_tokens,
            restricted=arguments.restrict_values,
            n_embeddings=n_embeddings(loaded.model),
        )
        self._decoder = SkeletonDecoder(loaded.model, skeleton)
        self._sampler = None
        if arguments.n_samples and loaded.task == "mdp":
            self._sampler = AnswerSampler(self._decoder.chooser, skeleton, arguments.n_samples)
        self._draft_tokens = arguments.draft_tokens
        self._drafts = DraftBook(skeleton, training if arguments.draft_tokens else [])
        self._n_answers = self._n_passes = self._n_tokens = 0
        self.settings = {
            "decoding": "skeleton",
            "max_value_tokens": arguments.max_value_tokens,
            "restrict_values": arguments.restrict_values,
        }
        if self._sampler:
            self.settings["spread_samples"] = arguments.n_samples

    def answer(self, rows: list[Row], prompts: list[EncodedPrompt], seed: int) -> list[Prediction]:
        """The answers to `prompts`, decoded together; greedy, so `seed` decides nothing."""
        ids = [prompt.ids for prompt in prompts]
        drafters = self._drafts.drafters(rows, ids) if self._draft_tokens else None
        answers = self._decoder.decode(ids, drafters, self._draft_tokens)
        self._n_answers += len(answers)
        self._n_passes += sum(answer.n_passes for answer in answers)
        self._n_tokens += sum(answer.n_tokens for answer in answers)
        predictions = [self._predicted(answer) for answer in answers]
        if not self._sampler:
            return predictions
        # One prompt at a time: what is drawn for it does not depend on what is decoded beside it.
        drawn = [summarised(self._sampler.draw(own)) for own in ids]
        return [
            prediction.with_more({"sampled": own})
            for prediction, own in zip(predictions, drawn, strict=True)
        ]

    def summary(self) -> dict:
        """What drafts saved, over the answers of this process; not in the lines, which do not depend on it."""
        if not self._n_answers:
            return {}
        return {
            "forward_passes_per_answer": round(self._n_passes / self._n_answers, 2),
            "tokens_per_forward_pass": round(self._n_tokens / self._n_passes, 2),
        }

    def _predicted(self, answer: Answer) -> Prediction:
        values = answer.values
        closed = {name: v.alternatives for name, v in values.items() if v.alternatives}
        more = {
            "stop_reason": "eos",
            "n_generated_tokens": answer.n_tokens,
            "confidence": {name: round(math.exp(v.logprob), 4) for name, v in values.items()},
            "mean_logprob": {name: round(v.logprob / v.n_tokens, 4) for name, v in values.items()},
            "alternatives": {
                name: {value: round(p, 4) for value, p in probabilities.items()}
                for name, probabilities in closed.items()
            },
            "values_at_limit": [name for name, v in values.items() if v.reached_limit],
        }
        text = self._decoder.skeleton.answer({name: v.text for name, v in values.items()})
        return Prediction(text, more)


class FreeAnswers:
    """Answers written freely by `generate`: greedy, or sampled as the published scripts did."""

    def __init__(self, loaded: LoadedModel, sampling: Sampling | None):
        self._loaded, self._sampling = loaded, sampling
        self.settings = {"decoding": "sampled" if sampling else "free"}
        if sampling:
            self.settings |= vars(sampling)

    def answer(self, rows: list[Row], prompts: list[EncodedPrompt], seed: int) -> list[Prediction]:
        """The answers to `prompts`, all together, sampled with `seed` where sampling is on."""
        loaded, ids = self._loaded, [prompt.ids for prompt in prompts]
        answers = generate_answers(
            loaded.model, loaded.tokenizer, ids, loaded.max_new_tokens, self._sampling, seed
        )
        return [
            Prediction(a.text, {"stop_reason": a.stop_reason, "n_generated_tokens": a.n_tokens})
            for a in answers
        ]

    def summary(self) -> dict:
        return {}


class LocalBackend:
    """Predictions for rows, in batches of prompts of like length, this process's share of them."""

    def __init__(self, loaded: LoadedModel, answers, batch_size: int, seed: int | None):
        self._loaded, self._answers, self._batch_size = loaded, answers, batch_size
        self._seed = seed
        self.settings = {**loaded.described(), **answers.settings}
        if seed is not None:  # A sample depends on the batch that a row is in.
            self.settings |= {"seed": seed, "batch_size": batch_size}

    def predictions(
        self, rows: list[Row], done: set[str], process: Process
    ) -> Iterator[list[tuple[Row, Prediction | Failed]]]:
        """Groups of rows with their predictions, as they are ready; not those whose id is `done`.

        The longest prompts come first, so that a batch too large for the memory shows at once.
        """
        prompts = dict(zip([row.id for row in rows], self._loaded.encode(rows), strict=True))
        unfit = [row for row in rows if prompts[row.id] is None and row.id not in done]
        if unfit and process.first:
            yield [(row, Failed(self._unfit())) for row in unfit]
        fitting = [row for row in rows if prompts[row.id] is not None]
        self._announce(prompts, process)
        fitting.sort(key=lambda row: -len(prompts[row.id].ids))
        batches = [
            fitting[start : start + self._batch_size]
            for start in range(0, len(fitting), self._batch_size)
        ]
        mine = list(enumerate(batches))[process.number :: process.n]
        for number, batch in self._with_progress(mine, process):
            todo = [row for row in batch if row.id not in done]
            if todo:
                # A sampled batch whole again, though a kill left half of it: its samples stay the same.
                again = batch if self._seed is not None else todo
                group = self._answer(again, prompts, (self._seed or 0) + number)
                yield [pair for pair in group if pair[0].id not in done]

    def _answer(self, rows: list[Row], prompts: dict, seed: int) -> list:
        """Predictions of a batch, in halves where it does not fit into the memory."""
        if len(rows) > self._batch_size and self._seed is None:
            half = (len(rows) + 1) // 2
            return self._answer(rows[:half], prompts, seed) + self._answer(
                rows[half:], prompts, seed
            )
        encoded = [prompts[row.id] for row in rows]
        answers = out_of_memory_is_none(lambda: self._answers.answer(rows, encoded, seed))
        if answers is not None:
            return [
                (row, answer.with_more(self._of_prompt(prompt)))
                for row, prompt, answer in zip(rows, encoded, answers, strict=True)
            ]
        if len(rows) == 1:
            return [(rows[0], Failed(NO_MEMORY))]
        half = (len(rows) + 1) // 2
        self._batch_size = min(self._batch_size, half)
        changes = "" if self._seed is None else "; samples differ from those of a whole batch"
        print(
            f"out of memory with {len(rows)} rows: going on with {half} at a time{changes}.",
            file=sys.stderr,
        )
        return self._answer(rows[:half], prompts, seed) + self._answer(rows[half:], prompts, seed)

    def _of_prompt(self, prompt: EncodedPrompt) -> dict:
        return {
            "prompt_style": self._loaded.settings.prompt_style,
            "prompt_shortened": prompt.shortened,
        }

    def _unfit(self) -> str:
        return (
            f"its instruction alone does not fit into the {self._loaded.room} tokens that "
            f"--max_new_tokens {self._loaded.max_new_tokens} leaves of the model's "
            f"{self._loaded.context}"
        )

    def _announce(self, prompts: dict, process: Process) -> None:
        shortened = sum(prompt is not None and prompt.shortened for prompt in prompts.values())
        if process.first and shortened:
            print(
                f"{shortened} of {len(prompts)} rows with the input shortened to fit "
                f"{self._loaded.room} tokens"
            )

    def _with_progress(self, batches: list, process: Process):
        """The batches, with a progress bar over rows (the first process's share)."""
        from tqdm import tqdm

        total = sum(len(rows) for _, rows in batches)
        with tqdm(total=total, unit="row", desc="predict", disable=not process.first) as bar:
            for number, rows in batches:
                yield number, rows
                bar.update(len(rows))

    def summary(self) -> dict:
        return self._answers.summary()


def out_of_memory_is_none(work):
    """What `work()` returns; None where the memory did not suffice."""
    import torch

    try:
        return work()
    except torch.OutOfMemoryError:
        pass
    except RuntimeError as error:
        if not any(words in str(error) for words in _OUT_OF_MEMORY):
            raise
    # Outside the handler, which would keep the tensors of the traceback's frames alive.
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    return None
