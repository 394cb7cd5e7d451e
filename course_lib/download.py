"""Fetch the home data sets: each once, checked, with nothing bad left behind."""

import csv
import hashlib
import os
import sys
import tarfile
import zipfile
from pathlib import Path
from urllib.parse import urlsplit

REGISTRY = Path(__file__).parents[1] / "datasets" / "registry.csv"


class DownloadError(Exception):
    """A data set that could not be fetched; the message says why and what to do."""


def download(name, *, folder=None, progress=True):
    """Fetch one of the home data sets, check it, and return the path of the file.

    name: one of `datasets/registry.csv`, such as "movielens_1m". folder: where it is kept;
    default is $SHOPPER_DATA, else a cache folder of your system. A file that is there already
    and right costs no network. progress shows a bar, on a terminal only.

    A file must have the sha256 of the registry. Where none is published, the sum of your first
    download is printed, kept beside the file (`….sha256`), and demanded from then on.

    Raises ValueError for an unknown name, with all names and licences; DownloadError when you
    are offline, the server has no such file or refuses, the file arrives truncated or changed, or
    the folder cannot be written (KeyboardInterrupt when you stop it). In each case no part of a
    file stays behind, and a file that was there before stays as it was: it is replaced only by one
    that is right. Sets that need an account must be fetched by hand; the error says from where and
    to which folder.
    """
    entry = _registered(name)
    # Imported here: who downloads nothing need not wait for the network's modules.
    import pooch
    import requests

    folder = folder or os.environ.get("SHOPPER_DATA") or pooch.os_cache("shopper-preferences")
    path = Path(folder).expanduser() / entry["file"]
    sums = path.with_name(path.name + ".sha256")
    try:
        known = entry["sha256"] or _recorded(sums)
        if path.exists():
            if _sha256(path) == known if known else _is_whole_archive(path, path.suffix):
                return _pinned(path, sums, known)
        elif entry["by_hand"] != "yes":
            path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DownloadError(_unwritable(name, path.parent, error)) from None
    if path.exists() and not known:
        raise DownloadError(
            f"{path} must be a whole archive, got another or a damaged file: replace it or delete "
            f"it, then call download({name!r}) again"
        )
    if entry["by_hand"] == "yes":
        raise DownloadError(_by_hand(entry, path, sums, known))
    http = pooch.HTTPDownloader(progressbar=progress and sys.stderr.isatty(), timeout=30)

    def fetch(address, file, of):
        http(address, file, of)
        if not known and not _is_whole_archive(file, path.suffix):
            raise ValueError("not an archive")

    pooch.get_logger().setLevel("WARNING")  # our own lines say what happened
    try:
        pooch.retrieve(entry["address"], known or None, path.name, path.parent, downloader=fetch)
        return _pinned(path, sums, known)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(
            f"the download of {name} was interrupted and nothing of it kept; call it again"
        ) from None
    except (requests.RequestException, ValueError) as error:
        kept = path if path.exists() else None
        raise DownloadError(_reason(entry, error, sums, kept)) from None
    except OSError as error:
        raise DownloadError(_unwritable(name, path.parent, error)) from None


def _registered(name):
    """The line of the registry about one set, as a dictionary of texts."""
    with REGISTRY.open(encoding="utf-8", newline="") as file:
        entries = {entry["name"]: entry for entry in csv.DictReader(file)}
    if name not in entries:
        known = "; ".join(f"{entry['name']} ({entry['licence']})" for entry in entries.values())
        raise ValueError(f"there is no data set {name!r}; there are {known}")
    return entries[name]


def _recorded(sums):
    """The sum that stands in a `….sha256` file; "" where there is none."""
    return (sums.read_text(encoding="utf-8").split() or [""])[0] if sums.exists() else ""


def _unwritable(name, folder, error):
    return (
        f"{name} could not be kept in {folder} ({error.strerror or error}): set SHOPPER_DATA to a "
        "folder that you may write to, or pass one as folder="
    )


def _by_hand(entry, path, sums, known):
    """What to do about a set that only a person can fetch, and about a wrong file of it."""
    name, advice = entry["name"], f"then call download({entry['name']!r}) again"
    if not path.exists():
        return (
            f"{name} must be fetched by hand, its publisher asks for an account: get the archive "
            f"from {entry['address']} and save it as {path}, {advice}"
        )
    what = f"{path} must have the sha256 {known}, got another: it stays as it is. "
    if entry["sha256"]:
        return f"{what}Get the archive anew from {entry['address']}, {advice}"
    return (
        f"{what}If it is damaged, get it anew from {entry['address']}; if it is a newer version, "
        f"delete {sums}; {advice}"
    )


def _reason(entry, error, sums, kept):
    """One paragraph: what went wrong, and what to do."""
    import requests

    name, host = entry["name"], urlsplit(entry["address"]).hostname
    if isinstance(error, requests.HTTPError):
        answer = f"{error.response.status_code} ({error.response.reason or 'no reason given'})"
        why = f"{host} answered {answer} for {entry['address']}"
        advice = "the set may have moved: see its card in datasets/README.md, or try later"
    elif isinstance(error, requests.exceptions.ChunkedEncodingError):
        why = "it arrived truncated: the connection broke before the end"
        advice = "call it again"
    elif isinstance(error, requests.RequestException):
        why = f"{host} cannot be reached ({type(error).__name__})"
        advice = "are you offline, or behind a proxy? A file that is here already needs no network"
    elif str(error) == "not an archive":
        why = "what arrived is no whole archive, perhaps a login page or a damaged file"
        advice = "call it again, or open the address in a browser"
    else:
        why = "it arrived corrupted: its sha256 is not the one known"
        advice = "call it again"
        if not entry["sha256"]:
            advice += f"; if the publisher has a new version, delete {sums} first"
    left = f"Nothing of it was kept; {advice}."
    if kept:
        left += f" {kept} is not that file either, and stays as it is."
    return f"{name} could not be downloaded: {why}. {left}"


def _is_whole_archive(file, suffix):
    if suffix == ".zip":
        if not zipfile.is_zipfile(file):
            return False
        with zipfile.ZipFile(file) as archive:
            return archive.testzip() is None
    return suffix != ".tar" or tarfile.is_tarfile(file)


def _pinned(path, sums, known):
    """The path; a sum not known before is recorded beside the file and demanded from now on."""
    if not known:
        found = _sha256(path)
        sums.write_text(f"{found}  {path.name}\n", encoding="utf-8")
        print(f"{path.name}: sha256 {found}, recorded in {sums.name}")
    return path


def _sha256(path):
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
