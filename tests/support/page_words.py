"""The words of a drawn figure with their places, and which of them lie on each other or beyond the page."""

from itertools import combinations


def words(figure, renderer):
    """Every text with its box; of ticks, major and minor, those that lie within the axis."""
    texts = list(figure.texts)
    for axes in figure.axes:
        texts += [*axes.texts, axes.title, axes.xaxis.label, axes.yaxis.label]
        texts += [label for axis in (axes.xaxis, axes.yaxis) for label in ticks_of(axis)]
    shown = [text for text in texts if text.get_text() and text.get_visible() and text.get_rotation() % 90 == 0]
    return [(text.get_text(), text.get_window_extent(renderer)) for text in shown]


def ticks_of(axis):
    """The names that stand at ticks within the axis and are shown."""
    low, high = sorted(axis.get_view_interval())
    inside = [tick for tick in axis.get_major_ticks() + axis.get_minor_ticks() if low <= tick.get_loc() <= high]
    named = [label for tick in inside for label in (tick.label1, tick.label2)]
    return [label for label in named if label.get_text() and label.get_visible()]


def collisions(boxes):
    """Pairs of words that lie on each other."""
    found = []
    for (one, box), (other, beside) in combinations(boxes, 2):
        wide = min(box.x1, beside.x1) - max(box.x0, beside.x0)
        high = min(box.y1, beside.y1) - max(box.y0, beside.y0)
        if wide > 1 and high > 2:
            found.append((one, other))
    return found
