"""The `values` frontend: a table's row as it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

import numpy as np
import torch

from emobench.api import Context, NoOptions, UsageError


class Values:
    """Rows to float32, unchanged; scaling is left to the model."""

    deterministic: ClassVar[bool] = True
    modality: ClassVar[Literal["audio", "image", "table"]] = "table"

    def __init__(self, options: NoOptions, context: Context) -> None:
        if "table" not in context.inputs:
            offered = ", ".join(context.inputs) or "nothing"
            raise UsageError(
                f"frontend 'values' reads tables, but task '{context.task.name}' offers {offered}; "
                "choose a frontend for that"
            )
        self.columns = context.inputs["table"]

    def shape(self) -> tuple[int, ...]:
        """The columns of the table."""
        return self.columns

    def apply(self, items: Sequence[np.ndarray]) -> torch.Tensor:
        """Rows to `(batch, columns)`."""
        return torch.from_numpy(np.stack(items).astype(np.float32))
