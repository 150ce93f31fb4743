from bisect import bisect_right
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from campaigns.rules.pacing import SLACK_SECONDS, Pacer

LIMIT = 120
PACE = LIMIT * 0.98
# How much later than it might each request starts: mostly at once, sometimes after a standstill.
DELAYS = st.lists(
    st.one_of(st.just(0.0), st.floats(0, SLACK_SECONDS), st.floats(0, 0.4)), min_size=LIMIT, max_size=3 * LIMIT
)


def starts(pacer: Pacer, first_at: float, delays: list[float], *, size: int = 1):
    """Moments at which requests start that were bought one after the other."""
    now, started = first_at, []
    for number, delay in enumerate(delays):
        wanted_at = first_at + number * size / PACE
        now = max(now, pacer.opens_at(wanted_at, size)) + delay
        if not (pacer.is_followed and pacer.stood_still(wanted_at, now)):
            pacer.start(wanted_at, size, now)
            started.append(now)
    return started


def worst_window(started: list[float], *, seconds: float) -> int:
    return max(bisect_right(started, moment + seconds) - place for place, moment in enumerate(started))


@given(delays=DELAYS, size=st.sampled_from([1, 7]))
def test_no_window_of_a_second_sees_more_than_the_limit(delays, size):
    started = starts(Pacer(limit=LIMIT, pace=PACE), 1_000.0, delays, size=size)
    assert worst_window(started, seconds=1.01) * size <= LIMIT


@given(
    stall=st.floats(0, SLACK_SECONDS),
    caught_up=st.integers(0, 30),
    left=st.integers(0, LIMIT // 2),
    late=st.sampled_from([0.0, SLACK_SECONDS * 0.99]),
    later=st.tuples(st.floats(0, 0.1), st.integers(0, LIMIT - 1)),
)
@example(stall=SLACK_SECONDS, caught_up=4, left=10, late=0.0, later=(0.0, 0))
@example(stall=0.0, caught_up=0, left=20, late=SLACK_SECONDS * 0.99, later=(0.0, 0))
def test_nor_does_one_across_two_lines(stall, caught_up, left, late, later):
    """The first line stands still and catches up when it is followed; the next knows only from when it may begin."""
    first, second = (Pacer(limit=LIMIT, pace=PACE) for _ in range(2))
    started = starts(first, 1_000.0, [*[0.0] * 2 * LIMIT, stall, *[0.0] * caught_up])
    begins_at = first.make_way(left, started[-1])
    started += starts(first, first.next_at, [late, *[0.0] * left][:left])
    standstill, place = later
    started += starts(second, begins_at, [standstill if number == place else 0.0 for number in range(2 * LIMIT)])
    assert worst_window(sorted(started), seconds=1.01) <= LIMIT


def test_an_even_row_is_kept_where_nothing_stands_still():
    started = starts(Pacer(limit=LIMIT, pace=PACE), 1_000.0, [SLACK_SECONDS / 4, 0.0] * LIMIT)
    assert len(started) / (started[-1] - started[0]) == pytest.approx(PACE, rel=0.02)


def test_a_short_delay_is_caught_up_in_a_row_twice_as_dense_and_no_denser():
    started = starts(Pacer(limit=LIMIT, pace=PACE), 1_000.0, [*[0.0] * LIMIT, SLACK_SECONDS / 2, *[0.0] * 20])
    assert started[-1] - started[0] == pytest.approx((LIMIT + 20) / PACE)
    assert min(later - moment for moment, later in pairwise(started)) == pytest.approx(0.5 / PACE)


def test_after_a_standstill_the_row_moves_back():
    started = starts(Pacer(limit=LIMIT, pace=PACE), 1_000.0, [*[0.0] * 2 * LIMIT, 0.3, *[0.0] * 8])
    assert started[-1] - started[-9] == pytest.approx(8 / PACE)


def test_more_at_once_than_the_limit_go_alone():
    started = starts(Pacer(limit=5, pace=5), 1_000.0, [0.0] * 3, size=20)
    assert started[1] - started[0] >= 1
