"""The line search of More and Thuente 1994, as MINPACK-2's `dcsrch` and `dcstep` do it: scipy's, to the last bit.

It keeps two lengths `x` (the best so far) and `y`, between which a minimiser lies once it is bracketed, and tries `p`
by cubics and secants through them. Each of the three is a tuple of length t, loss f and slope d.
"""

from typing import Any

from numpy import isfinite, sqrt

from optimizers.compiled.compilation import plain

FAILED, FOUND, WARNED, ENDED = 0, 1, 2, 3
"""How a search ends: at no length, at one, at one with a warning (bounds or rounding), or with the run."""
P66, LOWER, UPPER = 0.66, 1.1, 4.0


@plain
def clipped(number: Any, low: Any, high: Any) -> Any:
    """`number` within its bounds; NaN stays."""
    return low if number < low else min(number, high)


@plain
def sign(number: Any) -> Any:
    """-1, 0 or 1."""
    return 1.0 if number > 0 else -1.0 if number < 0 else 0.0


@plain
def cubic(x: Any, p: Any) -> Any:
    """`theta`, and `gamma^2 = theta^2 - x' p'` in units of the square of the largest of the three, and that."""
    theta = 3.0 * (x[1] - p[1]) / (p[0] - x[0]) + x[2] + p[2]
    s = max(abs(theta), abs(x[2]), abs(p[2]))
    return theta, (theta / s) ** 2 - (x[2] / s) * (p[2] / s), s


@plain
def higher(x: Any, p: Any) -> Any:
    """Case 1, the loss has risen: the cubic's minimiser, or its mean with the quadratic's, whichever is nearer to x."""
    theta, square, s = cubic(x, p)
    gamma = s * sqrt(square)
    if p[0] < x[0]:
        gamma = -gamma
    r = ((gamma - x[2]) + theta) / (((gamma - x[2]) + gamma) + p[2])
    by_cubic = x[0] + r * (p[0] - x[0])
    by_square = x[0] + ((x[2] / ((x[1] - p[1]) / (p[0] - x[0]) + x[2])) / 2.0) * (p[0] - x[0])
    if abs(by_cubic - x[0]) <= abs(by_square - x[0]):
        return by_cubic
    return by_cubic + (by_square - by_cubic) / 2.0


@plain
def turned(x: Any, p: Any) -> Any:
    """Case 2, a lower loss and a slope of the other sign: the farther of the cubic's minimiser and the secant's."""
    theta, square, s = cubic(x, p)
    gamma = s * sqrt(square)
    if p[0] > x[0]:
        gamma = -gamma
    r = ((gamma - p[2]) + theta) / (((gamma - p[2]) + gamma) + x[2])
    by_cubic = p[0] + r * (x[0] - p[0])
    by_secant = p[0] + (p[2] / (p[2] - x[2])) * (x[0] - p[0])
    return by_cubic if abs(by_cubic - p[0]) > abs(by_secant - p[0]) else by_secant


@plain
def flatter(x: Any, y: Any, p: Any, bracketed: Any, low: Any, high: Any) -> Any:
    """Case 3, a lower loss and a smaller slope of the same sign: cubic or secant, held back from leaping too far."""
    theta, square, s = cubic(x, p)
    gamma = s * sqrt(max(0.0, square))
    if p[0] > x[0]:
        gamma = -gamma
    r = ((gamma - p[2]) + theta) / ((gamma + (x[2] - p[2])) + gamma)
    end = high if p[0] > x[0] else low
    by_cubic = p[0] + r * (x[0] - p[0]) if r < 0 and gamma != 0 else end
    by_secant = p[0] + (p[2] / (p[2] - x[2])) * (x[0] - p[0])
    nearer = abs(by_cubic - p[0]) < abs(by_secant - p[0])
    if not bracketed:
        farther = abs(by_cubic - p[0]) > abs(by_secant - p[0])
        return clipped(by_cubic if farther else by_secant, low, high)
    step = by_cubic if nearer else by_secant
    bound = p[0] + 0.66 * (y[0] - p[0])
    return min(bound, step) if p[0] > x[0] else max(bound, step)


@plain
def steeper(x: Any, y: Any, p: Any, bracketed: Any, low: Any, high: Any) -> Any:
    """Case 4, a lower loss and no smaller a slope: the cubic's minimiser between p and y, or as far as it may go."""
    if not bracketed:
        return high if p[0] > x[0] else low
    theta, square, s = cubic(y, p)
    gamma = s * sqrt(square)
    if p[0] > y[0]:
        gamma = -gamma
    r = ((gamma - p[2]) + theta) / (((gamma - p[2]) + gamma) + y[2])
    return p[0] + r * (y[0] - p[0])


@plain
def dcstep(x: Any, y: Any, p: Any, bracketed: Any, low: Any, high: Any) -> Any:
    """The next length to try, and x, y and whether they bracket a minimiser, now that p is known."""
    against = sign(p[2]) * sign(x[2])
    if p[1] > x[1]:
        return higher(x, p), x, p, True
    if against < 0.0:
        return turned(x, p), p, x, True
    if abs(p[2]) < abs(x[2]):
        return flatter(x, y, p, bracketed, low, high), p, y, bracketed
    return steeper(x, y, p, bracketed, low, high), p, y, bracketed


@plain
def tilted(p: Any, slope: Any) -> Any:
    """The point under the loss less the decrease that is asked for: psi(t) = phi(t) - t slope."""
    return p[0], p[1] - p[0] * slope, p[2] - slope


@plain
def next_length(x: Any, y: Any, p: Any, within: Any, stage: Any, test: Any) -> Any:
    """As `dcstep`; in the first stage of psi, where the loss is lower but not by as much as is asked for."""
    bracketed, low, high = within
    slope, decrease = test
    if stage == 1 and p[1] <= x[1] and p[1] > decrease:
        t, x, y, bracketed = dcstep(tilted(x, slope), tilted(y, slope), tilted(p, slope), bracketed, low, high)
        return t, tilted(x, -slope), tilted(y, -slope), bracketed
    return dcstep(x, y, p, bracketed, low, high)


@plain
def verdict(p: Any, start: Any, inside: Any, tolerances: Any, limits: Any) -> Any:
    """How the search ends at p; FAILED where it goes on."""
    bracketed, low, high = inside
    gtol, xtol, slope = tolerances
    decrease = start[1] + p[0] * slope
    if p[1] <= decrease and abs(p[2]) <= gtol * -start[2]:
        return FOUND
    if bracketed and (p[0] <= low or p[0] >= high or high - low <= xtol * high):
        return WARNED
    if p[0] == limits[1] and p[1] <= decrease and p[2] <= slope:
        return WARNED
    if p[0] == limits[0] and (p[1] > decrease or p[2] >= slope):
        return WARNED
    return FAILED


@plain
def more_thuente(along: Any, line: Any, start: Any, first: Any, rules: Any, most: Any) -> Any:
    """How the search ended, and the length, loss and slope where it did.

    `along(line, t)` gives loss and slope, at `start` (0, phi(0), phi'(0)); `first` is the first length tried, of at
    most `most`. `rules` are ftol, gtol and xtol of MINPACK, the least and the largest length."""
    ftol, gtol, xtol, least, largest = rules
    if not (least <= first <= largest) or not start[2] < 0:
        return FAILED, start
    slope = ftol * start[2]
    x, y, bracketed, stage = start, start, False, 1
    width, width1 = largest - least, (largest - least) / 0.5
    low, high, t = 0.0, first + UPPER * first, first
    for _ in range(most):
        loss, steep = along(line, t)
        if loss != loss:  # NaN: the run has ended
            return ENDED, start
        p = (t, loss, steep)
        decrease = start[1] + t * slope
        if stage == 1 and loss <= decrease and steep >= 0:
            stage = 2
        end = verdict(p, start, (bracketed, low, high), (gtol, xtol, slope), (least, largest))
        if end != FAILED:
            return end, p
        t, x, y, bracketed = next_length(x, y, p, (bracketed, low, high), stage, (slope, decrease))
        if bracketed:
            if abs(y[0] - x[0]) >= P66 * width1:
                t = x[0] + 0.5 * (y[0] - x[0])
            width1, width = width, abs(y[0] - x[0])
            low, high = min(x[0], y[0]), max(x[0], y[0])
        else:
            low, high = t + LOWER * (t - x[0]), t + UPPER * (t - x[0])
        t = clipped(t, least, largest)
        if bracketed and (t <= low or t >= high or high - low <= xtol * high):
            t = x[0]
        if not isfinite(t):
            return FAILED, start
    return FAILED, start
