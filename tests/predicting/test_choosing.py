"""What is said of a model whose scores are no numbers."""

from types import SimpleNamespace

import pytest
import torch
from model_families import new_model

from masterkey.predicting.decoding.choosing import Block, Chooser
from masterkey.scripting.command_line import UserError

ANY_OF_TWO = SimpleNamespace(states=lambda: [0], allowed=lambda state: [5, 6])
SKELETON = SimpleNamespace(slots=[SimpleNamespace(rule=ANY_OF_TWO)])


@pytest.mark.parametrize(
    ("dtype", "advice"), [("float32", "fetch or train them anew"), ("bfloat16", "--dtype float32")]
)
def test_wider_numbers_are_advised_only_where_there_are_wider_ones(dtype, advice):
    model = new_model("llama").to(getattr(torch, dtype))
    torch.nn.init.constant_(model.get_parameter("model.norm.weight"), torch.nan)
    chooser = Chooser(model, SKELETON)
    with torch.no_grad(), pytest.raises(UserError, match="are no numbers") as error:
        chooser.choose(chooser.cache_of([3, 4], 1), [Block([7], [(0, 0, 0)])])
    assert advice in str(error.value)
    assert ("float32" in str(error.value)) == (dtype != "float32")
