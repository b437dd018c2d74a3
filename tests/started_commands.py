"""Starts scripts up to their flags: each is run as `python SCRIPT …` runs it, and stops once it has parsed.

`python tests/started_commands.py` reads a JSON list of commands (lists of words, the script first) from
standard input and prints, for each, null or what the script said against its flags. One process for all:
torch and transformers are imported once. A command that ends in `…` is checked flag by flag.
"""

import contextlib
import io
import json
import os
import runpy
import sys

from masterkey.scripting import command_line

ELLIPSIS = "…"


def parse_only(main, arguments_class, manual, argv=None):
    """In the place of `command_line.run`: the script's own flags, parsed; its work is not done."""
    argv = sys.argv[1:] if argv is None else argv
    if ELLIPSIS in argv:
        known = command_line._parser(arguments_class, manual)._option_string_actions
        unknown = [word for word in argv if word.startswith("--") and word not in known]
        if unknown:
            raise SystemExit(f"unrecognized arguments: {' '.join(unknown)}")
    else:
        command_line.parse_arguments(arguments_class, manual, argv)
    raise SystemExit(0)


def parse_training_only(parse):
    """In the place of `parse_training_arguments`: the same, and the end of train.py."""

    def parsed(argv):
        if ELLIPSIS in argv:
            argv = [*(word for word in argv if word != ELLIPSIS), "--data_path", "rows.json"]
            argv += ["--model_name_or_path", "model"]
        parse(argv)
        raise SystemExit(0)

    return parsed


def complaint(words: list[str]) -> str | None:
    """What the script says against its flags; None where it would begin its work."""
    said = io.StringIO()
    environment = dict(os.environ)
    sys.argv = list(words)
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
            runpy.run_path(words[0], run_name="__main__")
    except SystemExit as end:
        return None if end.code in (0, None) else f"{said.getvalue()}{end.code}"
    finally:  # train.py sets variables for accelerate
        os.environ.clear()
        os.environ.update(environment)
    return f"{words[0]}: ended without parsing flags"


def main() -> None:
    commands = json.load(sys.stdin)
    command_line.run = parse_only
    if any(words[0] == "train.py" for words in commands):
        from masterkey.training.flags import arguments

        arguments.parse_training_arguments = parse_training_only(arguments.parse_training_arguments)
    print(json.dumps([complaint(words) for words in commands]))


if __name__ == "__main__":
    main()
