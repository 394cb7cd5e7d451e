"""Pictures as vectors: held against Keras's layers, published sizes, and photos anyone can name."""

import io
import os
import pickle
import tracemalloc

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_sample_image

from course_lib import model_packages
from course_lib.large import pictures
from course_lib.large.pictures import (
    Layer,
    picture_classes,
    picture_features,
    picture_layers,
    read_weights,
    square,
)
from course_lib.model_packages import MissingPackage, package_file

PALACE, DAISY = 698, 985  # numbers of ImageNet's classes (ILSVRC 2012)


@pytest.fixture(scope="module")
def weights():
    return read_weights(package_file(pictures.PACKAGE, pictures.FILE))


@pytest.fixture(scope="module")
def flower():
    return square(load_sample_image("flower.jpg"), 96)


def test_photos_that_anyone_can_name_are_named():
    """A Chinese palace hall, and a flower with many petals: CC BY 2.0, from scikit-learn."""
    photos = [square(load_sample_image(f"{name}.jpg"), 224) for name in ("china", "flower")]
    shares = picture_classes(photos)
    assert shares.argmax(axis=1).tolist() == [PALACE, DAISY]
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-5)


def test_the_file_has_as_many_parameters_as_published(weights):
    """4.652 million in Google's table of EfficientNet-Lite0."""
    learned = [w.size for name, w in weights.items() if name.endswith(("weight", "bias"))]
    assert round(sum(learned) / 1e6, 3) == 4.652


def test_features_and_classes_are_those_of_keras_layers(weights, flower):
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import tensorflow as tf

    def normalised(x, name):
        mean, variance, scale, offset = (
            weights[f"{name}.{part}"] for part in ("running_mean", "running_var", "weight", "bias")
        )
        return tf.nn.batch_normalization(x, mean, variance, offset, scale, 1e-3)

    def convolved(x, name, stride=1):
        filters = weights[f"{name}.weight"].transpose(2, 3, 1, 0)
        return tf.nn.conv2d(x, filters, stride, "SAME")

    x = tf.constant((flower[None].astype(np.float32) - 127) / 128)
    x = tf.nn.relu6(normalised(convolved(x, "_conv_stem", 2), "_bn0"))
    strides, widths = [1, 2, 1, 2, 1, 2] + [1] * 5 + [2] + [1] * 4, []
    for block, stride in enumerate(strides):
        name, before = f"_blocks.{block}.", x
        if block:
            x = tf.nn.relu6(normalised(convolved(x, f"{name}_expand_conv"), f"{name}_bn0"))
        filters = weights[f"{name}_depthwise_conv.weight"].transpose(2, 3, 0, 1)
        x = tf.nn.depthwise_conv2d(x, filters, [1, stride, stride, 1], "SAME")
        x = tf.nn.relu6(normalised(x, f"{name}_bn1"))
        x = normalised(convolved(x, f"{name}_project_conv"), f"{name}_bn2")
        x = x + before if x.shape == before.shape else x
        widths.append(x.shape[-1])
    x = tf.nn.relu6(normalised(convolved(x, "_conv_head"), "_bn1"))
    expected = tf.reduce_mean(x, axis=(1, 2)).numpy()
    np.testing.assert_allclose(picture_features([flower]), expected, atol=2e-4)
    logits = expected @ weights["_fc.weight"].T + weights["_fc.bias"]
    np.testing.assert_allclose(picture_classes([flower]), tf.nn.softmax(logits), atol=2e-4)
    assert widths == [16] + [24] * 2 + [40] * 2 + [80] * 3 + [112] * 3 + [192] * 4 + [320]


def test_steps_get_smaller_and_deeper(flower):
    steps = picture_layers(flower)
    shapes = {name: steps[name].shape for name in ("stem", "block 3", "block 16", "head")}
    assert shapes == {
        "stem": (48, 48, 32),
        "block 3": (24, 24, 24),
        "block 16": (3, 3, 320),
        "head": (3, 3, 1280),
    }
    np.testing.assert_allclose(steps["features"], steps["head"].mean(axis=(0, 1)))


@pytest.mark.parametrize(
    ("depthwise", "size", "stride"), [(True, 3, 2), (True, 5, 1), (False, 3, 2)]
)
def test_a_convolution_is_a_sum_over_a_window_with_zeros_around(depthwise, size, stride):
    rng = np.random.default_rng(0)
    x, inputs, outputs = rng.normal(size=(7, 6, 4)), 1 if depthwise else 4, 4 if depthwise else 3
    weights, bias = rng.normal(size=(size, size, inputs, outputs)), rng.normal(size=outputs)
    high, wide = -(-7 // stride), -(-6 // stride)
    # "SAME": as many zeros as the last window needs, the odd one below and to the right
    top = max((high - 1) * stride + size - 7, 0) // 2
    left = max((wide - 1) * stride + size - 6, 0) // 2
    expected = np.zeros((high, wide, outputs)) + bias
    for row, column, i, j in np.ndindex(high, wide, size, size):
        y, z = row * stride + i - top, column * stride + j - left
        if 0 <= y < 7 and 0 <= z < 6:
            seen = x[y, z]
            expected[row, column] += seen * weights[i, j, 0] if depthwise else seen @ weights[i, j]
    layer = Layer(weights, bias, stride, bounded=False)
    np.testing.assert_allclose(pictures._convolved(x, layer), expected)
    bounded = pictures._convolved(x, layer._replace(bounded=True))
    np.testing.assert_allclose(bounded, expected.clip(0, 6))


def test_each_picture_has_its_own_row_in_the_same_order(flower):
    grey = np.full((40, 50, 3), 128, dtype=np.uint8)
    both = picture_features([grey, flower])
    assert both.shape == (2, 1280)
    assert both.dtype == np.float32
    np.testing.assert_array_equal(both[1], picture_features([flower])[0])
    assert picture_features([]).shape == (0, 1280)


def test_the_square_is_cut_from_the_middle():
    picture = np.zeros((40, 80, 3), dtype=np.uint8)
    picture[:, 20:60] = 255
    assert square(picture, 40).min() == 255
    assert square(Image.fromarray(picture), 10).shape == (10, 10, 3)


GOOD = np.zeros((32, 32, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (np.zeros((32, 32)), r"must be \(height, width, 3\), got shape \(32, 32\)"),
        (np.zeros((32, 32, 4), np.uint8), "3"),
        (GOOD / 1.0, "whole numbers 0 to 255, got float64"),
        (GOOD.astype(int) - 1, "whole numbers 0 to 255, got -1 to -1"),
        (GOOD.astype(int) + 256, "whole numbers 0 to 255, got 256 to 256"),
        (GOOD[:31], r"at least 32 pixels each way, got \(31, 32\)"),
        ([[1], [1, 2]], "rows of one length"),
        ("picture.png", "shape"),
    ],
)
def test_what_is_no_picture_is_refused(bad, message):
    with pytest.raises(ValueError, match=message):
        picture_features([GOOD, bad])


def test_a_huge_picture_is_refused_and_made_small():
    huge = np.zeros((4000, 3000, 3), dtype=np.uint8)
    with pytest.raises(ValueError, match=r"at most 1,024 pixels each way, got \(4000, 3000\)"):
        picture_features([GOOD, huge])
    with pytest.raises(ValueError, match="`square` makes it smaller"):
        picture_layers(huge)
    assert square(huge, 224).shape == (224, 224, 3)


@pytest.mark.parametrize("bad", ["china.jpg", None, 3])
def test_what_is_no_list_of_pictures_is_refused(bad):
    with pytest.raises(ValueError, match="pictures must be a list of arrays"):
        picture_features(bad)


class Harmful:
    def __reduce__(self):
        return os.mkdir, ("made-by-a-pickle",)


def stored(*parts):
    return b"".join(pickle.dumps(part, protocol=2) for part in parts)


def test_a_file_that_would_run_code_is_refused_before_it_does(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "weights.pth").write_bytes(stored(1, 1001, {}, Harmful(), []))
    with pytest.raises(ValueError, match=r"no whole file of weights: it asks for \w+.mkdir"):
        read_weights(tmp_path / "weights.pth")
    assert not (tmp_path / "made-by-a-pickle").exists()


def test_a_file_that_was_cut_off_is_refused(tmp_path):
    whole = package_file(pictures.PACKAGE, pictures.FILE).read_bytes()
    for kept in (0, 10, 1_000, 100_000, len(whole) - 1):
        (tmp_path / "weights.pth").write_bytes(whole[:kept])
        with pytest.raises(ValueError, match="no whole file of weights"):
            read_weights(tmp_path / "weights.pth")


def test_another_kind_of_file_is_refused(tmp_path):
    picture = io.BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "PNG")
    for content in (b"hello", picture.getvalue(), stored([1], [2], [3], [4], [5])):
        (tmp_path / "weights.pth").write_bytes(content)
        with pytest.raises(ValueError, match="no whole file of weights"):
            read_weights(tmp_path / "weights.pth")


def test_a_file_with_any_byte_of_its_table_changed_gives_its_tensors_or_is_refused(tmp_path):
    """The table: names, shapes, where the numbers lie. Never a crash, another error, or memory."""
    whole = package_file(pictures.PACKAGE, pictures.FILE).read_bytes()
    rng, file, refused = np.random.default_rng(0), tmp_path / "weights.pth", 0
    for _ in range(60):
        damaged = bytearray(whole[:50_000])  # the table ends before
        for place in rng.integers(0, 47_000, 3):
            damaged[place] = rng.integers(0, 256)
        file.write_bytes(damaged)
        with pytest.raises(ValueError, match="no whole file of weights"):
            read_weights(file)
        refused += 1
    assert refused == 60


def test_a_file_that_asks_for_much_memory_gets_none(tmp_path):
    """A pickle may number what it keeps as it likes; Python's reader in C makes room for all."""
    (tmp_path / "weights.pth").write_bytes(b"\x80\x02K\x01r\x00\x00\x00\x01.")  # place 2²⁴
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="no whole file of weights"):
            read_weights(tmp_path / "weights.pth")
        assert tracemalloc.get_traced_memory()[1] < 2**22
    finally:
        tracemalloc.stop()


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of weights with this file, or without; the network is built anew."""
    (tmp_path / "weights_module" / "models").mkdir(parents=True)
    (tmp_path / "weights_module" / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(model_packages.MODULES, pictures.PACKAGE, "weights_module")
    pictures._network.cache_clear()
    yield tmp_path / "weights_module" / pictures.FILE
    pictures._network.cache_clear()


def test_a_missing_file_of_weights_is_said_in_one_line(package):
    with pytest.raises(MissingPackage, match=r"without its file models/.* --force-reinstall"):
        picture_features([GOOD])


def test_a_damaged_file_of_weights_is_named(package):
    package.write_bytes(b"")
    with pytest.raises(ValueError, match=r"57934424.pth is no whole file of weights"):
        picture_features([GOOD])


def test_weights_of_another_network_are_refused(package):
    package.write_bytes(stored(1, 1001, {}, {}, []))
    with pytest.raises(ValueError, match=r"EfficientNet-Lite0's weights, lacks '_bn0.running_var'"):
        picture_classes([GOOD])


def test_without_the_package_one_line_says_how_to_get_it(monkeypatch):
    pictures._network.cache_clear()
    monkeypatch.setattr(model_packages, "find_spec", lambda name: None)
    with pytest.raises(MissingPackage, match=r"efficientnet-lite0.*requirements-models"):
        picture_features([GOOD])
