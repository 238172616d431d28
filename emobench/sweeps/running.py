"""A sweep from its first trial to its last word: trials, winner, finale, pictures."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from dataclasses import replace

from emobench.api.errors import UsageError
from emobench.recipes.model import Recipe
from emobench.registry import CORE_PACKAGE
from emobench.runs.files import explained
from emobench.runs.folder import CHECKPOINTS_FOLDER, RunFolder, RunLocked
from emobench.runs.listener import Listener
from emobench.runs.plan import Settings, component_versions, package_version
from emobench.sweeps.folder import Origin
from emobench.sweeps.journal import Journal
from emobench.sweeps.memory import as_trained
from emobench.sweeps.result import SweepResult
from emobench.sweeps.rows import rows_of
from emobench.sweeps.study import Start, Study
from emobench.sweeps.suggest import Conflict
from emobench.sweeps.sweep import Sweep
from emobench.sweeps.trainings import train
from emobench.sweeps.watcher import Watcher


def run_sweep(sweep: Sweep, *, watcher: Watcher) -> SweepResult:
    """Run the trials that are left, then the rest; no other process may work in the folder.

    An interrupt ends the trials; what was done until then is told, and the same call goes on.
    """
    with ExitStack() as stack:
        stack.enter_context(sweep.folder.held())
        sweep = sweep.fitted()
        known = sweep.folder.known()
        starts = known.starts if known else sweep.starts()
        file = sweep.folder.open(sweep.definition, call=sweep.call, starts=starts)
        journal = stack.enter_context(Journal(sweep.folder.journal, root=sweep.folder.root))
        study = _study(sweep, journal, file.starts)
        if _is_work_left(study, sweep.call.trials) or sweep.call.options.final_seeds:
            _settle_origin(sweep, study)
            _check_storage(sweep)
        interrupted = _run(sweep, study, watcher)
        if not interrupted:
            _fetch(sweep, study)
        _remove_checkpoints(sweep, study)
        done = SweepResult(sweep=sweep, rows=tuple(rows_of(journal.events())))
        best = done.best
        if best is None:
            return replace(done, interrupted=interrupted)
        story = study.stories[best.trial]
        recipe = as_trained(story.trial.recipe, end=story.end, registry=sweep.registry)
        _write_winner(sweep, recipe, trials=len(done.rows))
        done = replace(done, winner=sweep.folder.winner, interrupted=interrupted)
        if interrupted:
            return done
        done = _pictured(done, study)
        return _crowned(done, study, watcher) if sweep.call.options.final_seeds else done


def _write_winner(sweep: Sweep, recipe: Recipe, *, trials: int) -> None:
    several = f"{trials} trial{'s' if trials != 1 else ''}"
    summary = f"Best of {several} of sweep {sweep.folder.name}, by {sweep.task.metric} on"
    sweep.folder.write_winner(recipe, task=sweep.winner_task, summary=f"{summary} validation.")


def _study(sweep: Sweep, journal: Journal, starts: tuple[Start, ...]) -> Study:
    """The mind of the sweep; a UsageError where its trials are no longer of its space."""
    try:
        return sweep.study(journal, starts=starts)
    except Conflict as error:
        raise UsageError(
            f"sweep '{sweep.folder.name}' holds trials that cannot be made any more: {error}; what "
            "is installed, or the data, have changed since: begin another with --name"
        ) from error


def trial_settings(sweep: Sweep) -> Settings:
    """How trials are run: apart from other runs, and without pictures that nobody looks at."""
    return replace(sweep.call.settings, runs=sweep.folder.path, fresh=False, plots=False)


def _settle_origin(sweep: Sweep, study: Study) -> None:
    """Refuse what the recipe, the data or other data are refused for, before anything is started.

    Trials on other data, or of other versions, would be compared with those that were before.
    """
    from emobench.runs.opening import frontend_modality, open_plan

    plan, registry = sweep.as_it_stands(), sweep.registry
    opened = open_plan(plan, settings=trial_settings(sweep), registry=registry)
    if not study.stories or study.stories[0].end is None:
        frontend_modality(opened, registry=registry)
    versions = component_versions(plan.recipe, plan.task, registry)
    core = {CORE_PACKAGE: f"{CORE_PACKAGE} {package_version(registry)}"}
    origin = Origin(data=opened.fingerprint, versions=core | versions)
    sweep.folder.settle(origin, begun=bool(study.stories))


def _run(sweep: Sweep, study: Study, watcher: Watcher) -> bool:
    """Run what is left of the trials; whether the user interrupted."""
    if not _is_work_left(study, sweep.call.trials):
        return False
    for note in sweep.space.notes:
        watcher.say(f"note: {note}")
    from emobench.sweeps.engine import run_on_ray

    try:
        run_on_ray(
            study,
            trials=sweep.call.trials,
            settings=trial_settings(sweep),
            resources=sweep.call.resources(),
            watcher=watcher,
        )
    except KeyboardInterrupt:
        return True
    return False


def _check_storage(sweep: Sweep) -> None:
    """Refuse storage that this machine cannot use now, not when hours of trials are over."""
    from emobench.sweeps.storage import Storage, patiently

    url = sweep.call.options.storage
    if url is not None:
        patiently(Storage(url=url).check)


def _fetch(sweep: Sweep, study: Study) -> None:
    """Bring the runs of ended trials here, where workers keep them elsewhere."""
    from emobench.sweeps.storage import Storage, fetch_trials

    url = sweep.call.options.storage
    if url is not None:
        fetch_trials(study, storage=Storage(url=url), runs=sweep.folder.path)


def _remove_checkpoints(sweep: Sweep, study: Study) -> None:
    """Free the disk of what stopped trials would go on from: most trials of a sweep are stopped."""
    for story in study.stories:
        if story.end is None or story.end.state != "stopped" or story.end.run_id is None:
            continue
        folder = sweep.folder.path / story.end.run_id
        checkpoints = folder / CHECKPOINTS_FOLDER
        if checkpoints.is_dir():
            from emobench.training.checkpoints import remove_checkpoints

            # A worker that is slow to die may still write there; the next call removes it then.
            with (
                explained(sweep.folder.root),
                suppress(RunLocked),
                RunFolder(folder, root=sweep.folder.path),
            ):
                remove_checkpoints(checkpoints)


def _is_work_left(study: Study, trials: int) -> bool:
    return len(study.stories) < trials or any(story.end is None for story in study.stories)


def _pictured(done: SweepResult, study: Study) -> SweepResult:
    """What mattered, in figures and, where they are wanted, on a page; a copy for Optuna."""
    from emobench.sweeps.importance import importance
    from emobench.sweeps.optuna_copy import COPY_FILE, copy_to_optuna
    from emobench.sweeps.overview import overview

    folder, options = done.sweep.folder, done.sweep.call.options
    shown = overview(study, name=done.name, objectives=1 if options.cost is None else 2)
    copy_to_optuna(shown, folder.path / COPY_FILE)
    mattered = importance(shown, seed=options.seed)
    if not done.sweep.call.settings.plots:
        return replace(done, importance=mattered)
    from emobench.sweeps.page import write_page
    from emobench.sweeps.plots import write_pictures

    recipe = folder.winner.read_text(encoding="utf-8") if done.winner else ""
    with explained(folder.root):
        pictures = write_pictures(shown, folder.pictures, importance=mattered)
        write_page(shown, folder.page, importance=mattered, recipe=recipe)
    return replace(done, importance=mattered, pages=(folder.page, *pictures))


def _crowned(done: SweepResult, study: Study, watcher: Watcher) -> SweepResult:
    """The winner and the ensemble of the best, trained with fresh seeds and scored on test."""
    from emobench.sweeps.finale import Naming, perform, programme_of

    sweep = done.sweep
    programme = programme_of(
        study,
        naming=Naming(sweep=sweep.folder.name, task=sweep.winner_task),
        trials=sweep.folder.path,
        seeds=sweep.call.options.final_seeds,
        registry=sweep.registry,
    )
    if programme is None:
        return done
    programme.write_ensemble(sweep.folder.path, root=sweep.folder.root)
    settings = replace(sweep.call.settings, fresh=False)
    heard = _Told(watcher)
    try:
        trained = train(programme, sweep=sweep, first=len(study.stories), watcher=watcher)
        programme = trained.programme
        if isinstance(programme.winner.recipe, Recipe):
            _write_winner(sweep, programme.winner.recipe, trials=len(done.rows))
        ensemble = programme.write_ensemble(sweep.folder.path, root=sweep.folder.root)
        final = perform(
            programme,
            settings=settings,
            registry=sweep.registry,
            ends=trained.ends,
            listener=heard,
        )
    except KeyboardInterrupt:
        return replace(done, interrupted=True)
    return replace(done, ensemble=ensemble, final=final)


class _Told(Listener):
    """Tells a watcher of the finale's runs that are made in this process."""

    def __init__(self, watcher: Watcher) -> None:
        self._watcher, self._warned = watcher, set[str]()

    def stage(self, name: str, detail: str = "") -> None:
        """A run begins to train, or to combine; what is stored already does neither."""
        if name in ("train", "combine"):
            self._watcher.say(f"finale: {name} {detail}")

    def warn(self, message: str) -> None:
        """Pass it on, once: every training of the same data says the same."""
        if message not in self._warned:
            self._warned.add(message)
            self._watcher.say(f"warning: {message}")
