"""Check what was read from papers in a browser: the text left, the record right, each value beside its words.

    python infer.py --method fields papers/ --output_path runs/papers.jsonl
    python review.py runs/papers.jsonl                          # then open the address that it prints
    python review.py runs/papers.jsonl --mdp_model runs/forests_and_kernel.npz --model runs/fields.npz
    python review.py runs/mine.jsonl --new                      # no papers yet: upload them on the page

Every edit is at once on the disk, in runs/papers.edits.jsonl; finished papers stand in
runs/papers.reviewed.jsonl, which is a file of training rows and of answers to score against:

    python sii_evaluate.py runs/papers.jsonl --data_path runs/papers.reviewed.jsonl
    python sii_baseline.py --method fields --train runs/papers.reviewed.jsonl --save_model runs/fields.npz
    python train.py configs/tiny.yaml --data_path runs/papers.reviewed.jsonl …

The page is for this machine alone. `--host 0.0.0.0` opens it to others, who need the token in the address
that is printed; the connection is not encrypted, so use it in a network that you trust. Without --mdp_model
the performance of devices is learned on the spot, in the background (--no_performance leaves it out);
without --model the first uploaded paper waits half a minute for what reads it. docs/review.md says more.
"""

import getpass
import secrets
import signal
import socket
import sys
from dataclasses import dataclass, field
from pathlib import Path

from masterkey.scripting.command_line import UserError, run


@dataclass
class Arguments:
    path: str = field(
        metadata={
            "help": "prediction file of papers (JSON Lines)",
            "positional": True,
        }
    )
    new: bool = field(
        default=False,
        metadata={
            "help": "begin without papers where the file does not exist: they come by upload"
        },
    )
    reviewer: str | None = field(
        default=None, metadata={"help": "who reviews, for the log; by default the login name"}
    )
    host: str = field(default="127.0.0.1", metadata={"help": "address to listen at"})
    port: int = field(default=8765, metadata={"help": "port to listen at; 0: any that is free"})
    token: bool = field(
        default=False,
        metadata={
            "help": "ask for a token on this machine, too (where others are logged in as well)"
        },
    )
    performance: bool = field(
        default=True, metadata={"help": "predict Voc, Jsc, FF and PCE beside each record"}
    )
    mdp_model: str | None = field(
        default=None,
        metadata={"help": "what regression_baseline.py kept by --save_model; else learned at once"},
    )
    mdp_train: str | None = field(
        default=None, metadata={"help": "devices to learn performance from, without --mdp_model"}
    )
    model: str | None = field(
        default=None,
        metadata={"help": "what sii_baseline.py --method fields kept; reads uploaded papers"},
    )
    train: str | None = field(
        default=None, metadata={"help": "papers to learn reading from, without --model"}
    )
    max_upload_mb: int = field(default=50, metadata={"help": "largest file that may be uploaded"})

    def check(self) -> None:
        """Raise `UserError` for values that make no sense."""
        check_papers(Path(self.path), self.new)
        if not 0 <= self.port < 2**16:
            raise UserError(f"--port {self.port}: give a number from 0 to 65535.")
        if self.max_upload_mb < 1:
            raise UserError(f"--max_upload_mb {self.max_upload_mb}: give 1 or more.")
        for flag in ("model", "train", "mdp_model", "mdp_train"):
            path = getattr(self, flag)
            if path and not Path(path).is_file():
                raise UserError(f"--{flag} {path}: no such file; check the path.")


def check_papers(path: Path, new: bool) -> None:
    """Raise `UserError` where `path` is no file to review; a missing one is taken where it is to be `new`."""
    if path.is_dir():
        inside = f"one of those in it: {names}" if (names := files_in(path)) else MADE_BY
        raise UserError(f"{path}: is a folder; name a file of predictions, {inside}.")
    if path.suffix != ".jsonl":
        raise UserError(f"{path}: is no file of JSON Lines; name a file ….jsonl, {MADE_BY}.")
    if path.name.endswith(OWN):
        raise UserError(f"{path}: is written by review.py; name the file of predictions.")
    if not path.parent.is_dir():
        raise UserError(f"{path}: there is no folder {path.parent}; check the path.")
    if not (new or path.exists() or was_filled_by_upload(path)):
        beside = f" (beside it lie {names})" if (names := files_in(path.parent)) else ""
        raise UserError(
            f"{path}: no such file{beside}; check the path, or give --new to begin one that is filled by upload."
        )


MADE_BY = "such as infer.py leaves beside what it writes or convert_records.py makes"
OWN = (".edits.jsonl", ".reviewed.jsonl")


def files_in(folder: Path) -> str:
    """Which files in `folder` could have been meant, three at most; "" where there is none."""
    found = sorted(p.name for p in folder.glob("*.jsonl") if not p.name.endswith(OWN))
    return ", ".join(found[:3]) + (" …" if len(found) > 3 else "")


def was_filled_by_upload(path: Path) -> bool:
    """Whether an earlier review of a file that is not there took papers by upload: they lie in the log."""
    log = path.with_suffix(".edits.jsonl")
    return log.is_file() and b'"action": "paper"' in log.read_bytes()


def main(arguments: Arguments) -> None:
    arguments.check()
    from masterkey.review.access import is_loopback
    from masterkey.review.application import application, guarded
    from masterkey.review.session import Review

    listening = listen(arguments.host, arguments.port)
    review = Review(arguments.path, arguments.reviewer or login_name())
    performance, uploads = readers(review, arguments)
    app = application(review, performance, uploads, most_bytes=arguments.max_upload_mb * 10**6)
    with_token = arguments.token or not is_loopback(arguments.host)
    token = secrets.token_urlsafe(24) if with_token else None
    announce(review, address(arguments.host, listening.getsockname()[1], token))
    try:
        serve(guarded(app, arguments.host, token), listening)
    finally:
        review.close()


def readers(review, arguments: Arguments):
    """Who predicts performance, and who reads uploaded papers; both are opened when they are needed."""
    from masterkey.predicting.arguments import DecodingArguments
    from masterkey.predicting.readers import Choice, open_reader
    from masterkey.review.performance import Performance
    from masterkey.review.uploads import Uploads

    devices = Choice(
        "mdp", "forests_and_kernel", arguments.mdp_model, arguments.mdp_train, 0, "mdp_"
    )
    papers = Choice("sii", "fields", arguments.model, arguments.train, 0)
    decoding = DecodingArguments()
    predicts = (lambda: open_reader(devices, decoding)) if arguments.performance else None
    return Performance(predicts), Uploads(review, lambda: open_reader(papers, decoding))


def login_name() -> str:
    """The name of who is logged in; "reviewer" where the system knows none."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "reviewer"


def listen(host: str, port: int) -> socket.socket:
    """A socket at the address. Raises `UserError` where it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise UserError(
            f"--host {host} --port {port}: cannot be listened at ({error.strerror}); "
            "give another --port (0: any that is free)."
        ) from None
    return listening


def address(host: str, port: int, token: str | None) -> str:
    """What to open in a browser."""
    if host in ("0.0.0.0", "::"):
        host = socket.gethostname()
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}/" + (f"?token={token}" if token else "")


def announce(review, address: str) -> None:
    n_done = sum(paper.record.done for paper in review.papers)
    papers = f"{counted(len(review.papers), 'paper')}, {n_done} of them reviewed"
    if not review.papers:
        papers = "nothing to review yet: upload papers on the page"
    print(f"{papers}; reviewer: {review.reviewer}")
    if review.n_unknown:
        of = "edit is of a paper" if review.n_unknown == 1 else "edits are of papers"
        print(f"note: {review.n_unknown} {of} that {review.path} no longer holds.")
    print(f"Open {address} (Ctrl-C ends)", flush=True)


def counted(n: int, what: str) -> str:
    """ "1 paper", "2 papers"."""
    return f"{n:,} {what}{'' if n == 1 else 's'}"


def serve(app, listening: socket.socket) -> None:
    """Answer requests until Ctrl-C or SIGTERM."""
    import uvicorn

    # uvicorn sends itself the signal that it has ended by: the reviewed file is still to be written.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    # No log of requests: the first one's address holds the token.
    config = uvicorn.Config(app, log_level="warning", access_log=False, server_header=False)
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    run(main, Arguments, __doc__)
