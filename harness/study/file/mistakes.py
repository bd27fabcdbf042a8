"""The mistakes of a file, collected, so that its author meets all of them at once."""

from collections.abc import Iterator
from contextlib import contextmanager

from harness.study.file.lines import lines_of, nearest_line


class Mistakes:
    """What is wrong with the file `name`, whose content is `text`."""

    def __init__(self, name: str, text: str) -> None:
        self._name = name
        self._lines = lines_of(text)
        # keys of a dict, as parts that inherit a wrong value all find the same mistake
        self._found: dict[tuple[int, str], None] = {}

    def add(self, key: tuple[str, ...], sentence: str) -> None:
        """Something is wrong with the value of `key`."""
        self._found[nearest_line(self._lines, key), " ".join(sentence.split())] = None

    @contextmanager
    def at(self, *key: str) -> Iterator[None]:
        """Whatever ValueError comes up within is a mistake in the value of `key`."""
        try:
            yield
        except ValueError as error:
            self.add(key, str(error))

    def __len__(self) -> int:
        return len(self._found)

    def complain(self) -> None:
        """Raise a ValueError of all of them, a line each, if there are any."""
        if self._found:
            count = f"{len(self)} mistakes" if len(self) > 1 else "a mistake"
            listed = "".join(f"\n  line {line}: {sentence}" for line, sentence in sorted(self._found))
            raise ValueError(f"'{self._name}' has {count}:{listed}")
