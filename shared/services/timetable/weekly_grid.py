"""Weekly timetables that the office types: kept as they were typed, and brought in like an uploaded plan."""

import json
from collections.abc import Sequence
from datetime import timedelta

from shared.domain.languages import phrase
from shared.domain.timetable.grid import GridRow, identities, number_rows, read_grid, refuse_rows
from shared.errors import Conflict, InvalidInput
from shared.persistence import timetable
from shared.persistence.tables import WeeklyGrid
from shared.security.tokens import digest
from shared.services import audit
from shared.services.audit import Actor
from shared.services.timetable.plan_import import PlanReview, check_span, review_plan
from shared.services.timetable.reading import School, Span, tie_lines
from shared.toolbox import Toolbox


def rows_of(grid: WeeklyGrid) -> list[GridRow]:
    """Return the rows as they were typed."""
    return [GridRow(*row) for row in json.loads(grid.content)]


def version(grid: WeeklyGrid) -> str:
    """Return what tells one keeping of a grid from the next."""
    return grid.changed_at.isoformat()


def review_grid(
    toolbox: Toolbox,
    actor: Actor,
    rows: Sequence[GridRow],
    *,
    span: Span,
    only_add: bool = False,
    grid_id: int | None = None,
    seen: str | None = None,
) -> tuple[int, PlanReview]:
    """Keep a grid as it was typed, and say what it would change; return the grid's id and that.

    What the grid planned before and its rows say no more is taken out; `only_add` leaves alone what other
    plans say of its classes. Raise InvalidInput for what cannot be kept, NotFound, and Conflict if somebody
    else has changed the grid since the `version` that was seen.
    """
    check_span(span)
    if refused := refuse_rows(rows):
        raise InvalidInput(refused)
    grid_id, used = _keep(toolbox, actor, rows, span=span, only_add=only_add, grid_id=grid_id, seen=seen)
    clock = toolbox.settings.clock
    with toolbox.reading() as session:
        lines, problems = read_grid(grid_id, rows_of(timetable.get_grid(session, grid_id)))
        school = School(timetable.list_classes(session), timetable.list_teachers(session))
        plan = tie_lines(school, clock, lines, span, problems)
        since = clock.day_of(toolbox.now())
        ours = {digest(each) for each in identities(grid_id, used, since - timedelta(days=since.weekday()))}
        name = f"the weekly grid of {span.first:%d %b %Y} to {span.last:%d %b %Y}"
        found = review_plan(toolbox, actor, session, plan, file_name=name, only_add=only_add, replaced=ours)
    return grid_id, found


def _keep(
    toolbox: Toolbox,
    actor: Actor,
    rows: Sequence[GridRow],
    *,
    span: Span,
    only_add: bool,
    grid_id: int | None,
    seen: str | None,
) -> tuple[int, int]:
    with toolbox.sessions.begin() as session:
        grid = timetable.get_grid(session, grid_id, lock=True) if grid_id else WeeklyGrid(used=0)
        if grid_id and seen is not None and seen != version(grid):
            _require_the_same(rows_of(grid), rows)
        numbered, grid.used = number_rows(rows, grid.used)
        grid.first, grid.last, grid.only_add = span.first, span.last, only_add
        grid.content = json.dumps(numbered, ensure_ascii=False, separators=(",", ":"))
        grid.changed_by, grid.changed_at = actor.email, toolbox.now()
        session.add(grid)
        session.flush()
        after = {"rows": sum(not row.is_blank for row in numbered)}
        audit.record(session, toolbox, actor, "type weekly grid", f"grid {grid.id}", after=after)
        return grid.id, grid.used


def _require_the_same(held: Sequence[GridRow], typed: Sequence[GridRow]) -> None:
    """Raise Conflict unless the rows say the same: a button pressed twice is no second admin."""
    if [row.typed for row in held] != [row.typed for row in typed]:
        raise Conflict(
            phrase(
                "Somebody else changed this grid while it was open here. Look at it in a second window; "
                "pressed once more, what stands here takes its place."
            )
        )


def remove_grid(toolbox: Toolbox, actor: Actor, grid_id: int) -> None:
    """Forget what was typed; the lectures that it planned stay. Raise NotFound."""
    with toolbox.sessions.begin() as session:
        grid = timetable.get_grid(session, grid_id, lock=True)
        session.delete(grid)
        before = {"first": f"{grid.first}", "last": f"{grid.last}"}
        audit.record(session, toolbox, actor, "remove weekly grid", f"grid {grid_id}", before=before)
