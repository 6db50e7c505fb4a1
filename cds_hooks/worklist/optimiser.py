"""The best set of steps by mixed-integer programming: HiGHS, through `highspy`."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cds_hooks.worklist.benefit import Floats
from cds_hooks.worklist.demands import Demands
from cds_hooks.worklist.steps import BEFORE, Integers, Steps

if TYPE_CHECKING:
    from highspy import Highs

GAP = 1e-3
"""The solver stops at a plan that is proven to be within a thousandth of the best."""

UNMET = 100.0
"""What a demand that is not met costs, in units of the greatest gain of a single review."""

FREE = np.inf

WHOLE = 1e-6
"""How far from a whole number a step may be to count as one."""


class NoPlan(Exception):
    """HiGHS is not installed, or found no plan in its time; the message says which."""


@dataclass(frozen=True, slots=True)
class Solved:
    """The chosen steps by number, and a benefit that no plan exceeds.

    `proven` is whether the plan was shown to be the best but for GAP. `prices` [teams, hours] is
    what a further review would be worth, if reviews could be divided.
    """

    chosen: Integers
    bound: float
    proven: bool
    prices: Floats


@dataclass(frozen=True, slots=True)
class _Rows:
    """Constraints of one kind: factors by row and column, and the limits of each row."""

    row: Integers
    column: Integers
    factor: Floats
    low: Floats
    high: Floats


def solve(steps: Steps, demands: Demands, start: Integers, *, seconds: float) -> Solved:
    """The steps of the greatest benefit within the demands; raises NoPlan.

    The problem in which reviews may be divided is solved first: mostly its solution divides none,
    and then it is the best plan. Otherwise the search begins with the plan `start`, so that what is
    found is no worse; floors are shares of its number of reviews. A demand that cannot be met costs
    UNMET instead of making every plan impossible.
    """
    highs = _loaded(steps, demands, reviews=len(start))
    highs.setOptionValue("solve_relaxation", True)
    values = _run(highs, seconds)
    if not _optimal(highs):
        raise NoPlan(f"HiGHS found no plan within {seconds:g} seconds")
    prices, bound = _prices(highs, demands), float(highs.getInfo().objective_function_value)
    values = values[: len(steps)]
    if np.abs(values - np.rint(values)).max(initial=0.0) < WHOLE:
        return Solved(np.flatnonzero(values > 0.5), bound, True, prices)
    highs.setOptionValue("solve_relaxation", False)
    highs.setOptionValue("mip_rel_gap", GAP)
    highs.setSolution(len(start), start.astype(np.int32), np.ones(len(start)))
    values = _run(highs, max(seconds - highs.getRunTime(), 0.0))[: len(steps)]
    chosen = np.flatnonzero(values > 0.5) if len(values) else start
    return Solved(
        chosen, min(bound, float(highs.getInfo().mip_dual_bound)), _optimal(highs), prices
    )


def _run(highs: "Highs", seconds: float) -> Floats:
    """The value of each column once it has run for so many seconds at the most."""
    highs.setOptionValue("time_limit", highs.getRunTime() + seconds)
    highs.run()
    return np.asarray(highs.getSolution().col_value)


def _optimal(highs: "Highs") -> bool:
    return bool(highs.modelStatusToString(highs.getModelStatus()) == "Optimal")


def _prices(highs: "Highs", demands: Demands) -> Floats:
    """The duals of the first rows: capacity by team and hour, and by team."""
    dual = np.abs(np.asarray(highs.getSolution().row_dual))
    teams, hours = len(demands.an_hour), demands.hours
    hourly = dual[: teams * hours].reshape(teams, hours)
    found: Floats = hourly + dual[teams * hours : teams * (hours + 1), np.newaxis]
    return found


def _loaded(steps: Steps, demands: Demands, *, reviews: int) -> "Highs":
    """The problem, ready to run: a column for each step, then one for each demand's slack."""
    try:
        from highspy import Highs, HighsLp, HighsVarType, MatrixFormat, ObjSense
    except ImportError:
        raise NoPlan("HiGHS is not installed: pip install 'cds-hooks-server[worklist]'") from None
    blocks, slacks = _blocks(steps, demands, reviews)
    row, low, high = _stacked(blocks)
    column = np.concatenate([each.column for each in blocks])
    factor = np.concatenate([each.factor for each in blocks])
    order = np.lexsort((row, column))
    columns = len(steps) + slacks
    unmet = UNMET * max(float(steps.gain.max(initial=0.0)), 1e-9)
    problem = HighsLp()
    problem.num_col_, problem.num_row_ = columns, len(low)
    problem.sense_ = ObjSense.kMaximize
    problem.col_cost_ = np.concatenate([steps.gain, np.full(slacks, -unmet)])
    problem.col_lower_ = np.zeros(columns)
    problem.col_upper_ = np.concatenate([np.ones(len(steps)), np.full(slacks, FREE)])
    problem.row_lower_, problem.row_upper_ = low, high
    problem.a_matrix_.format_ = MatrixFormat.kColwise
    problem.a_matrix_.start_ = np.searchsorted(column[order], np.arange(columns + 1))
    problem.a_matrix_.index_ = row[order]
    problem.a_matrix_.value_ = factor[order]
    whole, divided = HighsVarType.kInteger, HighsVarType.kContinuous
    problem.integrality_ = [whole] * len(steps) + [divided] * slacks
    highs = Highs()
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("threads", 1)
    highs.passModel(problem)
    return highs


def _blocks(steps: Steps, demands: Demands, reviews: int) -> tuple[list[_Rows], int]:
    """Capacity by team and hour, by team, the paths; then who is due, and the groups' floors."""
    first = len(steps)
    due = _due(steps, demands, first=first)
    floors = list(_floors(steps, demands, first=first + len(due.low), reviews=reviews))
    hard = [_an_hour(steps, demands), _a_shift(steps, demands), _paths(steps, demands.hours)]
    return [*hard, due, *floors], len(due.low) + len(floors)


def _stacked(blocks: list[_Rows]) -> tuple[Integers, Floats, Floats]:
    """The rows' numbers below one another, and their limits."""
    begins = np.cumsum([0, *(len(each.low) for each in blocks[:-1])])
    row = np.concatenate([each.row + at for each, at in zip(blocks, begins, strict=True)])
    low = np.concatenate([each.low for each in blocks])
    return row, low, np.concatenate([each.high for each in blocks])


def _an_hour(steps: Steps, demands: Demands) -> _Rows:
    high = np.repeat(demands.an_hour.astype(np.float64), demands.hours)
    row = steps.team * demands.hours + steps.hour
    return _Rows(row, np.arange(len(steps)), np.ones(len(steps)), np.full(len(high), -FREE), high)


def _a_shift(steps: Steps, demands: Demands) -> _Rows:
    high = demands.a_shift
    every, ones = np.arange(len(steps)), np.ones(len(steps))
    return _Rows(steps.team, every, ones, np.full(len(high), -FREE), high)


def _paths(steps: Steps, hours: int) -> _Rows:
    """From each hour of a patient lead no more steps than to it; from before the plan one."""
    nodes = hours + 1
    leave, arrive = (steps.patient * nodes + each + 1 for each in (steps.since, steps.hour))
    used, row = np.unique(np.concatenate([leave, arrive]), return_inverse=True)
    every, ones = np.arange(len(steps)), np.ones(len(steps))
    high = np.where(used % nodes == 0, 1.0, 0.0)
    column, factor = np.concatenate([every, every]), np.concatenate([ones, -ones])
    return _Rows(row, column, factor, np.full(len(high), -FREE), high)


def _due(steps: Steps, demands: Demands, *, first: int) -> _Rows:
    """Who is due has a first review by then, or a slack column counts that there is none."""
    patients = np.flatnonzero(demands.due < demands.hours)
    timely = (steps.since == BEFORE) & (steps.hour <= demands.due[steps.patient])
    wanted = np.flatnonzero(timely & (demands.due[steps.patient] < demands.hours))
    slack = np.arange(len(patients))
    row = np.concatenate([np.searchsorted(patients, steps.patient[wanted]), slack])
    column = np.concatenate([wanted, first + slack])
    high = np.full(len(patients), FREE)
    return _Rows(row, column, np.ones(len(row)), np.ones(len(patients)), high)


def _floors(steps: Steps, demands: Demands, *, first: int, reviews: int) -> Iterator[_Rows]:
    """Each group has its share of so many reviews, or a slack column counts what is lacking."""
    for number, group in enumerate(demands.groups):
        members = np.flatnonzero(np.isin(steps.patient, group.members))
        column = np.append(members, first + number)
        row, least = np.zeros(len(column), dtype=np.int64), np.array([group.share * reviews])
        yield _Rows(row, column, np.ones(len(column)), least, np.full(1, FREE))
