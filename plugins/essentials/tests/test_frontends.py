import numpy as np
import pytest
import torch

from emobench.api import NoOptions, UsageError
from emobench_essentials.frontends import Values


def test_rows_come_out_as_they_went_in(make_context):
    frontend = Values(NoOptions(), make_context(inputs={"table": (3,)}))
    rows = [np.array([1.0, -2.0, 3e5], dtype=np.float32), np.zeros(3, dtype=np.float32)]
    assert torch.equal(frontend.apply(rows), torch.tensor([[1.0, -2.0, 3e5], [0, 0, 0]]))


def test_a_task_without_tables_is_refused(make_context):
    with pytest.raises(UsageError, match="reads tables, but task 'toy/random' offers audio"):
        Values(NoOptions(), make_context(inputs={"audio": (100,)}))
