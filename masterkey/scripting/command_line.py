"""Command lines of the scripts: a dataclass of arguments becomes the flags, a mistake one sentence.

    @dataclass
    class Arguments:
        data_path: str = field(metadata={"help": "…"})
        batch_size: int = field(default=8, metadata={"help": "…"})

    if __name__ == "__main__":
        run(main, Arguments, __doc__)

Flags follow Hugging Face: `--data_path x`, booleans as `--do_sample`, `--do_sample True` or
`--no_do_sample`. Only the standard library is imported, so `--help` is instant.
"""

import argparse
import dataclasses
import os
import sys
import types
import typing

_TRUE, _FALSE = frozenset(("true", "yes", "1")), frozenset(("false", "no", "0"))


class UserError(Exception):
    """A mistake that the user can mend: one sentence with file, row, what was found, what to do."""

    def _render_traceback_(self) -> list[str]:
        """IPython's hook: a notebook, too, shows the sentence alone."""
        return [f"error: {self}"]


def in_a_line(text: object, most: int = 200) -> str:
    """Another program's message for a sentence of ours: one line, without its last full stop.

    Where it is longer than `most` characters it ends with a whole sentence, else with a whole word and "…".
    """
    line = " ".join(str(text).split())
    if len(line) > most:
        sentence_end = line.rfind(". ", 0, most)
        line = line[:sentence_end] if sentence_end > 0 else f"{line[:most].rpartition(' ')[0]} …"
    return line.removesuffix(".")


def run(main, arguments_class, manual: str, argv: list[str] | None = None) -> None:
    """Parse `argv` into `arguments_class`, call `main` with it; a `UserError` exits with code 2."""
    arguments = parse_arguments(arguments_class, manual, argv)
    with user_errors():
        main(arguments)


class user_errors:
    """Context: a `UserError` inside is printed as one line to stderr and exits with code 2."""

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        if kind is not None and issubclass(kind, UserError):
            print(f"error: {error}", file=sys.stderr)
            raise SystemExit(2)
        if kind is KeyboardInterrupt:
            print("stopped by Ctrl-C", file=sys.stderr)
            raise SystemExit(130)
        if kind is not None and issubclass(kind, BrokenPipeError):  # `… | head` closed the pipe
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise SystemExit(141)
        return False


def parse_arguments(arguments_class, manual: str, argv: list[str] | None = None):
    """An instance of the dataclass `arguments_class` from the command line.

    `manual` (a script's docstring) is printed above the flags by `--help`. A field without a
    default is required; `metadata` may hold `help`, `choices` and `positional`.
    """
    argv = _with_values_of_booleans(arguments_class, sys.argv[1:] if argv is None else argv)
    # Intermixed: files may stand before, between and behind the flags.
    return arguments_class(**vars(_parser(arguments_class, manual).parse_intermixed_args(argv)))


def _with_values_of_booleans(arguments_class, argv: list[str]) -> list[str]:
    """`--json paper.txt` → `--json True paper.txt`, where the script takes files without a flag."""
    fields = dataclasses.fields(arguments_class)
    if not any(field.metadata.get("positional") for field in fields):
        return argv
    types_of = typing.get_type_hints(arguments_class)
    booleans = {f"--{field.name}" for field in fields if types_of[field.name] is bool}
    words = []
    for word, following in zip(argv, [*argv, ""][1:], strict=True):
        words.append(word)
        if word in booleans and following.lower() not in _TRUE | _FALSE:
            words.append("True")
    return words


def _parser(arguments_class, manual: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=manual, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    types_of = typing.get_type_hints(arguments_class)
    for field in dataclasses.fields(arguments_class):
        _add_flag(parser, field, types_of[field.name])
    return parser


def _add_flag(parser, field: dataclasses.Field, annotation) -> None:
    item_type, is_list = _item_type(annotation)
    has_default = field.default is not dataclasses.MISSING
    default = field.default if has_default else None
    if field.default_factory is not dataclasses.MISSING:
        has_default, default = True, field.default_factory()
    options = {"help": _help(field, default, has_default), "choices": field.metadata.get("choices")}
    if field.metadata.get("positional"):
        nargs = ("*" if has_default else "+") if is_list else ("?" if has_default else None)
        parser.add_argument(field.name, type=item_type, nargs=nargs, default=default, **options)
    elif item_type is bool:
        parser.add_argument(
            f"--{field.name}", type=_boolean, nargs="?", const=True, default=default, **options
        )
        parser.add_argument(
            f"--no_{field.name}", dest=field.name, action="store_false", help=argparse.SUPPRESS
        )
        parser.set_defaults(**{field.name: default})
    else:
        nargs = "+" if is_list else None
        parser.add_argument(
            f"--{field.name}",
            type=item_type,
            nargs=nargs,
            default=default,
            required=not has_default,
            **options,
        )


def _item_type(annotation) -> tuple[type, bool]:
    """(type of one value, whether the flag takes several): `list[str] | None` → (str, True)."""
    if isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is typing.Union:
        annotation = next(a for a in typing.get_args(annotation) if a is not type(None))
    if typing.get_origin(annotation) is list:
        return typing.get_args(annotation)[0], True
    return annotation, False


def _help(field: dataclasses.Field, default, has_default: bool) -> str:
    text = field.metadata.get("help", "").replace("%", "%%")
    if not has_default:
        return text if field.metadata.get("positional") else f"{text} (required)"
    return text if default in (None, []) else f"{text} (default: {default})".replace("%)", "%%)")


def _boolean(text: str) -> bool:
    if text.lower() in _TRUE:
        return True
    if text.lower() in _FALSE:
        return False
    raise argparse.ArgumentTypeError(f"expected True or False, found {text!r}")
