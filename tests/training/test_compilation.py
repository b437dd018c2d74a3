"""torch.compile of the layers: one compilation for all of them and all shapes, the same numbers."""

import pytest
import torch
from transformers import AutoModelForCausalLM, LlamaConfig

from masterkey.scripting.command_line import UserError
from masterkey.training import compilation
from masterkey.training.compilation import compile_layers, without_compilation
from masterkey.training.loss import use_answer_loss

CONFIG = LlamaConfig(
    vocab_size=50,
    hidden_size=16,
    intermediate_size=24,
    num_hidden_layers=3,
    num_attention_heads=2,
    num_key_value_heads=2,
)


@pytest.fixture(autouse=True)
def no_compiled_code():
    torch.compiler.reset()
    yield
    torch.compiler.reset()


def new_model():
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(CONFIG, dtype=torch.float32)
    use_answer_loss(model, 2048)
    return model


def loss_and_gradients(model, rows: int, length: int):
    torch.manual_seed(rows)
    ids = torch.randint(3, 50, (rows, length))
    model.zero_grad()
    loss = model(input_ids=ids, labels=ids).loss
    loss.backward()
    return loss.detach(), [weight.grad.clone() for weight in model.parameters()]


def counting_backend(graphs: list):
    def backend(graph, inputs):
        graphs.append(graph)
        return graph.forward

    return backend


@pytest.mark.slow
@pytest.mark.parametrize("checkpointing", [False, True])
def test_all_layers_and_shapes_share_one_compilation_and_give_the_plain_numbers(checkpointing):
    plain, compiled, graphs = new_model(), new_model(), []
    if checkpointing:
        compiled.gradient_checkpointing_enable({"use_reentrant": False})
        compiled.train()
    assert compile_layers(compiled, counting_backend(graphs)) is None
    assert [n for n, _ in compiled.named_parameters()] == [n for n, _ in plain.named_parameters()]
    for shape in ((2, 12), (3, 17), (4, 9)):
        loss, gradients = loss_and_gradients(compiled, *shape)
        expected_loss, expected = loss_and_gradients(plain, *shape)
        torch.testing.assert_close(loss, expected_loss)
        torch.testing.assert_close(gradients, expected)
    assert len(graphs) == 1


def test_generation_runs_as_written():
    model, graphs = new_model(), []
    compile_layers(model, counting_backend(graphs))
    with without_compilation():
        model.generate(torch.tensor([[5, 6]]), max_new_tokens=3, pad_token_id=0)
    assert not graphs


def test_a_missing_compiler_is_one_sentence(monkeypatch):
    monkeypatch.setattr(compilation.shutil, "which", lambda name: None)
    monkeypatch.delenv("CXX", raising=False)
    with pytest.raises(UserError, match="--torch_compile: needs a C\\+\\+ compiler"):
        compile_layers(new_model())
