from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emobench.recipes.identity import canonical, identity

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
values = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10
)


@settings(max_examples=40, deadline=2000)
@given(values)
def test_canonical_text_loses_nothing(value: Any) -> None:
    back = json.loads(canonical(value))
    assert repr(_sorted(back)) == repr(_sorted(value))


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return [(key, _sorted(value[key])) for key in sorted(value)]
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def test_the_order_of_keys_does_not_matter() -> None:
    assert identity(a={"x": 1, "y": 2}, b=3) == identity(b=3, a={"y": 2, "x": 1})


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ({"a": "xy", "b": "z"}, {"a": "x", "b": "yz"}),
        ({"a": 1}, {"b": 1}),
        ({"a": 1}, {"a": "1"}),
        ({"a": 1}, {"a": True}),
        ({"a": 1}, {"a": 1.0}),
        ({"a": None}, {}),
        ({"a": []}, {"a": {}}),
        ({"a": '","b":"'}, {"a": "", "b": ""}),
        ({"a": 0.1}, {"a": 0.1 + 2**-56}),
    ],
)
def test_different_parts_differ(left: dict[str, Any], right: dict[str, Any]) -> None:
    assert identity(**left) != identity(**right)


def test_an_identity_is_the_same_in_another_process() -> None:
    code = (
        "from emobench.recipes.identity import identity; print(identity(a=[1, 0.5, 'é'], b=None))"
    )
    environment = {"PYTHONHASHSEED": "7"}
    other = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    assert other.stdout.strip() == identity(b=None, a=[1, 0.5, "é"])


def test_what_has_no_stable_text_is_refused() -> None:
    with pytest.raises(TypeError, match="only plain values can be hashed, got object"):
        canonical({"a": [object()]})
    with pytest.raises(TypeError, match="keys must be text to be hashed, got int"):
        canonical({1: "a"})
