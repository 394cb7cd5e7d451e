"""Sounds as tables of loudness by time and pitch, and the recorded words to try them on."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from course_lib.parameters import Number, check_above_0, check_numbers, check_whole

SPOKEN_WORDS = Path(__file__).parents[2] / "datasets" / "spoken_words.npz"
WINDOW = 0.032  # seconds: within it a sound hardly changes
STEP = 0.010  # seconds from one window to the next
FLOOR = 1e-6  # added before the logarithm: silence is a number, too


class SpokenWords(NamedTuple):
    """Forty words of a shopping list, each said at three speeds by one synthetic voice."""

    words: list[str]
    signs: list[str]  # the thing of each word, as in `drawings.things`
    speeds: list[float]  # 1 is the voice's own; 1.2 is faster
    waves: np.ndarray  # (40, 3, n) from -1 to 1; after a word there is silence
    rate: int  # numbers a second


def load_spoken_words():
    """The words of `datasets/spoken_words.npz`; its data card says how they were made.

    >>> spoken = load_spoken_words()
    >>> spoken.words[:3], spoken.waves.shape, spoken.rate
    (['bananas', 'strawberries', 'blueberries'], (40, 3, 7440), 8000)
    """
    with np.load(SPOKEN_WORDS) as stored:
        waves = stored["waves"].astype(np.float32) / 127
        lists = (stored[name].tolist() for name in ("words", "signs", "speeds"))
        return SpokenWords(*lists, waves, int(stored["rate"]))


def mel(frequency):
    """Hertz in mel, a scale on which equal steps sound equal: 1,000 Hz are 1,000 mel.

    2595 · log₁₀(1 + f / 700). O'Shaughnessy 1987, Speech Communication.

    >>> mel([0, 700, 1000]).round(1).tolist()
    [0.0, 781.2, 1000.0]
    """
    return 2595 * np.log10(1 + np.asarray(frequency, dtype=float) / 700)


def mel_filters(bands, size, rate):
    """How much each frequency counts in each band: (bands, size // 2 + 1), triangles.

    bands: how many; size: numbers in a window; rate: numbers a second. The corners are bands + 2
    points, equally far apart in mel from 0 to half the rate. A triangle rises from 0 at one corner
    to 1 at the next and falls to 0 at the one after; a neighbour rises where it falls, so between
    the first peak and the last each frequency's shares add to 1. Davis & Mermelstein 1980.

    >>> mel_filters(1, 8, 8000).round(2)  # corners 0, 1,114 and 4,000 Hz; 0, 1,000, 2,000, …
    array([[0.  , 0.9 , 0.69, 0.35, 0.  ]])
    """
    bands, size = check_whole("bands", bands), check_whole("size", size, 2)
    rate = check_above_0("rate", rate)
    frequencies = np.fft.rfftfreq(size, 1 / rate)
    even = np.linspace(0, mel(rate / 2), bands + 2)
    corners = 700 * (10 ** (even / 2595) - 1)
    return np.array([np.interp(frequencies, corners[i : i + 3], [0, 1, 0]) for i in range(bands)])


def log_mel(wave, rate, *, bands=24):
    """How loud a sound is at each time in each band of pitch: (windows, bands), natural logarithm.

    wave: (n,) numbers; rate: numbers a second. Windows of 32 ms, every 10 ms, each faded in and
    out (Hann), its squared spectrum summed in triangles (`mel_filters`); 10⁻⁶ is added before the
    logarithm, so silence is −13.8. What is shorter than a window is filled up with silence.
    Raises ValueError for what is not a line of finite numbers, or none.
    """
    wave = check_numbers("wave", wave, single=True)
    if wave.ndim != 1 or not wave.size:
        raise ValueError(f"wave must be (n,) with at least one number, got shape {wave.shape}")
    size, step = round(WINDOW * check_above_0("rate", rate)), round(STEP * rate)
    if min(size, step) < 1 or size < 2:
        raise ValueError(f"rate must be at least 100 numbers a second, got {rate}")
    wave = np.pad(wave, (0, max(0, size - wave.size)))
    windows = np.lib.stride_tricks.sliding_window_view(wave, size)[::step]
    power = np.abs(np.fft.rfft(windows * np.hanning(size), axis=1)) ** 2 / size
    return np.log(power @ mel_filters(bands, size, rate).T + FLOOR)


def stretched(table, rows):
    """A table with another number of rows, read off between its own: words of equal length.

    table: (n, d); rows: m → (m, d); first and last row stay.

    >>> stretched(np.array([[0.0], [10.0]]), 3)[:, 0]
    array([ 0.,  5., 10.])
    """
    table, rows = check_numbers("table", table), check_whole("rows", rows)
    if table.ndim != 2 or not len(table):
        raise ValueError(f"table must be (n, d) with at least one row, got shape {table.shape}")
    place = np.linspace(0, len(table) - 1, rows)
    below = np.floor(place).astype(int)
    above = np.minimum(below + 1, len(table) - 1)
    share = (place - below)[:, None]
    return (1 - share) * table[below] + share * table[above]


def with_noise(wave, ratio, rng):
    """A sound in white noise `ratio` times as strong as the sound: root mean squares compared.

    wave: (n,) numbers; ratio: 0 or more; rng: NumPy's Generator. Silence stays silent.

    >>> rng = np.random.default_rng(0)
    >>> noisy = with_noise(np.ones(10_000), 2.0, rng)
    >>> round(float(np.std(noisy)), 1)
    2.0
    """
    wave, ratio = check_numbers("wave", wave), Number(least=0).check("ratio", ratio)
    if not wave.size:
        raise ValueError(f"wave must have at least one number, got shape {wave.shape}")
    return wave + ratio * np.sqrt(np.mean(wave**2)) * rng.normal(size=wave.shape)
