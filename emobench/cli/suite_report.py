"""What the suites found in a plugin, as lines for a terminal and as a document."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emobench.boards.words import count
from emobench.cli.text import wrapped
from emobench.origins import origin
from emobench.registry import Registered
from emobench.testing.runner import Check

WORDS = {"passed": "passed", "failed": "failed", "skipped": "left out"}
EDITABLE = "editable "


@dataclass(frozen=True, kw_only=True)
class Tested:
    """One component, its checks, and the law behind each; `reason` says why there are none.

    `unasked` counts the checks that were not run, since it cannot be built or the user has
    `interrupted` them.
    """

    entry: Registered
    checks: tuple[Check, ...] = ()
    laws: Mapping[str, str]
    options: Mapping[str, Any]
    reason: str = ""
    unasked: int = 0
    interrupted: bool = False

    @property
    def name(self) -> str:
        """Kind and name, as `plugins test` takes them."""
        return f"{self.entry.kind}/{self.entry.name}"

    def of(self, outcome: str) -> list[Check]:
        """The checks that ended so."""
        return [check for check in self.checks if check.outcome == outcome]

    @property
    def seconds(self) -> float:
        """How long all its checks took."""
        return sum(check.seconds for check in self.checks)

    def command(self, check: Check) -> str:
        """How to run one check alone."""
        parts = ["emobench", "plugins", "test", self.name]
        if self.options:
            parts += ["--options", json.dumps(self.options)]
        return shlex.join([*parts, "--check", check.name])

    def law(self, check: Check) -> str:
        """The check's law, in a sentence or two."""
        return " ".join(self.laws.get(check.name, "").split("\n\n")[0].split())


def left_out(entry: Registered, reason: str) -> Tested:
    """A component of which nothing could be asked, and why."""
    return Tested(entry=entry, laws={}, options={}, reason=reason)


def header(entries: Sequence[Registered]) -> list[str]:
    """The head of the table."""
    width = _width(entries)
    return [
        f"{'component':<{width}}  passed  failed  left out  seconds",
        f"{'-' * width}  ------  ------  --------  -------",
    ]


def row(tested: Tested, entries: Sequence[Registered], *, verbose: bool) -> list[str]:
    """One component's row, with `verbose` its checks below it."""
    counts = {outcome: len(tested.of(outcome)) for outcome in WORDS}
    skipped = "all" if tested.reason else str(counts["skipped"])
    line = (
        f"{tested.name:<{_width(entries)}}  {counts['passed']:>6}  {counts['failed']:>6}  "
        f"{skipped:>8}  {tested.seconds:>7.1f}"
    )
    if not verbose:
        return [line]
    return [
        line,
        *(
            f"  {WORDS[check.outcome]:<8}  {check.seconds:>6.2f} s  {check.name}"
            for check in tested.checks
        ),
    ]


def report(tested: Sequence[Tested], *, width: int | None) -> list[str]:
    """What stands below the table: failures, what was left out, and the sum."""
    lines = [line for each in tested for line in _failures(each, width=width)]
    reasons = _reasons(tested)
    if reasons:
        lines += ["", "Left out:"]
    for reason, checks in reasons.items():
        lines += wrapped(reason, width=width, indent="- ", hanging="  ")
        for name, components in checks.items():
            text = f"{name}: {', '.join(components)}"
            lines += wrapped(text, width=width, indent="    ", hanging="      ")
    return [*lines, "", _sum(tested), *_own_tests(tested, width=width)]


def _failures(tested: Tested, *, width: int | None) -> list[str]:
    """What failed: each message once, with the checks that found it."""
    alike: dict[tuple[str, str], list[Check]] = {}
    for check in tested.of("failed"):
        alike.setdefault((check.message, check.place), []).append(check)
    lines: list[str] = []
    for (message, place), checks in alike.items():
        first, *others = checks
        heading = first.name if not others else f"{len(checks)} checks failed alike"
        lines += ["", f"{tested.name}: {heading}"]
        for name, text in (
            ("law", "" if others else tested.law(first)),
            ("found", message),
            ("in", place),
            ("by", ", ".join(check.name for check in checks) if others else ""),
            ("alone", tested.command(first)),
        ):
            lines += _paragraph(name, text, width=width) if text else []
    if tested.unasked and not tested.interrupted:
        text = (
            f"{tested.name} cannot be built: its other {count(tested.unasked, 'check')} "
            "would say the same and were not run"
        )
        lines += ["", *wrapped(text, width=width, hanging="  ")]
    return lines


def verdict(tested: Sequence[Tested]) -> str:
    """What failed, in a sentence; empty where nothing did."""
    failed = {each.name: len(each.of("failed")) for each in tested if each.of("failed")}
    if not failed:
        return ""
    parts = ", ".join(f"{name} ({number})" for name, number in failed.items())
    return f"{count(sum(failed.values()), 'check')} failed: {parts}"


def document(tested: Sequence[Tested]) -> dict[str, Any]:
    """Everything that was found, for `--json`."""
    return {
        "interrupted": any(each.interrupted for each in tested),
        "components": [
            {
                "kind": each.entry.kind,
                "name": each.entry.name,
                "package": each.entry.plugin.package,
                "version": each.entry.plugin.version,
                "passed": len(each.of("passed")),
                "failed": len(each.of("failed")),
                "left_out": len(each.of("skipped")),
                "not_run": each.unasked,
                "reason": each.reason,
                "seconds": round(each.seconds, 3),
                "checks": [
                    {
                        "name": check.name,
                        "outcome": WORDS[check.outcome].replace(" ", "_"),
                        "law": each.law(check),
                        "message": check.message,
                        "place": check.place,
                        "seconds": round(check.seconds, 3),
                    }
                    for check in each.checks
                ],
            }
            for each in tested
        ],
    }


def _width(entries: Sequence[Registered]) -> int:
    return max(len("component"), *(len(f"{entry.kind}/{entry.name}") for entry in entries))


def _paragraph(name: str, text: str, *, width: int | None) -> list[str]:
    """A named text below a heading; its own line breaks are kept."""
    lines = []
    for number, part in enumerate(text.splitlines() or [""]):
        indent = f"  {name:<5}  " if number == 0 else " " * 9
        whole = name == "alone"
        lines += wrapped(part, width=None if whole else width, indent=indent, hanging=" " * 9)
    return lines


def _reasons(tested: Sequence[Tested]) -> dict[str, dict[str, list[str]]]:
    """Reason to the checks that were left out for it, and each of these to its components."""
    found: dict[str, dict[str, list[str]]] = {}
    for each in tested:
        asked = [(each.reason, "every check")] if each.reason else []
        asked += [(check.message, check.name) for check in each.of("skipped")]
        for reason, check in asked:
            found.setdefault(reason, {}).setdefault(check, []).append(each.name)
    return found


def _sum(tested: Sequence[Tested]) -> str:
    parts = [
        f"{sum(len(each.of(outcome)) for each in tested)} {word}" for outcome, word in WORDS.items()
    ]
    unasked = sum(each.unasked for each in tested)
    parts += [f"{unasked} not run"] if unasked else []
    seconds = sum(each.seconds for each in tested)
    return f"{count(len(tested), 'component')}: {', '.join(parts)} in {seconds:.1f} s"


def _own_tests(tested: Sequence[Tested], *, width: int | None) -> list[str]:
    """A word on the tests that lie beside an editable package: they may know references."""
    lines: list[str] = []
    for plugin in dict.fromkeys(each.entry.plugin for each in tested):
        place = origin(plugin)
        tests = Path(place.removeprefix(EDITABLE)) / "tests"
        if place.startswith(EDITABLE) and tests.is_dir():
            text = (
                f"{plugin.package} has tests of its own, which may ask what these checks left out: "
                f"pytest {shlex.quote(str(tests))}"
            )
            lines += wrapped(text, width=width, hanging="  ")
    return lines
