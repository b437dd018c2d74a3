"""The flags of sii_test.py and regression_test.py."""

from dataclasses import dataclass, field

from masterkey.predicting.intervals.flags import IntervalArguments
from masterkey.scripting.command_line import UserError
from masterkey.servers.constraints import KINDS


@dataclass
class DecodingArguments(IntervalArguments):
    """Flags of the model on this machine; infer.py has them, too."""

    max_new_tokens: int | None = field(
        default=None,
        metadata={"help": "limit of an answer; by default 1.5 times the longest training answer"},
    )
    max_value_tokens: int = field(
        default=64, metadata={"help": "skeleton decoding: limit of one value"}
    )
    restrict_values: bool = field(
        default=True,
        metadata={
            "help": "skeleton decoding: TRUE/FALSE, the architecture and numbers may be nothing else"
        },
    )
    draft_tokens: int = field(
        default=16,
        metadata={"help": "tokens drafted per row and pass; 0: none. Never changes an answer"},
    )
    prompt_style: str | None = field(
        default=None, metadata={"help": "prompt style, if it is not the one saved with the model"}
    )
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


@dataclass
class ServerArguments:
    """Flags of `--backend server`."""

    base_url: str = field(
        default="http://localhost:8000/v1", metadata={"help": "server: its address"}
    )
    endpoint: str = field(
        default="completions",
        metadata={"help": "server: how it is asked", "choices": ["completions", "chat"]},
    )
    concurrency: int = field(default=8, metadata={"help": "server: requests under way at a time"})
    timeout: float = field(default=120.0, metadata={"help": "server: seconds for one attempt"})
    max_retries: int = field(default=6, metadata={"help": "server: attempts after a failed one"})
    constraint: str = field(
        default="none",
        metadata={
            "help": "server: make it keep to the schema, in the way that this kind of server takes",
            "choices": KINDS,
        },
    )
    shots: int | None = field(
        default=None,
        metadata={
            "help": "server: for models that were never fine-tuned, describe the schema and show "
            "this many of the nearest rows of --train (0: describe it only)"
        },
    )
    price_in: float | None = field(
        default=None, metadata={"help": "server: price of a million prompt tokens"}
    )
    price_out: float | None = field(
        default=None, metadata={"help": "server: price of a million answer tokens"}
    )


@dataclass
class SamplingArguments:
    """Flags of the published sampling."""

    do_sample: bool = field(
        default=False,
        metadata={"help": "sample freely as the published scripts did, instead of greedy decoding"},
    )
    temperature: float = field(default=0.8, metadata={"help": "with --do_sample"})
    top_p: float = field(default=0.75, metadata={"help": "with --do_sample"})
    top_k: int = field(default=40, metadata={"help": "with --do_sample"})
    seed: int = field(default=0, metadata={"help": "with --do_sample: seed of the sampling"})


@dataclass
class FileArguments:
    """The flags that come first."""

    model: str = field(
        metadata={
            "help": "folder of a checkpoint or a LoRA adapter, or a GGUF file (or hub name); with --backend server its "
            "name there"
        }
    )
    data_path: str | None = field(
        default=None,
        metadata={
            "help": "JSON or JSONL file of rows; answers are not needed (default: the 40 published "
            "test rows where data/ holds them, else the invented ones of data/sample)"
        },
    )
    output_path: str | None = field(
        default=None,
        metadata={
            "help": "JSON Lines file to write; a killed run continues it (default: "
            "runs/MODEL_TASK.jsonl, by the last part of --model)"
        },
    )
    batch_size: int = field(default=16, metadata={"help": "rows decoded together"})
    limit: int | None = field(default=None, metadata={"help": "predict the first rows only"})
    overwrite: bool = field(
        default=False, metadata={"help": "start anew where --output_path exists already"}
    )
    backend: str = field(
        default="local",
        metadata={
            "help": "local: this machine; server: any OpenAI-compatible server",
            "choices": ["local", "server"],
        },
    )
    decoding: str | None = field(
        default=None,
        metadata={
            "help": "skeleton: the model writes values only, names are given; free: it writes the "
            "whole answer (default: skeleton; with --do_sample or a server: free)",
            "choices": ["skeleton", "free"],
        },
    )
    train: str | None = field(
        default=None,
        metadata={"help": "training rows: the nearest ones serve as drafts, or as --shots"},
    )
    abstain_below: float | None = field(
        default=None, metadata={"help": "leave values of lower confidence (0 to 1) empty"}
    )


@dataclass
class PredictionArguments(ServerArguments, SamplingArguments, DecodingArguments, FileArguments):
    """All flags; bases in reverse order, so that `--help` lists the files first."""

    def check(self) -> None:
        """Raise `UserError` for values out of range, and for flags that contradict each other."""
        for name in ("batch_size", "limit", "max_new_tokens", "max_value_tokens", "concurrency"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise UserError(f"--{name} {value}: must be 1 or more.")
        for name in ("draft_tokens", "shots", "max_retries", "top_k"):
            value = getattr(self, name)
            if value is not None and value < 0:
                raise UserError(f"--{name} {value}: must be 0 or more.")
        if not self.temperature > 0:
            raise UserError(
                f"--temperature {self.temperature}: must be more than 0; leave --do_sample out for "
                "greedy decoding."
            )
        if not 0 < self.top_p <= 1:
            raise UserError(f"--top_p {self.top_p}: must be more than 0 and at most 1.")
        if self.abstain_below is not None and not 0 <= self.abstain_below <= 1:
            raise UserError(f"--abstain_below {self.abstain_below}: must be between 0 and 1.")
        if self.decoding == "skeleton" and (self.do_sample or self.backend == "server"):
            other = "--do_sample" if self.do_sample else "--backend server"
            raise UserError(
                f"--decoding skeleton: is greedy and on this machine; leave {other} out."
            )
        if self.shots is not None and self.backend != "server":
            raise UserError(f"--shots {self.shots}: is for --backend server; add it.")
        if self.shots and not self.train:
            raise UserError(f"--shots {self.shots}: needs --train, the rows to show.")
        if self.abstain_below is not None and self.free and self.backend != "server":
            raise UserError(
                "--abstain_below: needs the confidence that skeleton decoding gives; leave "
                "--decoding free and --do_sample out."
            )

    @property
    def free(self) -> bool:
        """Whether answers are written freely, names included."""
        return self.decoding == "free" or self.do_sample or self.backend == "server"
