"""`emobench plugins`: what a recipe can be made of, and how more is made. One file a command."""

from __future__ import annotations

import click

from emobench.cli.lazy import LazyGroup

COMMANDS = {
    "list": "List every component: its kind, name, package, source and what it does.",
    "show": "Show one component: its card, options, scores, a block to copy; or a whole package.",
    "new": "Write a complete package for a new component: a small real method to put yours in "
    "place of.",
    "test": "Test a plugin's components: do they keep the laws of their kinds?",
    "cards": "Write the cards of a package's components, or bring their tables up to date.",
}
"""Every command with its line of help; `emobench/cli/plugins_<name>.py` is read when called."""


@click.group(cls=LazyGroup, table=COMMANDS, files="emobench.cli.plugins_{}", no_args_is_help=True)
def plugins() -> None:
    """List, show, write and test the components that recipes are made of.

    A plugin is an installed package that offers components: methods, each of one kind. To publish
    one of your own, begin with `new`; `test` and `cards` say what is still amiss.

    \b
    Examples:
      emobench plugins list --kind loss      what a recipe can name
      emobench plugins show focal            what one does, its options, a block to copy
      emobench plugins new loss soft-focal   a package for a loss of your own
      emobench plugins test emobench-acme    does a package keep the laws of its kinds?

    EMOBENCH_PLUGINS limits what is loaded: packages separated by commas, `none`, or `all`.
    """
