"""Makes datasets/spoken_words.npz: forty words, each said at three speeds by one synthetic voice.

    pip install hibari-tts==0.2.1 onnxruntime==1.32.0
    python tools/spoken_words.py

It was run once; neither package is needed to use the words.
"""

from pathlib import Path

import numpy as np
from scipy.signal import resample_poly

FILE = Path(__file__).parents[1] / "datasets" / "spoken_words.npz"
RATE = 8000  # of a telephone; the voice has 24,000
SPEEDS = (0.85, 1.0, 1.2)
WORDS = (
    "bananas🍌 strawberries🍓 blueberries🫐 grapes🍇 oranges🍊 lemons🍋 apples🍎 pears🍐 peaches🍑 "
    "cherries🍒 pineapple🍍 melon🍈 tomatoes🍅 carrots🥕 potatoes🥔 onions🧅 pickles🥒 lettuce🥬 "
    "mushrooms🍄 corn🌽 peas🫛 beans🫘 eggs🥚 milk🥛 cheese🧀 butter🧈 bread🍞 bagels🥯 cookies🍪 "
    "pizza🍕 bacon🥓 beef🥩 chicken🍗 fish🐟 rice🍚 ice🧊 soup🍜 pasta🍝 juice🧃 beer🍺"
)


def spoken(voice, word, speed):
    """The word's sound at 8,000 numbers a second, as int8, without the silence around it."""
    wave = resample_poly(voice(f"{word}.", speed=speed, seed=0), 1, 3)
    loud = np.flatnonzero(np.abs(wave) > 0.02 * np.abs(wave).max())
    wave = wave[max(0, loud[0] - 240) : loud[-1] + 400]
    return np.round(wave / np.abs(wave).max() * 127).astype(np.int8)


def main():
    from hibari import Hibari

    voice, things = Hibari(threads=1), WORDS.split()
    waves = [[spoken(voice, thing[:-1], speed) for speed in SPEEDS] for thing in things]
    longest = max(len(wave) for speeds in waves for wave in speeds)
    table = np.zeros((len(things), len(SPEEDS), longest), dtype=np.int8)
    for i, j in np.ndindex(table.shape[:2]):
        table[i, j, : len(waves[i][j])] = waves[i][j]
    words, signs = [thing[:-1] for thing in things], [thing[-1] for thing in things]
    np.savez_compressed(FILE, waves=table, words=words, signs=signs, speeds=SPEEDS, rate=RATE)


if __name__ == "__main__":
    main()
