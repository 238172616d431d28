"""What a sampler or a dataset does in another process, which orders sets otherwise.

This file is also run as a script, in that process: it must load no more than numpy.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

HASH_SEEDS = ("1", "2")


@dataclass(frozen=True, kw_only=True)
class Errand:
    """A registered component, how it is built, and with what, in each of these contexts."""

    entry: Any
    options: Any
    contexts: Sequence[Any]


def facts_of(errand: Errand) -> list[dict[str, Any]]:
    """In plain values what the component does in each context."""
    tell = dataset_facts if errand.entry.kind == "dataset" else sampler_facts
    return [tell(errand.entry.build(errand.options, context)) for context in errand.contexts]


def sampler_facts(sampler: Any) -> dict[str, Any]:
    """What it expects, and its first epochs."""
    epochs = {f"epoch {epoch}": np.asarray(sampler.indices(epoch)).tolist() for epoch in range(2)}
    return {"`expected()`": np.asarray(sampler.expected()).tolist(), **epochs}


def dataset_facts(dataset: Any) -> dict[str, Any]:
    """Its table, its first item, and the fingerprint."""
    items = dataset.items()
    return {
        "the order of ids": items.ids,
        "the order of classes": [(spec.name, spec.classes) for spec in items.specs],
        "the groups": items.groups,
        "the split": items.split,
        "the targets": {name: np.asarray(rows).tolist() for name, rows in items.targets.items()},
        "the first item": {name: array.tobytes() for name, array in dataset.load(0).items()},
        "the fingerprint": dataset.fingerprint(),
    }


def facts_elsewhere(errand: Errand) -> list[dict[str, Any]]:
    """The same facts, out of a process of its own with another seed for hashes."""
    own = os.environ.get("PYTHONHASHSEED", "")
    seed = next(each for each in HASH_SEEDS if each != own)
    code = (
        f"import sys; sys.path[:] = {sys.path!r}; import runpy; "
        f"runpy.run_path({__file__!r}, run_name='__main__')"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code],
        input=pickle.dumps((errand.entry, errand.options, list(errand.contexts))),
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        check=False,
    )
    told = answer.stderr.decode(errors="replace").strip()
    assert answer.returncode == 0, f"in another process it fails: {told[-500:]}"
    facts: list[dict[str, Any]] = pickle.loads(answer.stdout)
    return facts


def assert_same_elsewhere(errand: Errand) -> None:
    """Fail where another process gives other facts, naming the first."""
    for here, there in zip(facts_of(errand), facts_elsewhere(errand), strict=True):
        other = [what for what in here if here[what] != there[what]]
        assert not other, (
            f"{other[0]} is not the same in another process, which orders sets otherwise: sort "
            "what comes out of a set, and hash with hashlib"
        )


def main() -> None:
    """Answer the errand that stands on the standard input; what a component prints goes astray."""
    out, sys.stdout = sys.stdout.buffer, sys.stderr
    entry, options, contexts = pickle.load(sys.stdin.buffer)
    facts = facts_of(Errand(entry=entry, options=options, contexts=contexts))
    out.write(pickle.dumps(facts))
    out.flush()


if __name__ == "__main__":
    main()
