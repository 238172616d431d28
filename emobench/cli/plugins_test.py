"""`emobench plugins test`: the conformance suites over what a plugin offers, without pytest."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from emobench.api import PluginError, RecipeError, UsageError, unknown_name
from emobench.cli import flags
from emobench.cli.plugins_find import find_components
from emobench.cli.text import print_json, print_lines, terminal_width
from emobench.registry import Registered

if TYPE_CHECKING:
    from emobench.cli.suite_report import Tested
    from emobench.testing.runner import Check
    from emobench.testing.suite import Suite


@click.command("test")
@click.argument("name", metavar="PACKAGE|KIND/NAME|NAME")
@click.option(
    "--options",
    "given",
    default="{}",
    metavar="MAPPING",
    help="Options of the component, such as '{mels: 40}'; one component only.",
)
@flags.overrides
@click.option("--check", "only", metavar="CHECK", help="Run this check alone.")
@click.option("--verbose", is_flag=True, help="Show every check, with its time.")
@flags.as_json
def test(
    name: str,
    given: str,
    overrides: tuple[str, ...],
    only: str | None,
    verbose: bool,
    as_json: bool,
) -> None:
    """Test a plugin's components: do they keep the laws of their kinds?

    Ends with 3 when a check fails. Checks that need what only the author knows, such as a
    reference, are left out: subclass the suites of emobench.testing for those.

    \b
    Examples:
      emobench plugins test emobench-acme
      emobench plugins test loss/focal --set gamma=1.5
      emobench plugins test focal --check weights_multiply_items --verbose
    """
    from emobench.registry import load_registry

    entries = find_components(name, load_registry())
    for entry in entries:
        entry.fields()  # refused here if wrongly declared, before any check stumbles over it
    options = _options(given, overrides)
    _refuse_misplaced(entries, options)
    from emobench.cli.suite_report import document, header, report, row, verdict

    suites = _suites(entries, options, only=only)
    tested = []
    if not as_json:
        print_lines(header(entries))
    for entry, suite in suites:
        found = _tested(entry, suite, options, only=only, quiet=as_json)
        tested.append(found)
        if not as_json:
            print_lines(row(found, entries, verbose=verbose))
        if found.interrupted:
            break
    if as_json:
        print_json(document(tested))
    else:
        print_lines(report(tested, width=terminal_width()))
    if tested[-1].interrupted:
        raise KeyboardInterrupt
    if failed := verdict(tested):
        raise PluginError(failed)


def _options(given: str, overrides: Sequence[str]) -> dict[str, Any]:
    """The options of `--options` and of `--set`, read by the rules of recipes."""
    options = _value(given, where="--options")
    if not isinstance(options, dict):
        raise UsageError(f"--options: expected a mapping such as '{{gamma: 1.5}}', got {given}")
    for text in overrides:
        key, equals, value = text.partition("=")
        if not equals or not key.strip():
            raise UsageError(f"--set {text}: expected KEY=VALUE, such as --set gamma=1.5")
        *outer, last = (step.strip() for step in key.split("."))
        inside = options
        for step in outer:
            inside = inside.setdefault(step, {})
            if not isinstance(inside, dict):
                raise UsageError(f"--set {text}: '{step}' holds no options")
        inside[last] = _value(value, where=f"--set {key}")
    return options


def _value(text: str, *, where: str) -> Any:
    from emobench.recipes.nodes import Place, plain
    from emobench.recipes.text import parse_value

    node, faults = parse_value(text, place=Place(where))
    if faults or node is None:
        raise RecipeError(faults)
    return plain(node)


def _refuse_misplaced(entries: Sequence[Registered], options: Mapping[str, Any]) -> None:
    """Options must be those of the one component; what it requires must be among them."""
    if len(entries) > 1:
        if options:
            names = ", ".join(f"{entry.kind}/{entry.name}" for entry in entries[:3])
            raise UsageError(f"options are those of one component; name it, such as {names}")
        return
    entry = entries[0]
    missing = _missing(entry, options)
    if missing:
        raise UsageError(f"{_lacks(missing[0])}, such as --set {missing[0]}=VALUE")
    _, faults = entry.component.options.parse(options)
    if faults:
        lines = [".".join([*map(str, fault.path)]) + f": {fault.message}" for fault in faults]
        raise UsageError(f"{entry.kind} '{entry.name}': " + "; ".join(lines))


def _missing(entry: Registered, options: Mapping[str, Any]) -> list[str]:
    return [field.name for field in entry.fields() if field.required and field.name not in options]


def _lacks(option: str) -> str:
    return f"option '{option}' has no default: test the component alone and give it"


def _suites(
    entries: Sequence[Registered], options: Mapping[str, Any], *, only: str | None
) -> list[tuple[Registered, type[Suite] | None]]:
    """Each component with the suite over it; an unknown check is refused before any is run."""
    from emobench.testing.runner import check_names, suite_for
    from emobench.testing.suites import SUITES

    found = [
        (
            entry,
            suite_for(entry, SUITES[entry.kind], options=options) if entry.kind in SUITES else None,
        )
        for entry in entries
    ]
    checks = {
        name.removeprefix("test_") for _, suite in found if suite for name in check_names(suite)
    }
    if only is not None and only.removeprefix("test_") not in checks:
        raise UsageError(unknown_name("check", only, checks))
    return found


def _tested(
    entry: Registered,
    suite: type[Suite] | None,
    options: Mapping[str, Any],
    *,
    only: str | None,
    quiet: bool,
) -> Tested:
    """Run the checks of one component; what it prints meanwhile goes to stderr.

    Ctrl-C keeps the checks that were finished. One that cannot be built is asked no more.
    """
    from emobench.cli.suite_report import Tested, left_out
    from emobench.testing.runner import can_be_built, check_names, run_check

    missing = _missing(entry, options)
    if suite is None:
        return left_out(entry, f"there is no suite for the kind '{entry.kind}' yet")
    if missing:
        return left_out(entry, f"{_lacks(missing[0])} with --set {missing[0]}=VALUE")
    names = [
        check for check in check_names(suite) if only is None or check == f"test_{_bare(only)}"
    ]
    laws = {_bare(check): getattr(suite, check).__doc__ or "" for check in names}
    checks: list[Check] = []
    interrupted = False
    with _status(quiet) as say, contextlib.redirect_stdout(sys.stderr):
        try:
            for number, check in enumerate(names, start=1):
                say(f"{entry.kind}/{entry.name}: {_bare(check)} ({number} of {len(names)})")
                checks.append(run_check(suite, check))
                if number == 1 and checks[0].outcome == "failed" and not can_be_built(suite):
                    break
        except KeyboardInterrupt:
            interrupted = True
    return Tested(
        entry=entry,
        checks=tuple(checks),
        laws=laws,
        options=dict(options),
        unasked=len(names) - len(checks),
        interrupted=interrupted,
    )


def _bare(check: str) -> str:
    return check.removeprefix("test_")


@contextlib.contextmanager
def _status(quiet: bool) -> Iterator[Any]:
    """A line on a terminal that says what is running, and is gone afterwards."""
    shown = sys.stderr.isatty() and not quiet

    def say(text: str) -> None:
        if shown:
            width = terminal_width() or 80
            click.echo(f"\r{text[: width - 1]:<{width - 1}}", nl=False, err=True)

    yield say
    if shown:
        click.echo("\r" + " " * ((terminal_width() or 80) - 1) + "\r", nl=False, err=True)
