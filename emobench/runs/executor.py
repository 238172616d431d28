"""One run from start to record: data, audit, training, scores. The only maker of records."""

from __future__ import annotations

import hashlib
import time
import traceback
from collections.abc import Generator, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import torch
from torch import nn

from emobench.api import EmobenchError, PluginError, PostProcessor, UsageError
from emobench.blame import blame, blaming, name_plugin
from emobench.recipes.emit import to_yaml
from emobench.registry import Plugin, Registry
from emobench.runs.ensemble import MemberFailed, combine, run_members
from emobench.runs.files import explained
from emobench.runs.folder import CHECKPOINTS_FOLDER, PREDICTIONS_FILE, TASK_FILE, RunFolder
from emobench.runs.inputs import build_source, load_data, with_copies
from emobench.runs.listener import Listener
from emobench.runs.observer import Observer, TimedOut, model_bytes
from emobench.runs.opening import Opened, OpenedEnsemble, OpenedPlan, open_any
from emobench.runs.plan import AnyPlan, Plan, Settings, component_versions
from emobench.runs.plots import plot_record
from emobench.runs.provenance import gather, peak_memory_mb
from emobench.runs.record import FINAL_STATES, Attempt, Costs, Culprit, Record, State
from emobench.runs.results import Outcome, final_scores
from emobench.runs.store import EARLIER_FOLDER, RunStore
from emobench.scoring.metrics import NotFiniteError
from emobench.training.build import Builder, build_run, choose_device
from emobench.training.checkpoints import remove_checkpoints
from emobench.training.loop import Diverged, EpochDone, fit_by_epochs
from emobench.training.model import count_flops, count_parameters
from emobench.training.source import PreparedSource

LOG_LINES = 20


Epochs = Generator[EpochDone, None, Record]
"""A run under way: it goes on to the end of the next epoch when asked, and returns its record."""


class Stopped(Exception):
    """Thrown into a run under way to end it there: its record is `interrupted`, for this reason."""

    state: State = "interrupted"


def execute(
    plan: AnyPlan, *, settings: Settings, registry: Registry, listener: Listener | None = None
) -> Record:
    """Run a plan, or give the stored record when the same run is already there.

    A run that was interrupted goes on from its last checkpoint and ends with the same numbers.
    The members of an ensemble are runs of their own: `fresh` does them again too.
    Faults of the call, the data or a plugin are raised, and recorded once the run has an
    identity; whatever else stops the run is its result, told by the record's state.
    """
    return to_the_end(
        execute_by_epochs(plan, settings=settings, registry=registry, listener=listener)
    )


def to_the_end(epochs: Epochs) -> Record:
    """The record of a run under way, once it is over."""
    while True:
        try:
            next(epochs)
        except StopIteration as end:
            record: Record = end.value
            return record


def execute_by_epochs(
    plan: AnyPlan, *, settings: Settings, registry: Registry, listener: Listener | None = None
) -> Epochs:
    """As `execute`, handing over after every epoch: ask for the next, or throw `Stopped`."""
    listener = listener or Listener()
    torch.use_deterministic_algorithms(True, warn_only=True)
    device = choose_device(settings.device)
    with blaming(registry):
        opened = open_any(plan, settings=settings, registry=registry)
    store = RunStore(settings.runs)
    stored = None if settings.fresh else store.get(opened.run_id)
    if stored is not None and stored.state in FINAL_STATES:
        return stored
    record = Record(
        id=opened.run_id,
        identity=opened.identity,
        recipe_name=plan.recipe.name,
        recipe=plan.recipe.dump(),
        task=opened.stamp,
        seed=plan.seed,
        state="interrupted",
        members=opened.member_ids,
        attempts=(*(stored.attempts if stored else ()), Attempt(started=_now())),
        provenance=gather(
            device=device,
            registry=registry,
            components=component_versions(plan.recipe, plan.task, registry),
        ),
    )
    with store.begin(record, fresh=settings.fresh) as folder:
        folder.write(TASK_FILE, to_yaml(plan.task.dump()))
        listener.began(record.id)
        attempt = _Attempt(
            opened=opened,
            settings=settings,
            registry=registry,
            listener=listener,
            folder=folder,
            device=device,
            record=record,
        )
        return (yield from attempt.run())


class _Attempt:
    """One start of a run, inside its locked folder."""

    def __init__(
        self,
        *,
        opened: Opened,
        settings: Settings,
        registry: Registry,
        listener: Listener,
        folder: RunFolder,
        device: str,
        record: Record,
    ) -> None:
        self.opened, self.settings, self.registry = opened, settings, registry
        self.listener, self.folder, self.device = listener, folder, device
        self.record = record
        self.started = time.monotonic()
        self.first = len(record.attempts) == 1 and not (folder.path / EARLIER_FOLDER).exists()
        self.observer: Observer | None = None

    def run(self) -> Epochs:
        """Do the work; whatever happens, the folder holds a true record afterwards."""
        try:
            yield from self._work()
        except KeyboardInterrupt:
            command = (
                "the same command without --fresh" if self.settings.fresh else "the same command"
            )
            self._close("interrupted", f"stopped by the user; {command} resumes it")
            raise
        except (Diverged, NotFiniteError) as error:
            self._close("diverged", str(error))
            remove_checkpoints(self.folder.path / CHECKPOINTS_FOLDER)
        except (Stopped, TimedOut) as error:
            self._close(error.state, str(error))
        except UsageError as error:
            if self.first:
                self.folder.discard()
            else:
                self._close("failed", str(error))
            raise
        except PluginError as error:
            name_plugin(error, self.registry)
            self._accuse(error)
            self._close("failed", str(error))
            raise
        except EmobenchError as error:
            self._close("failed", str(error))
            raise
        except Exception as error:  # noqa: BLE001 - whatever stops a run is its result
            log = log_lines(error)
            if _is_out_of_memory(error):
                self._close("out_of_memory", str(error).splitlines()[0], log=log)
            else:
                by = self._accuse(error)
                self._close("failed", f"{by}{type(error).__name__}: {error}", log=log)
        return self.record

    def _accuse(self, error: Exception) -> str:
        """Note the plugin whose code raised the error; gives the words that open the reason."""
        found = blame(error, self.registry)
        if found is None:
            return ""
        plugin = found if isinstance(found, Plugin) else found.plugin
        component = "" if isinstance(found, Plugin) else f"{found.kind}/{found.name}"
        culprit = Culprit(package=plugin.package, version=plugin.version, component=component)
        self.record = replace(self.record, culprit=culprit)
        return f"{found}: "

    def _work(self) -> Iterator[EpochDone]:
        if isinstance(self.opened, OpenedEnsemble):
            self._combine(self.opened)
        else:
            yield from self._train(self.opened)

    def _combine(self, opened: OpenedEnsemble) -> None:
        try:
            joined = run_members(opened, run=self._member, listener=self.listener)
        except MemberFailed as error:
            self._close("failed", str(error))
            return
        self.record = replace(self.record, data=joined.data, audit=joined.audit, costs=joined.costs)
        self.listener.stage("combine", opened.plan.recipe.combiner.use)
        outcome = combine(
            opened,
            joined,
            runs=self.settings.runs,
            registry=self.registry,
            device=self.device,
        )
        self._keep(outcome, replace(joined.costs, ms_per_item=outcome.ms_per_item), weights=None)

    def _member(self, plan: Plan) -> Record:
        """A member's run, whose seconds are told by its own record and not by this one."""
        started = time.monotonic()
        try:
            return execute(
                plan, settings=self.settings, registry=self.registry, listener=self.listener
            )
        finally:
            self.started += time.monotonic() - started

    def _train(self, opened: OpenedPlan) -> Iterator[EpochDone]:
        self.listener.stage("data", opened.plan.task.name)
        data = load_data(opened, self.settings, self.registry, self.listener)
        self.record = replace(
            self.record,
            data=data.stamp,
            audit=data.audit,
            costs=replace(self.record.costs, data_s=data.prepared.seconds),
        )
        data = with_copies(data, opened, self.settings, self.registry, self.listener)
        self.listener.stage("train", opened.plan.recipe.name)
        recipe = opened.plan.recipe
        source, context = build_source(opened, data, self.registry, self.device)
        self.observer = observer = Observer(
            folder=self.folder,
            listener=self.listener,
            select=recipe.train.select,
            checkpoint_every=recipe.train.checkpoint_every,
            time_limit=self.settings.time_limit,
        )
        run, techniques = build_run(
            recipe, context=context, registry=self.registry, observer=observer
        )
        observer.techniques = techniques
        observer.resume(run)
        if observer.resumed_from:
            self.listener.stage("resume", f"after epoch {observer.resumed_from}")
        model = cast(nn.Module, run.model)
        flops = _flops(model, source)
        yield from fit_by_epochs(run, source, observer)
        train_s = observer.train_s
        self.listener.stage("score", opened.plan.task.name)
        builder = Builder(recipe=recipe, registry=self.registry, context=context)
        outcome = final_scores(run, source, opened.items, _postprocessors(builder))
        costs = replace(
            self.record.costs,
            train_s=train_s,
            epochs=run.epoch,
            best_epoch=observer.best_epoch,
            updates=run.update,
            parameters=count_parameters(model),
            flops_per_item=flops,
            ms_per_item=outcome.ms_per_item,
        )
        self._keep(outcome, costs, weights=model_bytes(model))

    def _keep(self, outcome: Outcome, costs: Costs, *, weights: bytes | None) -> None:
        """Write weights, predictions and plots, then the record that vouches for them.

        An ensemble has no weights of its own.
        """
        hashes = {}
        if weights is not None:
            self.folder.write("model.safetensors", weights)
            hashes["model.safetensors"] = _digest(weights)
        self.folder.write_predictions(outcome.predictions)
        predictions = (self.folder.path / PREDICTIONS_FILE).read_bytes()
        finished = replace(
            self.record,
            scores=outcome.scores,
            collapse=outcome.collapse,
            costs=costs,
            hashes={**hashes, PREDICTIONS_FILE: _digest(predictions)},
        )
        if self.settings.plots:
            with explained(self.folder.root):
                plot_record(finished, history=self.folder.read_history(), folder=self.folder.path)
        self.record = finished
        collapsed = outcome.collapse is not None
        reason = outcome.collapse.reason if outcome.collapse else ""
        self._close("collapsed" if collapsed else "ok", reason)
        remove_checkpoints(self.folder.path / CHECKPOINTS_FOLDER)

    def _close(self, state: State, reason: str, *, log: tuple[str, ...] = ()) -> None:
        """Write the record as it stands now."""
        *earlier, current = self.record.attempts
        resumed = self.observer.resumed_from if self.observer else 0
        ended = replace(
            current, ended=_now(), state=state, reason=reason, resumed_from_epoch=resumed
        )
        costs = replace(
            self.record.costs,
            total_s=time.monotonic() - self.started + self._earlier_s(),
            peak_memory_mb=peak_memory_mb(),
        )
        self.record = replace(
            self.record,
            state=state,
            reason=reason,
            log=log,
            attempts=(*earlier, ended),
            costs=costs,
        )
        self.folder.finish(self.record)

    def _earlier_s(self) -> float:
        return self.observer.earlier_s if self.observer else 0.0


def _postprocessors(builder: Builder) -> dict[str, list[PostProcessor]]:
    return {
        target.name: [
            builder.component(block, context=replace(builder.context, target=target))
            for block in builder.recipe.postprocess
        ]
        for target in builder.context.task.targets
    }


def _flops(model: nn.Module, source: PreparedSource) -> int | None:
    batch = next(iter(source.validation()), None)
    if batch is None:
        return None
    return count_flops(model, {name: tensor[:1] for name, tensor in batch.inputs.items()})


def _is_out_of_memory(error: Exception) -> bool:
    if isinstance(error, MemoryError | torch.cuda.OutOfMemoryError):
        return True
    words = ("not enough memory", "can't allocate memory")
    return isinstance(error, RuntimeError) and any(word in str(error) for word in words)


def log_lines(error: BaseException) -> tuple[str, ...]:
    """Where an exception came from, without the folders of this machine."""
    frames = traceback.extract_tb(error.__traceback__)[-LOG_LINES:]
    lines = [f"{'/'.join(Path(f.filename).parts[-3:])}:{f.lineno} in {f.name}" for f in frames]
    return (*lines, f"{type(error).__name__}: {error}")


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
