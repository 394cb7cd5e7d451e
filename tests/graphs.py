"""Keras without graphs: where it trains for a moment, writing its graph is most of the time."""

from contextlib import contextmanager


@contextmanager
def without():
    """Keras trains operation by operation. Other tests train each network with its graph."""
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(False)
