"""The flags of infer.py that say which papers are read, and what is written of them."""

from dataclasses import dataclass, field, fields
from pathlib import Path

from masterkey.predicting.arguments import DecodingArguments
from masterkey.predicting.paper_run import PaperRun
from masterkey.predicting.readers import Choice
from masterkey.scripting.command_line import UserError


@dataclass
class PaperArguments:
    """Flags of papers, folders and files to write."""

    paths: list[str] = field(
        default_factory=list,
        metadata={
            "help": "papers (text, Markdown, PDF, HTML, XML, DOCX), folders of them, or a file of devices; "
            "by default standard input or the terminal",
            "positional": True,
        },
    )
    whole_text: bool = field(
        default=False,
        metadata={"help": "read all of a long text, not its experimental section alone"},
    )
    output_path: str | None = field(
        default=None,
        metadata={
            "help": "papers: file to write, by its ending .jsonl, .csv, .xlsx or .parquet; a killed run "
            "continues it"
        },
    )
    format: str | None = field(
        default=None,
        metadata={
            "help": "papers: write the records of another database to --output_path, a folder: nomad, nomad-llm or perla"
        },
    )
    omit_defaults: bool = field(
        default=False,
        metadata={"help": "papers: leave out of tables and records what no paper states"},
    )
    overwrite: bool = field(
        default=False, metadata={"help": "papers: start anew where --output_path exists already"}
    )
    num_workers: int | None = field(
        default=None,
        metadata={
            "help": "papers: processes that read; by default as many as cores. A checkpoint has one"
        },
    )
    shard: str | None = field(
        default=None,
        metadata={
            "help": "papers: read the K-th of N shares, K/N, for N machines (configs/slurm_papers.sh)"
        },
    )

    def check_papers(self) -> None:
        """Raise `UserError` for values out of range, and for flags that contradict each other."""
        for name in ("format", "omit_defaults", "overwrite"):
            if getattr(self, name) and not self.output_path:
                raise UserError(f"--{name}: says how a file is written; add --output_path.")
        if self.num_workers is not None and self.num_workers < 1:
            raise UserError(f"--num_workers {self.num_workers}: must be 1 or more.")
        if self.is_collection and not self.paths:
            raise UserError(
                "--output_path, --shard: are for papers in files; name files or folders."
            )

    @property
    def is_collection(self) -> bool:
        """Whether papers are read into a file or one line after another, not into tables."""
        is_folder = len(self.paths) == 1 and Path(self.paths[0]).is_dir()
        return bool(len(self.paths) > 1 or is_folder or self.output_path or self.shard)

    def paper_run(self, first: Choice, second: Choice | None) -> PaperRun:
        """What these flags ask for, with who reads."""
        named = (
            "paths",
            "output_path",
            "format",
            "omit_defaults",
            "whole_text",
            "shard",
            "num_workers",
            "overwrite",
        )
        # The flags of decoding alone: the script's own class is unknown to other processes.
        decoding = {own.name: getattr(self, own.name) for own in fields(DecodingArguments)}
        return PaperRun(
            first=first,
            second=second,
            decoding=DecodingArguments(**decoding),
            **{name: getattr(self, name) for name in named},
        )
