"""Answers of any OpenAI-compatible server, which get the same prompts as a local checkpoint."""

import re
from collections.abc import Iterator
from pathlib import Path

from masterkey.predicting.arguments import PredictionArguments
from masterkey.predicting.decoding.free import Sampling
from masterkey.predicting.loaded_model import answer_room
from masterkey.predicting.shots import DescribedTask
from masterkey.predicting.value_confidence import value_confidence
from masterkey.rows.predictions import Failed, Prediction
from masterkey.rows.prompts import PromptSettings, build_prompt, load_settings
from masterkey.rows.records import Row, model_text
from masterkey.scripting.command_line import UserError
from masterkey.scripting.processes import Process
from masterkey.scripting.provenance import data_file
from masterkey.servers.client import Failure, Reply, Request, Server, ServerSettings, api_key
from masterkey.servers.constraints import constraint_body, mdp_answer, sii_answer

# Characters of a value under a constraint; the longest published one has 44.
_LONGEST_VALUE = 200
# What a server's tokenizer would take for a special token: it would end the prompt in its midst.
_SPECIAL = re.compile(
    r"<(?=/?s>|(?:unk|pad|mask|bos|eos|start_of_turn|end_of_turn)>|[|｜][^<>|｜\s]{1,40}[|｜]>)"
)


class ServerBackend:
    """Predictions for rows from a server, written one by one as they come."""

    def __init__(self, task: str, arguments: PredictionArguments, training: list[Row]):
        self._task, self._arguments = task, arguments
        self._sampling = (
            Sampling(arguments.temperature, arguments.top_p, arguments.top_k)
            if arguments.do_sample
            else None
        )
        self._described = None
        if arguments.shots is not None:
            self._described = DescribedTask(task, training, arguments.shots)
        self._prompt_settings = self._load_prompt_settings()
        self._max_new_tokens = arguments.max_new_tokens or answer_room(task, self._prompt_settings)
        self._form = sii_answer(_LONGEST_VALUE) if task == "sii" else mdp_answer()
        self._constraint = constraint_body(arguments.constraint, self._form)
        self._n_outside = self._n_unscored = 0
        self._logprobs = True
        self._server = Server(
            ServerSettings(
                arguments.base_url,
                arguments.model,
                endpoint=arguments.endpoint,
                concurrency=arguments.concurrency,
                timeout=arguments.timeout,
                max_retries=arguments.max_retries,
            ),
            api_key(),
        )
        self.settings = self._settings()

    def _load_prompt_settings(self) -> PromptSettings:
        """Those saved with the checkpoint, where its folder is at hand under the name it is served as."""
        arguments = self._arguments
        if self._described:
            return PromptSettings(f"described, {arguments.shots} shots")
        if arguments.prompt_style is None and not Path(arguments.model).exists():
            raise UserError(
                f"--model {arguments.model}: is no folder or GGUF file here, so the prompt it was trained on is "
                "unknown; add --prompt_style alpaca, or --shots 0 for a model that was never fine-tuned."
            )
        return load_settings(arguments.model, arguments.prompt_style)

    def _settings(self) -> dict:
        arguments = self._arguments
        settings = {
            "model": arguments.model,
            "backend": "server",
            "endpoint": arguments.endpoint,
            "prompt_style": self._prompt_settings.prompt_style,
            "decoding": "sampled" if self._sampling else "free",
            "constraint": arguments.constraint,
            "max_new_tokens": self._max_new_tokens,
        }
        if self._sampling:
            settings |= {**vars(self._sampling), "seed": arguments.seed}
        if arguments.shots:
            settings["train"] = data_file(arguments.train)
        return settings

    def predictions(
        self, rows: list[Row], done: set[str], process: Process
    ) -> Iterator[list[tuple[Row, Prediction | Failed]]]:
        """One row with its prediction after the other, in the order in which the server answers."""
        from tqdm import tqdm

        mine = [row for row in rows[process.number :: process.n] if row.id not in done]
        with self._server as server:
            if mine:
                # The shortest: the server may refuse a paper too long for it, and take all others.
                trial = self._request(min(mine, key=lambda row: len(row.input)))
                self._logprobs = server.check(trial)
            answers = server.ask_all(self._request(row) for row in mine)
            for number, answer in tqdm(
                answers, total=len(mine), unit="row", desc="ask", disable=not process.first
            ):
                yield [(mine[number], self._prediction(answer))]

    def _request(self, row: Row) -> Request:
        sampling, extra = {}, dict(self._constraint)
        if self._sampling:
            # One seed for each row, the same whenever it is asked again.
            seed = self._arguments.seed + row.number
            sampling = {
                "temperature": self._sampling.temperature,
                "top_p": self._sampling.top_p,
                "seed": seed,
            }
            extra["top_k"] = self._sampling.top_k
        return Request(
            self._prompt(row),
            self._max_new_tokens,
            logprobs=self._logprobs,
            extra=extra,
            **sampling,
        )

    def _prompt(self, row: Row) -> str:
        settings = self._prompt_settings
        if self._described:
            prompt = self._described.prompt(row)
        else:
            text = model_text(row, keep_markers=settings.keep_markers)[0]
            prompt = build_prompt(settings.prompt_style, row.instruction, text).text()
        return _SPECIAL.sub("< ", prompt)

    def _prediction(self, answer: Reply | Failure) -> Prediction | Failed:
        if isinstance(answer, Failure):
            return Failed(answer.reason)
        # No server complains about a constraint that it does not know.
        if self._constraint and not re.fullmatch(self._form.regex, answer.text.strip("\n")):
            self._n_outside += 1
        more = {
            "prompt_style": self._prompt_settings.prompt_style,
            "stop_reason": {"stop": "eos"}.get(answer.finish_reason, answer.finish_reason),
            "n_generated_tokens": answer.completion_tokens,
            "n_prompt_tokens": answer.prompt_tokens,
            "n_attempts": answer.attempts,
        }
        confidence = value_confidence(self._task, answer.text, answer.tokens or ())
        if not confidence and self._arguments.abstain_below is not None:
            return Failed("it came without log-probabilities, which --abstain_below needs")
        self._n_unscored += not confidence
        return Prediction(answer.text, more | confidence)

    def summary(self) -> dict:
        """What was asked and what it cost."""
        usage = {"base_url": self._arguments.base_url, **self._server.usage.as_dict()}
        if self._constraint:
            usage["answers_outside_the_constraint"] = self._n_outside
        if self._n_unscored:
            usage["answers_without_confidence"] = self._n_unscored
        del usage["seconds"]  # but for its start and end the run's own
        prices = (self._arguments.price_in, self._arguments.price_out)
        if None not in prices:
            usage["cost"] = round(self._server.usage.cost(*prices), 6)
        return usage
