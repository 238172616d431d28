import torch

from emobench_essentials.backbones import Dense
from emobench_essentials.options import DenseOptions


def test_every_modality_reaches_the_embedding(make_context):
    context = make_context(inputs={"table": (4,), "audio": (2, 3)})
    dense = Dense(DenseOptions(hidden=[16], dropout=0.0), context).eval()
    inputs = {"table": torch.randn(2, 4), "audio": torch.randn(2, 2, 3)}
    before = dense(inputs).embedding
    for name in inputs:
        changed = {**inputs, name: inputs[name] + 1}
        assert not torch.allclose(dense(changed).embedding, before)


def test_columns_need_no_scaler(make_context):
    dense = Dense(DenseOptions(dropout=0.0), make_context(inputs={"table": (3,)})).train()
    rows = torch.randn(32, 3)
    scaled = rows * torch.tensor([1000.0, 1.0, 50.0]) + torch.tensor([5e3, 0.0, -7.0])
    torch.testing.assert_close(
        dense({"table": rows}).embedding, dense({"table": scaled}).embedding, atol=1e-3, rtol=1e-2
    )
