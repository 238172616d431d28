from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emobench.api import KINDS, UsageError
from emobench.api.component import NAME_PATTERN
from emobench.scaffold.names import LONGEST, plugin_names, spell


@pytest.mark.parametrize("name", ["soft-focal", "soft_focal"])
def test_one_name_gives_every_spelling_that_a_package_needs(name: str) -> None:
    names = plugin_names(name, kind="loss")
    assert names.name == name
    assert names.distribution == "emobench-soft-focal"
    assert names.package == "emobench_soft_focal"
    assert names.module == "soft_focal"
    assert names.class_name == "SoftFocal"


@pytest.mark.parametrize(
    ("name", "valid"),
    [
        ("SoftFocal", "soft-focal"),
        ("soft focal!", "soft-focal"),
        ("soft--focal", "soft-focal"),
        ("-soft", "soft"),
        ("3d", "loss-3d"),
        ("ß", "my-loss"),
        ("", "my-loss"),
        ("a" * 41, "a" * 40),
        ("ümlaut", "umlaut"),
        ("Éclair", "eclair"),
    ],
)
def test_a_bad_name_is_refused_with_the_rule_and_a_valid_spelling(name: str, valid: str) -> None:
    with pytest.raises(UsageError) as refusal:
        plugin_names(name, kind="loss")
    assert str(refusal.value) == (
        f"'{name}' is no name for a component: it must be lower-case words of letters and digits "
        f"joined by - or _, at most 40 characters; '{valid}' would do"
    )


@pytest.mark.parametrize("name", ["a" * 3000, "emobench-" + "a" * 3000])
def test_a_very_long_name_is_shortened_in_the_message(name: str) -> None:
    with pytest.raises(UsageError) as refusal:
        plugin_names(name, kind="loss")
    assert f"'{name[:56]}..." in str(refusal.value)
    assert len(str(refusal.value)) < 300


def test_the_prefix_of_packages_is_no_part_of_a_component_name() -> None:
    with pytest.raises(UsageError) as refusal:
        plugin_names("emobench-Focal", kind="loss")
    assert str(refusal.value) == (
        "'emobench-Focal' would be the package 'emobench-emobench-Focal'; give the component's "
        "own name, such as 'focal'"
    )


@pytest.mark.parametrize("name", ["class", "options", "registration", "cards"])
def test_what_cannot_be_a_module_of_the_package_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match=f"method's module; '{name}-head' would do"):
        plugin_names(name, kind="head")


@pytest.mark.parametrize("name", ["none", "warning"])
def test_a_class_that_hides_one_of_pythons_own_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match=f"hides Python's own; '{name}-head' would do"):
        plugin_names(name, kind="head")


@given(name=st.text(max_size=60), kind=st.sampled_from(KINDS))
def test_every_suggested_spelling_is_valid(name: str, kind: str) -> None:
    valid = spell(name, kind=kind)
    assert NAME_PATTERN.fullmatch(valid)
    assert len(valid) <= LONGEST
