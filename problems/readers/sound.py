"""Sound as a curve: a WAV file of any sample format, time in seconds, full scale mapped to [-1, 1]."""

import warnings
from collections.abc import Sequence
from io import BytesIO
from typing import Literal

import numpy as np

from problems.readers.tables import Table, Values

HEADER, CHUNK = 12, 8
"""Bytes before the first chunk, and of the name and size of each."""
UNKNOWN = 0xFFFFFFFF
"""The size of samples that a program did not know, as it wrote into a pipe, or that RF64 says elsewhere."""
SAVE = "Save it with a sound editor as WAV, PCM of 16 bits."
CHANNELS = {1: ("sound",), 2: ("left", "right")}


def read_wav(path: str, content: bytes) -> Table:
    """Columns `seconds` and one for each channel; raises ValueError."""
    from scipy.io import wavfile

    passed = _check_whole(path, content)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", wavfile.WavFileWarning)  # of chunks that hold no sound
            rate, samples = wavfile.read(BytesIO(content))
    except Exception as error:  # noqa: BLE001  # scipy raises what its parsing stumbles over
        reason = " ".join(str(error).split()).rstrip(".") if isinstance(error, ValueError) else "its header is broken"
        raise ValueError(f"'{path}' must be a WAV file that can be read; {reason}. {SAVE}") from None
    if not samples.size or rate <= 0:
        lack = f"none{passed}" if not samples.size else f"{rate} of them a second"
        raise ValueError(f"A sound has samples; the WAV file '{path}' holds {lack}. {SAVE}")
    sound = samples.reshape(len(samples), -1)
    kind = sound.dtype
    stored = str(kind)
    if kind.kind == "u":
        # eight bits are the one unsigned format, with silence at 128
        values, law = (sound.astype(np.float64) - 128) / 128, "(value - 128) / 128"
    elif kind.kind == "i":
        full = -float(np.iinfo(kind).min)  # 2^(bits - 1); scipy puts 24 bits into the upper part of 32
        bits = 8 * _bytes_of_a_sample(content)
        stored, values, law = f"int{bits}", sound / full, f"value / {2 ** (bits - 1):,}"
    else:
        values, law = sound.astype(np.float64), "as they are"
    names = CHANNELS.get(sound.shape[1], tuple(f"channel{number + 1}" for number in range(sound.shape[1])))
    seconds = np.arange(len(sound)) / rate
    about = (
        f"'{path}' was read as sound: {len(sound):,} samples at {rate:,} a second, {sound.shape[1]} channel(s) of "
        f"{stored}, taken {law}{passed}."
    )

    def read(positions: Sequence[int]) -> Values:
        columns = [seconds if position == 0 else values[:, position - 1] for position in positions]
        found = np.stack(columns, axis=1)
        if not np.isfinite(found).all():
            raise ValueError(f"Every sample of a sound must be a finite number; '{path}' has others.")
        return found

    everything = tuple(range(1 + len(names)))
    return Table(path, ("seconds", *names), everything, read, lambda row: f"sample {row} of '{path}'", (about,))


def _bytes_of_a_sample(content: bytes) -> int:
    """As the file holds it, of a file that scipy has read: the bytes of a frame over its channels."""
    order: Literal["little", "big"] = "big" if content.startswith(b"RIFX") else "little"
    place = HEADER
    while content[place : place + 4] != b"fmt ":
        size = int.from_bytes(content[place + 4 : place + CHUNK], order)
        place += CHUNK + size + size % 2
        assert place < len(content)
    # after the format's number: channels, samples and bytes a second, bytes of a frame
    channels, frame = (int.from_bytes(content[place + CHUNK + at :][:2], order) for at in (2, 12))
    return frame // channels


def _check_whole(path: str, content: bytes) -> str:
    """What stands behind the samples and is no chunk, as the end of a sentence.

    Raises ValueError where the chunk of samples is shorter than it says: scipy reads what there is of it."""
    order: Literal["little", "big"] = "big" if content.startswith(b"RIFX") else "little"
    place, wide = HEADER, 0
    while place + CHUNK <= len(content):
        name, size = content[place : place + 4], int.from_bytes(content[place + 4 : place + CHUNK], order)
        place += CHUNK
        if name == b"ds64":  # of RF64: the size of the file, and then of the samples, in eight bytes each
            wide = int.from_bytes(content[place + 8 : place + 16], order)
        if name == b"data":
            announced = wide if size == UNKNOWN else size
            if announced > len(content) - place:
                raise ValueError(
                    f"'{path}' announces {announced:,} bytes of samples and holds {len(content) - place:,}: it is "
                    "truncated. Copy it again, or save what is left of it with a sound editor."
                )
            if size == UNKNOWN and not wide:
                return ""  # scipy reads to the end
            return _behind(content[place + announced + announced % 2 :], order)
        place += size + size % 2
    return ""


def _behind(rest: bytes, order: Literal["little", "big"]) -> str:
    place = 0
    while (
        place + CHUNK <= len(rest) and rest[place : place + 4].isascii() and rest[place : place + 4].strip().isalnum()
    ):
        size = int.from_bytes(rest[place + 4 : place + CHUNK], order)
        place += CHUNK + size + size % 2
    left = len(rest) - place
    return f"; {left:,} bytes behind them, which the header does not announce, were passed over" if left > 0 else ""
