"""Keras layers that draw from a seed of their own, and leave all global generators alone."""

import random

import keras


def check_keras():
    """Raises ValueError unless Keras computes with TensorFlow in float32, as in the lessons.

    Settings of another project may say otherwise: the variable KERAS_BACKEND, or the file
    `keras.json` in the folder `.keras` at home. Numbers would differ without a word.
    """
    backend, dtype = keras.config.backend(), keras.config.floatx()
    if (backend, dtype) != ("tensorflow", "float32"):
        raise ValueError(
            f"Keras must compute with tensorflow in float32, got {backend} in {dtype}: "
            "see KERAS_BACKEND and .keras/keras.json"
        )


class Seeds:
    """Layers whose first weights and whose dropout all follow from one seed.

    Left to itself, Keras draws a seed for each initializer and each dropout from Python's
    `random`, whose state belongs to whoever runs the program. Here they come one after the other
    from a generator of our own: same seed and same layers in the same order, same numbers.
    """

    def __init__(self, seed):
        check_keras()
        self._random = random.Random(int(seed))

    def __call__(self):
        """The next seed, a whole number from 1 to 1,000,000,000."""
        return self._random.randint(1, 10**9)

    def shuffle(self, numbers):
        """Put a list into random order, in place."""
        self._random.shuffle(numbers)

    def glorot(self):
        """Keras's usual start of a matrix (Glorot & Bengio 2010)."""
        return keras.initializers.GlorotUniform(seed=self())

    def dense(self, units, **options):
        """`keras.layers.Dense`."""
        return keras.layers.Dense(int(units), kernel_initializer=self.glorot(), **options)

    def embedding(self, n, dimensions, *, stddev=None, **options):
        """`keras.layers.Embedding`, uniform within ±0.05 or normal with a standard deviation."""
        if stddev is None:
            start = keras.initializers.RandomUniform(seed=self())
        else:
            start = keras.initializers.RandomNormal(stddev=stddev, seed=self())
        return keras.layers.Embedding(int(n), int(dimensions), start, **options)

    def gru(self, units):
        """`keras.layers.GRU` that returns its state after each event."""
        return keras.layers.GRU(
            int(units),
            return_sequences=True,
            kernel_initializer=self.glorot(),
            recurrent_initializer=keras.initializers.Orthogonal(seed=self()),
            seed=self(),
        )

    def dropout(self, rate):
        """`keras.layers.Dropout`; a rate of 0 draws nothing, and takes no seed."""
        return keras.layers.Dropout(float(rate), seed=self() if rate else None)
