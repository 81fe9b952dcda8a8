"""The loop: observe -> watch -> judge -> act -> remember, a round for each span of time (docs/decisions/0024)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from journeyman.drift_detectors.faulty_columns import delivering
from journeyman.drift_detectors.windows import weightiest
from journeyman.entities.artifacts import RoundArtifacts
from journeyman.entities.decision import Action
from journeyman.entities.lessons import Lessons
from journeyman.entities.operating import Decided, Done, Kept, LoopState, MonitorResult, Observed
from journeyman.entities.paired_comparison import PairedComparison
from journeyman.entities.signal import Tier, Watched
from journeyman.entities.staleness import Staleness
from journeyman.entities.table import Block
from journeyman.entities.traffic import Traffic
from journeyman.interfaces import Run
from journeyman.linear_algebra import on_one_thread
from journeyman.operations.apply_move import apply_move
from journeyman.operations.decide_move import DecisionInputs, begun, decide_move
from journeyman.operations.loop_context import LoopContext, learning_rows
from journeyman.operations.next_state import next_state
from journeyman.operations.shadow_backfill import backfill_shadow
from journeyman.operations.traffic import read_traffic, truths_of
from journeyman.operations.user_requests import apply_user_requests
from journeyman.stages.monitor import (
    MonitoredModel,
    attribute_to_faults,
    broken_spans,
    follow_returns,
    monitor,
    reset_memory,
    settle_faults,
)
from journeyman.stages.promote import paired
from journeyman.stages.retrain import QuickModels, back_test, gain_without, reference_unit, rehearse
from journeyman.tasks import task_type

__all__ = [
    "begin",
    "decide",
    "done_is",
    "keep",
    "observe",
    "operate_round",
    "watch",
]

FloatArray = NDArray[np.float64]
_LEARNED = (Action.RETRAIN, Action.PROMOTE)  # what teaches: what was expected, and what came of it
_LATEST = 1_000  # rows with truths by which a change of the feed is told from drift
_PAST = 500  # retrainings of all models that a decision learns from


def operate_round(run: Run, parts: LoopContext, before: LoopState) -> LoopState:
    """Go through one round, from what the round before handed on to what the next one begins with.

    Every line is a step, or a few, of the run: finished ones are replayed after a restart, by whichever worker.
    """
    state = run.step("begin", begin, before)
    seen = run.step("observe", partial(observe, parts), state)
    watched = run.step("watch", partial(watch, parts), state, seen)
    decided = run.step("judge", partial(decide, parts), state, seen, watched)
    done = run.step("act", done_is, apply_move(parts.actuator, run, state, seen, watched.memory, decided))
    handed = partial(next_state, parts.name, parts.settings)
    kept = run.step("remember", handed, state, seen, watched, decided, done)
    run.step("keep", partial(keep, parts), kept)
    run.name_artifacts(RoundArtifacts(*map(run.store, (state, seen, watched, decided, done, kept))))
    return kept.state


def begin(state: LoopState) -> LoopState:
    """Write down what the round begins with, so that it can be replayed alone."""
    return state


def done_is(done: Done) -> Done:
    """Write down what acting has brought about."""
    return done


def observe(parts: LoopContext, state: LoopState) -> Observed:
    """Read what the log holds of the span, who is champion, and what people asked for before it ended."""
    registry, operations = parts.workspace.registry, parts.workspace.operations
    champion, history = registry.version(parts.name), registry.history(parts.name)
    parts.stream.seal(state.end)
    span = parts.stream.poll(state.begin, state.end, parts.settings.most_rows)
    release = parts.release_cache.release(champion.version)
    traffic, digests, hidden = read_traffic(span, release, state.digests)
    if state.challenger is not None and champion.version == state.champion:
        for version in (champion.version, state.challenger):
            traffic = backfill_shadow(span, traffic, release.task, parts.release_cache.release(version))
    asked = tuple(h for h in operations.requests(parts.name, state.heard) if h.request.at < state.end)
    past = operations.operations(most=_PAST, actions=(*_LEARNED, Action.ASK))
    known = tuple(o for o in past if {o.move.action, o.move.wanted}.intersection(_LEARNED) and o.at <= state.end)
    return Observed(
        answered=replace(traffic, shadows={}),
        shadows=tuple(sorted(traffic.shadows.items())),
        champion=champion.version,
        previous=registry.before(parts.name),
        moves=len(history),
        requests=asked,
        past=known,
        digests=digests,
        hidden=hidden if span.rows else state.hidden,
    )


@on_one_thread()
def watch(parts: LoopContext, state: LoopState, seen: Observed) -> MonitorResult:
    """Let the detectors look at what the champion has answered."""
    as_before = (seen.champion, seen.hidden) == (state.champion, state.hidden)
    mine = seen.traffic.take(seen.traffic.versions == seen.champion)
    reference, release = parts.release_cache.reference(seen.champion), parts.release_cache.release(seen.champion)
    unwatched = {*seen.hidden, *state.given_up}
    if release.task.panel is not None:  # times are new in every span, and seasons come and go: errors tell what drifts
        unwatched |= {column.name for column in reference.columns}
    again = delivering(reference, {*state.given_up} - {*seen.hidden}, mine.take(mine.fresh).rows)
    reference = replace(
        reference,
        rows=_without(reference.rows, unwatched),
        columns=tuple(c for c in reference.columns if c.name not in unwatched),
        importance={k: v for k, v in reference.importance.items() if k not in unwatched},
    )
    watched = replace(mine, rows=_without(mine.rows, unwatched))
    before = state.memory if as_before else reset_memory(state.memory)
    looked = monitor(reference, release.task, parts.detectors, before, watched, tuple(state.accepted))

    def settled(looked: MonitorResult) -> MonitorResult:
        memory, watched = settle_faults(state.lasting, looked, state.begin, state.end)
        return MonitorResult(memory, follow_returns(state.returning, watched, again, state.begin, state.end))

    if seen.hidden or release.silent:  # the release cannot answer these rows again
        return settled(looked)
    feeds = {d.name for d in parts.detectors if d.rung is Tier.FEED}

    def latest() -> Traffic:
        rows = replace(learning_rows(parts, seen.champion, state, looked.watched), most=_LATEST)
        return truths_of(rows.logged, release.answer_block, mine)

    model = MonitoredModel(reference, release.task, release.answer_block)
    looked = attribute_to_faults(model, feeds, before, looked, mine, latest)
    return settled(looked)


def decide(parts: LoopContext, state: LoopState, seen: Observed, watched: MonitorResult) -> Decided:
    """Turn what was seen into one move: people's requests first, then evidence, then what pays."""
    looked = watched.watched
    release, reference = parts.release_cache.release(seen.champion), parts.release_cache.reference(seen.champion)
    rows = learning_rows(parts, seen.champion, state, looked)
    truths = state.truths + int(_kept_out(seen.traffic, looked).told.sum())
    if looked.settled:
        truths += rows.regained(broken_spans(state.memory), state.begin)
    unit = reference_unit(reference.losses)

    def losses(values: FloatArray, answers: FloatArray) -> FloatArray:
        return task_type(release.task).live_losses(values, answers, reference.scale)

    def pairs(contest: PairedComparison) -> FloatArray:
        return paired(contest, _kept_out(seen.traffic, looked), losses)

    # Without a target, quick models have nothing to learn; rows say when it learns again.
    has_target = task_type(release.task).needs_target
    # No column of series can be spared: they say which step of which series a row is.
    whole = release.columns if release.task.panel is not None else weightiest(release.columns, reference)
    columns = whole if has_target else ()
    models = QuickModels(*parts.quick, columns, release.task, reference.scale, unit, lost=rows.given_up)

    def test(staleness: Staleness, lessons: Lessons) -> Staleness:
        if release.silent:  # nothing is learned for a model that runs elsewhere
            return staleness
        own = None if seen.hidden else release.answer_block  # of columns that are hidden it cannot be asked again
        return back_test(models, rows.labelled(truths), staleness, lessons, own)

    def spared(staleness: Staleness) -> float:
        dead = seen.answered.take(seen.answered.fresh).rows
        return gain_without(models, rows.labelled(truths), staleness, dead)

    state = replace(state, paused=state.paused or release.silent)
    policy = state.policy or begun(state.truths, () if release.silent else rehearse(models, rows.first()))
    if seen.champion != state.champion:
        # Of a champion that a person made, nothing is known that was known of the one before.
        policy = replace(policy, contest=None, shadow=None, since=Watched((), 0, 0))
    unlabelled = "" if has_target else parts.name
    made = DecisionInputs(looked, seen.past, truths, unit, pairs, test, spared, unlabelled)
    heard = apply_user_requests(state, seen, looked, decide_move(made, policy, parts.settings.economics), truths)
    return replace(heard, given_up=rows.given_up)


def keep(parts: LoopContext, kept: Kept) -> int:
    """Write the round and its operations where people look, and commit its span; return the round's number."""
    parts.workspace.operations.keep_round(parts.name, kept.round, kept.operations)
    parts.stream.commit(kept.state.begin)
    return kept.round.number


def _without(rows: Block, names: Collection[str]) -> Block:
    return {name: values for name, values in rows.items() if name not in names}


def _kept_out(traffic: Traffic, watched: Watched) -> Traffic:
    """Return the traffic without the rows that arrived broken."""
    inside = np.zeros(len(traffic.times), dtype=bool)
    for begins, ends in watched.broken:
        inside |= (traffic.times >= begins) & (traffic.times < ends)
    return traffic.take(~inside) if inside.any() else traffic
