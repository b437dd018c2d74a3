"""Tokens of a pass on a CPU (masterkey/training/planning/cpu_pass.py)."""

from types import SimpleNamespace

import pytest
from transformers import LlamaConfig

from masterkey.training.flags.arguments import parse_training_arguments
from masterkey.training.planning import activations, cpu_pass, plan
from masterkey.training.planning.memory import MemoryPlanner
from masterkey.training.planning.setup import setup_of

TINY = LlamaConfig(vocab_size=100, hidden_size=32, num_hidden_layers=2, num_attention_heads=2)
LARGE = LlamaConfig(hidden_size=1024, num_hidden_layers=8, num_attention_heads=8)
LARGE_PLANNER = MemoryPlanner(LARGE)


def parsed_of(*flags: str):
    """Flags of a run on a CPU."""
    words = "--model_name_or_path m --output_dir o --data_path d --use_cpu True".split()
    return parse_training_arguments([*words, *flags])


def passes(planner, monkeypatch, *flags: str, free: float = 16e9):
    """(Tokens of a pass, lines printed)."""
    monkeypatch.setattr(cpu_pass, "free_memory", lambda: free)
    parsed = parsed_of(*flags)
    lines = cpu_pass.choose_pass(parsed.own, parsed.training, planner)
    return parsed.own.tokens_per_batch, lines


@pytest.mark.parametrize(
    ("rows", "longest", "tokens"),
    [(8, 2048, 2048), (8, 512, 2048), (8, 128, 1024), (2, 8192, 8192)],
)
def test_a_pass_holds_some_rows_and_never_less_than_one(rows, longest, tokens, monkeypatch):
    flags = ["--per_device_train_batch_size", str(rows), "--model_max_length", str(longest)]
    assert passes(LARGE_PLANNER, monkeypatch, *flags, free=64e9) == (tokens, [])


def test_a_small_models_pass_holds_all_rows_of_the_batch(monkeypatch):
    flags = ["--per_device_train_batch_size", "8", "--model_max_length", "2048"]
    assert passes(MemoryPlanner(TINY), monkeypatch, *flags) == (8 * 2048, [])


def test_a_given_pass_is_kept(monkeypatch):
    assert passes(LARGE_PLANNER, monkeypatch, "--tokens_per_batch", "9000", free=1e9) == (9000, [])


def test_where_memory_is_short_one_row_goes_at_a_time_and_a_line_says_so(monkeypatch):
    flags = ["--per_device_train_batch_size", "8", "--model_max_length", "512"]
    assert passes(LARGE_PLANNER, monkeypatch, *flags, free=64e9) == (2048, [])
    tokens, [line] = passes(LARGE_PLANNER, monkeypatch, *flags, free=4e9)
    assert tokens == 512
    assert "4 rows would take" in line
    assert "4 GB are free here;" in line


@pytest.mark.slow
def test_the_plan_says_what_the_run_takes_on_a_cpu(tmp_path, monkeypatch, capsys):
    LARGE.save_pretrained(tmp_path)
    monkeypatch.setattr(plan, "free_memory", lambda: 16e9)
    words = ["--config_name", str(tmp_path), "--plan", "--model_max_length", "512"]
    words += ["--per_device_train_batch_size", "8"]
    parsed = parse_training_arguments(words)
    plan.print_plan(parsed.own, parsed.training, 1)
    [line] = [one for one in capsys.readouterr().out.splitlines() if one.startswith("on a CPU")]
    parsed = parse_training_arguments([*words, "--tokens_per_batch", "1024"])
    setup = setup_of(parsed.own, parsed.training, 1)
    given = plan.cpu_text(LARGE_PLANNER, parsed.own, parsed.training, setup)
    found = {}
    for one in (line, given.strip()):
        assert one.endswith("16.0 GB are free here")
        found[one.split(" tokens;")[0].split()[-1]] = float(one.split()[3])
    assert set(found) == {"2,048", "1,024"}
    # Weights, gradients and the optimizer's states: 16 bytes a weight, and the libraries.
    n_weights = 8 * (4 * 1024**2 + 3 * 1024 * LARGE.intermediate_size) + 2 * 32000 * 1024
    assert found["2,048"] > found["1,024"] > 16 * n_weights / 1e9 + 0.5


def test_several_processes_count_each_with_its_share(monkeypatch):
    """What one of them alone could take is too much for both."""
    flags = ["--per_device_train_batch_size", "8", "--model_max_length", "512"]
    asked = []
    monkeypatch.setattr(
        cpu_pass, "from_first_process", lambda value, n: asked.append((value, n)) or value
    )
    setup = cpu_pass.cpu_setup(*parsed_of(*flags, "--tokens_per_batch", "2048")[:2])
    free = 1.5 * LARGE_PLANNER.estimate(setup).total
    monkeypatch.setattr("psutil.virtual_memory", lambda: SimpleNamespace(available=free))
    found = {}
    for n in (1, 2):
        monkeypatch.setenv("LOCAL_WORLD_SIZE", str(n))
        parsed = parsed_of(*flags)
        monkeypatch.setattr(type(parsed.training), "world_size", n)
        lines = cpu_pass.choose_pass(parsed.own, parsed.training, LARGE_PLANNER)
        found[n] = parsed.own.tokens_per_batch, lines
    assert found[1] == (2048, [])
    tokens, [line] = found[2]
    assert tokens == 512
    assert " GB are free here for each of 2 processes; one row at a time" in line
    assert asked == [(free // 1, 1), (free // 2, 2)]


def test_a_run_is_planned_once(monkeypatch):
    traced = []
    trace = activations.trace_activations
    monkeypatch.setattr(
        activations, "trace_activations", lambda *a, **k: traced.append(a[1:3]) or trace(*a, **k)
    )
    for module in (cpu_pass, plan):
        monkeypatch.setattr(module, "free_memory", lambda: 64e9)
    parsed, planner = parsed_of("--per_device_train_batch_size", "8"), MemoryPlanner(LARGE)
    assert cpu_pass.choose_pass(parsed.own, parsed.training, planner) == []
    assert plan.memory_warning(parsed.own, parsed.training, planner) == []
    assert len(traced) == 1
