"""Recipes: a YAML file of flags as first argument, with command-line overrides behind it.

    train.py configs/tiny.yaml --learning_rate 1e-3

is the same as writing every line of the file as `--key value` before the other flags. A flag on the
command line wins over the recipe's line, also under an older name (`--warmup_ratio` over
`warmup_steps`) and where the two exclude each other (`--deepspeed` over `fsdp`).
"""

import re

from masterkey.scripting.command_line import UserError
from masterkey.scripting.files import read_text
from masterkey.training.flags.given import read_flags
from masterkey.training.flags.old_flags import current_name

# A flag of the command line that leaves lines of the recipe without meaning.
_RIVALS = {
    "deepspeed": {"fsdp", "fsdp_config"},
    "fsdp": {"deepspeed"},
    "global_batch_size": {"gradient_accumulation_steps"},
    "gradient_accumulation_steps": {"global_batch_size"},
}


def expand_recipe(argv: list[str]) -> list[str]:
    """`argv` with a leading recipe file replaced by its flags; flags given beside it win."""
    if not argv or not argv[0].endswith((".yaml", ".yml")):
        return argv
    given = {current_name(flag.name) for flag in read_flags(argv[1:])}
    given = given.union(*(_RIVALS.get(name, ()) for name in given))
    words: list[str] = []
    for key, value in _read_recipe(argv[0]).items():
        if current_name(key) not in given:
            words += [f"--{key}", *_words(value)]
    return words + argv[1:]


def _read_recipe(path: str) -> dict:
    import yaml

    try:
        recipe = yaml.load(read_text(path), Loader=_recipe_loader())
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}, column {mark.column + 1} " if mark else ""
        problem = getattr(error, "problem", None) or "unreadable"
        raise UserError(
            f"{path}: {where}is not a valid recipe ({problem}); mend it there."
        ) from None
    if not isinstance(recipe, dict):
        raise UserError(f"{path}: holds no `key: value` lines; each names a flag of train.py.")
    for key in recipe:
        if not isinstance(key, str):
            raise UserError(f"{path}: the key {key!r} is no name of a flag of train.py.")
    return recipe


def _recipe_loader():
    """PyYAML's safe loader; a word such as `no` stays a word (`save_strategy: no`), a key is unique."""
    import yaml

    class RecipeLoader(yaml.SafeLoader):
        def construct_mapping(self, node, deep=False):
            keys = [self.construct_object(key, deep=True) for key, _ in node.value]
            for i, (key, _) in enumerate(node.value):
                if (name := keys[i]) in keys[:i]:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"the key {name!r} is there twice", key.start_mark
                    )
            return super().construct_mapping(node, deep)

    booleans = "tag:yaml.org,2002:bool"
    RecipeLoader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != booleans]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    RecipeLoader.add_implicit_resolver(booleans, re.compile("^(true|false)$", re.I), list("tTfF"))
    return RecipeLoader


def _words(value) -> list[str]:
    if isinstance(value, list):
        return [str(item) for item in value]
    if isinstance(value, dict):
        import json

        return [json.dumps(value)]
    return ["" if value is None else str(value)]
