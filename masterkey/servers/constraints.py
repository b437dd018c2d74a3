"""Constraints that a server puts on an answer, so that every answer parses.

| kind | key in the body | versions |
| --- | --- | --- |
| `vllm` | `structured_outputs: {"regex": …}` | 0.11 and later |
| `vllm_guided` | `guided_regex` | before 0.12, which removed it |
| `sglang` | `regex` | grammar back end `xgrammar` (the default) or another |
| `llama.cpp` | `grammar` (GBNF), `cache_prompt` | of mid-2024 or later (`{m,n}`) |
| `none` | nothing | `transformers serve` (it refuses unknown keys with 422), hosted models |

A server that does not know a key may ignore it without a word (vLLM does, also for `guided_regex`
today). So look at whether answers match `Constraint.regex` (`re.fullmatch`).

llama.cpp runs in the tests. The others were read in the sources of vLLM 0.33.0 and SGLang 0.5.23; for
older ones in their documentation. The regular expressions use only what all engines have (literals, character
classes, `?`, `*`, `{m,n}`, groups): no anchors, since every server matches the whole answer, and no
look-ahead. tests/servers/test_guided.py checks them with Python's `re`. Python has no reference parser of
GBNF, so the tests only compare the grammars' literals with the regular expressions'; by hand, once,
llama.cpp's own validator (test-gbnf-validator, as of llama-cpp-python 0.3.36) and xgrammar 0.2.8
(the default engine of vLLM and SGLang) took and refused the same good and broken answers.
"""

from dataclasses import dataclass

from masterkey.schema import fields as schema
from masterkey.scripting.command_line import UserError

KINDS = ("none", "vllm", "vllm_guided", "sglang", "llama.cpp")


@dataclass(frozen=True)
class Constraint:
    """What a whole answer looks like, as a regular expression and as a GBNF grammar."""

    regex: str
    gbnf: str


def sii_answer(longest_value: int | None = None) -> Constraint:
    """An SII answer: the 31 field lines of `schema.format_sii_answer`, in order.

    A value is any text without newline or carriage return, so it cannot start another field, of at
    most `longest_value` characters where given (up to 2,000 in llama.cpp; else only the request's
    max_tokens ends it). One space may stand before the answer: many tokenizers put it there.
    """
    value = "[^\\n\\r]" + ("*" if longest_value is None else f"{{0,{longest_value}}}")
    names = [f"{name}: " for name in schema.SII_FIELDS]
    return _lines(names, value, value, separator=",\\n ")


def mdp_answer() -> Constraint:
    """An MDP answer: the lines `JV default Voc: 1.02` … of the four targets, each a plain number of
    up to 4 digits before and behind the point."""
    names = [f"JV default {name}: " for name in schema.MDP_TARGETS]
    number = "[0-9]{1,4}(\\.[0-9]{1,4})?"
    return _lines(names, number, '[0-9]{1,4} ("." [0-9]{1,4})?', separator="\\n")


def constraint_body(kind: str, constraint: Constraint) -> dict:
    """What to merge into a request's body (`Request.extra`) for a server of this kind.

    Raises `UserError` for an unknown kind.
    """
    bodies = {
        "none": {},
        "vllm": {"structured_outputs": {"regex": constraint.regex}},
        "vllm_guided": {"guided_regex": constraint.regex},
        "sglang": {"regex": constraint.regex},
        # From a prompt that it has in its cache, llama.cpp gives another answer
        # (findings/llamacpp-same-request-twice.sh).
        "llama.cpp": {"grammar": constraint.gbnf, "cache_prompt": False},
    }
    if kind not in bodies:
        raise UserError(f"--constraint {kind}: unknown; choose one of {', '.join(KINDS)}.")
    return bodies[kind]


def _lines(names: list[str], value: str, gbnf_value: str, separator: str) -> Constraint:
    """Each name followed by a value, `separator` (with `\\n` escaped, as both forms want) between.

    Names hold letters, `_`, `:` and blanks only, which mean themselves in both forms.
    """
    regex = " ?" + separator.join(name + value for name in names)
    literals = [names[0], *(separator + name for name in names[1:])]
    body = " ".join(f'"{literal}" value' for literal in literals)
    return Constraint(regex, f'root ::= " "? {body}\nvalue ::= {gbnf_value}\n')
