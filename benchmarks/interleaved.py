"""Times of several ways to do the same work, taken in turns, so that a busy machine is unkind to all of them alike."""

from time import perf_counter


def seconds(ways, rounds, repeats=1):
    """`{name: sorted seconds of one call}` of `ways` `{name: function of no arguments}`, each called once before."""
    for work in ways.values():
        work()
    times = {name: [] for name in ways}
    for _ in range(rounds):
        for name, work in ways.items():
            start = perf_counter()
            for _ in range(repeats):
                work()
            times[name].append((perf_counter() - start) / repeats)
    return {name: sorted(values) for name, values in times.items()}


def report(title, times, ours, units=1):
    """One line for each way: the least and the median time of a unit in microseconds, and how many times ours it is."""
    for name, values in times.items():
        low, middle = values[0] / units * 1e6, values[len(values) // 2] / units * 1e6
        ratios = values[0] / times[ours][0], values[len(values) // 2] / times[ours][len(values) // 2]
        print(f"{title:34} {name:28} {low:10.1f} us least {middle:10.1f} median   x{ratios[0]:.1f} x{ratios[1]:.1f}")
