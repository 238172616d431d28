"""`emobench sweep`: search recipes and options; `emobench sweep status`: where a sweep stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import click
from click.core import ParameterSource

from emobench.cli import flags
from emobench.cli.lazy import LazyGroup
from emobench.sweeps.call import COSTS, Call, Search, Stop, SweepOptions

if TYPE_CHECKING:
    from emobench.registry import Registry
    from emobench.sweeps.sweep import Sweep

NO_FLAGS_OF_CALL = frozenset({"resume", "as_json", "dry_run"})
GIVEN = (ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT)
COMMANDS = {"status": "Say where a sweep stands."}


class SweepGroup(LazyGroup):
    """The sweep itself, unless the first word is that of a command of its own."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """The context of the command that the first word asks for."""
        if args and args[0] in self.table:
            command = self.get_command(click.Context(self, info_name=info_name), args[0])
            assert command is not None
            return command.make_context(f"{info_name} {args[0]}", args[1:], parent, **extra)
        return search.make_context(info_name, args, parent, **extra)


searching = flags.several(
    click.option(
        "--search",
        type=click.Choice(get_args(Search)),
        default=SweepOptions.search,
        show_default=True,
        help="What chooses the values of trials.",
    ),
    click.option(
        "--stop",
        type=click.Choice(get_args(Stop)),
        default=SweepOptions.stop,
        show_default=True,
        help="What ends trials early that do worse than others.",
    ),
    click.option(
        "--stop-collapsing/--no-stop-collapsing",
        default=SweepOptions.stop_collapsing,
        show_default=True,
        help="End trials that have fallen to one class and get no further.",
    ),
    click.option(
        "--cost",
        type=click.Choice(COSTS),
        help="Search for trials that are cheap in this as well as good.",
    ),
    click.option(
        "--warm-start",
        default=SweepOptions.warm_start,
        show_default=True,
        metavar="DIR|none",
        help="Records whose best recipes are tried first.",
    ),
    click.option(
        "--final-seeds",
        type=click.IntRange(min=0),
        default=SweepOptions.final_seeds,
        show_default=True,
        metavar="N",
        help="Train the winner anew with so many seeds and score it on test; 0: do not.",
    ),
)
"""The flags that say how the search goes, and when trials end."""


placing = flags.several(
    click.option(
        "--address",
        metavar="A",
        help="A Ray cluster: auto, or host:port; without it, this machine.",
    ),
    click.option(
        "--gpus-per-trial",
        type=click.FloatRange(min=0),
        metavar="F",
        help="GPUs of a trial, such as 0.5; without it one, where there are any.",
    ),
    click.option(
        "--cpus-per-trial",
        type=click.IntRange(min=1),
        default=SweepOptions.cpus_per_trial,
        show_default=True,
        metavar="N",
        help="CPU cores of a trial.",
    ),
    click.option(
        "--concurrent",
        type=click.IntRange(min=1),
        metavar="N",
        help="Most trials at once; without it, as many as there is room for.",
    ),
    click.option(
        "--slowest",
        type=click.FloatRange(min=0),
        default=SweepOptions.slowest,
        show_default=True,
        metavar="FACTOR",
        help="End a trial that would train so many times as long as RECIPE as it stands; 0: never.",
    ),
    click.option(
        "--patience",
        type=click.FloatRange(min=0, min_open=True),
        default=SweepOptions.patience,
        show_default=True,
        metavar="SECONDS",
        help="Take a trial for hung of which nothing is heard for so long.",
    ),
    click.option(
        "--storage",
        metavar="URL",
        help="Where machines without a shared folder keep copies: s3://..., gs://...",
    ),
)
"""The flags that say where trials run, and what each may use."""


@click.command("search", short_help="Search for better recipes and options.")
@click.argument("recipe", required=False, metavar="[RECIPE]")
@click.option(
    "--trials",
    type=click.IntRange(min=1),
    default=Call.trials,
    show_default=True,
    metavar="N",
    help="How many recipes to try; the first is RECIPE as it stands.",
)
@click.option(
    "--open",
    "open",
    metavar="KINDS",
    help="Choose these components too, among all installed: loss,techniques,...; or none.",
)
@click.option("--task", metavar="TASK", help="The task or task file, if not the recipe's own.")
@click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Change an option and leave it out of the search; may be repeated.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=SweepOptions.seed,
    show_default=True,
    metavar="S",
    help="Seed of the search and of every trial's training.",
)
@click.option(
    "--name",
    metavar="S",
    help="The sweep's folder below DIR/sweeps; without it, one made of what is searched.",
)
@searching
@placing
@flags.runs
@flags.data_root
@flags.device
@flags.time_limit
@click.option(
    "--resume", is_flag=True, help="Go on with a sweep that must exist; with --name, as it began."
)
@flags.as_json
@click.option("--dry-run", is_flag=True, help="Show what would be searched, and train nothing.")
@click.pass_context
def search(context: click.Context, /, **arguments: Any) -> None:
    """Search for better recipes and options.

    RECIPE is a file, or the name of a shipped recipe, whose options are searched. Without it,
    components are chosen too, beginning with the plainest for the task. Trials are compared by the
    task's metric on validation data, never on test data; the winner is trained anew with other
    seeds and scored on test once.

    The same call goes on where it stopped, and never repeats a trial that is done.
    `emobench sweep status NAME` says where a sweep stands.

    \b
    Examples:
      emobench sweep --trials 50
      emobench sweep mine.yaml --set train.epochs=10 --time-limit 300
      emobench sweep baseline --open loss,techniques --dry-run
      emobench sweep --resume --name first --trials 100
    """
    from emobench.registry import load_registry

    if arguments["open"] is not None:
        kinds = [kind.strip() for kind in arguments["open"].split(",") if kind.strip()]
        arguments["open"] = () if kinds == ["none"] else tuple(kinds)
    told = {name: value for name, value in arguments.items() if name not in NO_FLAGS_OF_CALL}
    given = {name: told[name] for name in told if context.get_parameter_source(name) in GIVEN}
    sweep = _plan(Call().changed(told), arguments["resume"], given, registry=load_registry())
    if arguments["dry_run"]:
        from emobench.cli.sweep_space import show_space

        show_space(sweep, as_json=arguments["as_json"])
        return
    raise click.exceptions.Exit(_carry_out(sweep, as_json=arguments["as_json"]))


def _plan(call: Call, resume: bool, given: dict[str, Any], *, registry: Registry) -> Sweep:
    from emobench.sweeps.sweep import plan_again, plan_sweep

    if resume:
        return plan_again(call, given=given, registry=registry)
    return plan_sweep(call, registry=registry)


def _carry_out(sweep: Sweep, *, as_json: bool) -> int:
    """Run the sweep, report and give the exit code."""
    from emobench.cli.borrowed import warn_of_borrowed
    from emobench.cli.run import INTERRUPTED, NO_SCORE
    from emobench.cli.sweep_progress import choose_watcher
    from emobench.cli.sweep_report import command_line, report
    from emobench.sweeps.running import run_sweep

    blocks = (*sweep.space.recipe.blocks(), sweep.task.dataset)
    warn_of_borrowed(blocks, registry=sweep.registry)
    with choose_watcher(sweep, plain=as_json) as watcher:
        done = run_sweep(sweep, watcher=watcher)
    report(done, as_json=as_json)
    if done.interrupted:
        click.echo("interrupted; the same command goes on where it stopped, or", err=True)
        click.echo(
            f"  {command_line('sweep', '--resume', '--name', done.name, of=sweep)}", err=True
        )
        return INTERRUPTED
    return NO_SCORE if done.best is None else 0


sweep = SweepGroup(
    "sweep",
    table=COMMANDS,
    files="emobench.cli.sweep_{}",
    short_help="Search for better recipes and options.",
)
