"""Nothing ships untested: every component has a suite of its kind, with no check taken out."""

from __future__ import annotations

import pytest
from our_suites import ROOT, our_suites

from emobench.api import KINDS
from emobench.registry import Registered, load_registry, published_components
from emobench.testing.runner import check_names
from emobench.testing.suite import Suite
from emobench.testing.suites import SUITES

pytest_plugins = ["pytester"]

NOT_JUDGED_ALIKE = {
    ("FolderSuite", "test_missing_data_are_explained"): "the user's own files have no owner",
}
"""Checks that a suite of ours words anew, and why."""


def shipped() -> list[Registered]:
    """What the core and our own packages offer; a stranger's may be installed beside them."""
    names = published_components()
    return [
        entry
        for (kind, name), entry in sorted(load_registry().components.items())
        if names.get(kind, {}).get(name) == entry.plugin.package
    ]


def label(value: Registered | type[Suite]) -> str:
    return value.__name__ if isinstance(value, type) else f"{value.kind}-{value.name}"


def test_every_kind_has_a_suite() -> None:
    assert set(SUITES) == set(KINDS)


def test_every_published_component_is_installed_here() -> None:
    published = {(kind, name) for kind, names in published_components().items() for name in names}
    assert published == {(entry.kind, entry.name) for entry in shipped()}


@pytest.mark.parametrize("entry", shipped(), ids=label)
def test_every_component_has_a_suite(entry: Registered) -> None:
    judged = {(suite.kind, suite.component) for suite in our_suites()}
    assert (entry.kind, entry.name) in judged, (
        f"no test_conformance*.py of {entry.plugin.package} has a {SUITES[entry.kind].__name__} "
        f"whose component is '{entry.name}'"
    )


@pytest.mark.parametrize("suite", our_suites(), ids=label)
def test_every_suite_of_ours_is_that_of_its_kind_with_all_its_checks(suite: type[Suite]) -> None:
    whole = SUITES[suite.kind]
    assert issubclass(suite, whole)
    changed = [
        (owner.__name__, name)
        for name in check_names(whole)
        for owner in suite.__mro__[: suite.__mro__.index(whole)]
        if name in vars(owner)
    ]
    assert set(changed) <= set(NOT_JUDGED_ALIKE)


LEFT_OUT = """
from emobench.testing.suite import not_shown

def test_without_a_reference():
    not_shown("nothing to compare with", hook="reference")

def test_that_does_not_apply():
    not_shown("no option has a search range")
"""


def test_a_check_left_out_for_want_of_a_hook_fails_here(pytester: pytest.Pytester) -> None:
    pytester.makeconftest((ROOT / "conftest.py").read_text(encoding="utf-8"))
    pytester.makepyfile(LEFT_OUT)
    result = pytester.runpytest("-p", "no:cacheprovider")
    result.assert_outcomes(failed=1, skipped=1)
    result.stdout.fnmatch_lines(
        ["*component of ours: nothing to compare with: define `reference`*"]
    )
