"""Downloads against a server of our own, which also serves what servers should not."""

import csv
import hashlib
import io
import socket
import sys
import tarfile
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pooch
import pytest

from course_lib import download as module
from course_lib.download import DownloadError, download


def archive(text):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("data.csv", text * 5000)
    return buffer.getvalue()


GOOD = archive("good")
DAMAGED = bytes([*GOOD[:1000], GOOD[1000] ^ 1, *GOOD[1001:]])  # one bit has flipped
SUM = hashlib.sha256(GOOD).hexdigest()


class Handler(BaseHTTPRequestHandler):
    """Serves by path: good, truncated, corrupted, login page, missing, busy."""

    def do_GET(self):
        self.server.asked.append(self.path)
        body = {"/corrupted.zip": DAMAGED, "/login.zip": b"<html>"}.get(self.path, GOOD)
        status = {"/missing.zip": 404, "/busy.zip": 503, "/odd.zip": 520}.get(self.path, 200)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:-500] if self.path == "/truncated.zip" else body)

    def log_message(self, *args):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.asked = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def registry(server, tmp_path, monkeypatch):
    """Sets of our server; a name with "unpinned" in front has no sum in the registry."""
    host = f"http://127.0.0.1:{server.server_port}"
    with socket.socket() as closed:  # bound and released: nobody listens there
        closed.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{closed.getsockname()[1]}"
    names = ("good", "truncated", "corrupted", "login", "missing", "busy", "odd")
    addresses = {name: f"{host}/{name}.zip" for name in names} | {"offline": f"{nobody}/x.zip"}
    lines = [("name", "file", "address", "by_hand", "sha256", "licence", "megabytes", "what")]
    for name, address in addresses.items():
        lines.append((name, f"{name}.zip", address, "no", SUM, "CC0", 1, name))
        lines.append((f"unpinned {name}", f"{name}.zip", address, "no", "", "MIT", 1, name))
    lines.append(("hand", "hand.zip", "https://example.org", "yes", "", "own licence", "", ""))
    path = tmp_path / "registry.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(lines)
    monkeypatch.setattr(module, "REGISTRY", path)


@pytest.fixture
def folder(registry, tmp_path):
    return tmp_path / "cache"


def files(folder):
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_a_good_file_arrives_and_is_not_fetched_twice(folder, server, capfd):
    path = download("good", folder=folder)
    assert path.read_bytes() == GOOD
    assert download("good", folder=folder) == path
    assert server.asked == ["/good.zip"]
    assert files(folder) == ["good.zip"]
    assert capfd.readouterr() == ("", "")


FAILURES = [
    ("truncated", "arrived truncated"),
    ("corrupted", "arrived corrupted: its sha256 is not the one known"),
    ("missing", r"127\.0\.0\.1 answered 404 \(Not Found\) for http.*missing\.zip"),
    ("busy", r"answered 503 \(Service Unavailable\)"),
    ("odd", r"answered 520 \(no reason given\)"),
    ("offline", r"127\.0\.0\.1 cannot be reached \(ConnectionError\).*are you offline"),
]


@pytest.mark.parametrize("pinned", ["", "unpinned "])
@pytest.mark.parametrize(("name", "message"), FAILURES)
def test_a_failure_is_explained_and_leaves_no_file(folder, pinned, name, message):
    if pinned and name == "corrupted":
        message = "is no whole archive"  # no sum to compare with; the archive has its own
    with pytest.raises(DownloadError, match=message) as caught:
        download(pinned + name, folder=folder)
    text = str(caught.value)
    assert text.startswith(f"{pinned}{name} could not be downloaded: ")
    assert "Nothing of it was kept" in text
    assert "\n" not in text
    assert caught.value.__suppress_context__  # no page of library frames above it
    assert files(folder) == []


def test_a_login_page_is_not_pinned(folder):
    with pytest.raises(DownloadError, match="no whole archive, perhaps a login page"):
        download("unpinned login", folder=folder)
    assert files(folder) == []


def test_an_interrupted_download_leaves_no_file(folder, monkeypatch):
    class Stopped(pooch.HTTPDownloader):
        def __call__(self, address, output_file, of, **options):
            super().__call__(address, output_file, of, **options)
            with open(output_file, "rb+") as file:  # noqa: PTH123
                file.truncate(500)
            raise KeyboardInterrupt

    monkeypatch.setattr(pooch, "HTTPDownloader", Stopped)
    with pytest.raises(KeyboardInterrupt, match="was interrupted and nothing of it kept"):
        download("good", folder=folder)
    assert files(folder) == []
    monkeypatch.undo()


def test_what_was_interrupted_can_be_called_again(folder, server, monkeypatch):
    with monkeypatch.context() as once:
        once.setattr(pooch.core.shutil, "move", interrupt)  # at the very last moment
        with pytest.raises(KeyboardInterrupt):
            download("good", folder=folder)
    assert files(folder) == []
    assert download("good", folder=folder).read_bytes() == GOOD


def interrupt(*args):
    raise KeyboardInterrupt


def test_a_sum_nobody_published_is_pinned_at_the_first_download(folder, capsys):
    path = download("unpinned good", folder=folder)
    assert capsys.readouterr().out == f"good.zip: sha256 {SUM}, recorded in good.zip.sha256\n"
    assert (folder / "good.zip.sha256").read_text() == f"{SUM}  good.zip\n"
    assert download("unpinned good", folder=folder) == path
    assert capsys.readouterr().out == ""


def test_a_pinned_sum_is_demanded_later(folder, capsys):
    folder.mkdir()
    (folder / "good.zip.sha256").write_text("0" * 64 + "  good.zip\n")
    with pytest.raises(DownloadError, match=r"if the publisher has a new version, delete .*sha256"):
        download("unpinned good", folder=folder)
    assert files(folder) == ["good.zip.sha256"]


@pytest.mark.parametrize("name", ["good", "unpinned good"])
def test_a_file_damaged_on_disk_is_fetched_anew(folder, server, name):
    path = download(name, folder=folder)
    path.write_bytes(DAMAGED)
    assert download(name, folder=folder).read_bytes() == GOOD
    assert len(server.asked) == 2


def test_a_file_is_replaced_only_by_a_right_one(folder):
    folder.mkdir()
    file = folder / "offline.zip"
    file.write_bytes(DAMAGED)
    with pytest.raises(DownloadError, match=r"cannot be reached.*offline\.zip is not that file"):
        download("offline", folder=folder)
    assert file.read_bytes() == DAMAGED


def test_a_wrong_file_fetched_by_hand_stays_where_it_is(folder):
    folder.mkdir()
    file, sums = folder / "hand.zip", folder / "hand.zip.sha256"
    file.write_bytes(GOOD)
    download("hand", folder=folder)
    newer = archive("newer")
    file.write_bytes(newer)
    for _ in range(2):
        with pytest.raises(
            DownloadError, match=rf"{SUM}.*if it is a newer version, delete .*sha256"
        ):
            download("hand", folder=folder)
        assert file.read_bytes() == newer
    sums.unlink()
    assert download("hand", folder=folder).read_bytes() == newer


@pytest.mark.parametrize("name", ["hand", "unpinned good"])
def test_a_login_page_saved_by_hand_is_not_pinned(folder, name):
    folder.mkdir()
    file = folder / f"{name.split()[-1]}.zip"
    file.write_bytes(b"<html>")
    with pytest.raises(DownloadError, match=r"\.zip must be a whole archive.*replace it or delete"):
        download(name, folder=folder)
    assert file.read_bytes() == b"<html>"
    assert files(folder) == [file.name]


def test_an_empty_sum_file_is_no_sum(folder):
    folder.mkdir()
    (folder / "hand.zip").write_bytes(GOOD)
    (folder / "hand.zip.sha256").write_text("")
    assert download("hand", folder=folder).read_bytes() == GOOD
    assert SUM in (folder / "hand.zip.sha256").read_text()


def test_a_folder_that_cannot_be_written_is_named(folder, monkeypatch):
    folder.write_text("a file, where a folder should be")
    for place in (folder, folder / "cache"):
        with pytest.raises(DownloadError, match=r"good could not be kept in .*set SHOPPER_DATA to"):
            download("good", folder=place)

    def full(*args, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pooch, "retrieve", full)
    with pytest.raises(DownloadError, match="No space left on device"):
        download("good", folder=folder.parent / "other")


def test_a_right_file_needs_no_network(folder):
    folder.mkdir()
    (folder / "offline.zip").write_bytes(GOOD)
    assert download("offline", folder=folder).read_bytes() == GOOD


def test_what_needs_an_account_is_fetched_by_hand(folder):
    with pytest.raises(DownloadError, match=r"get the archive from https://example\.org and save"):
        download("hand", folder=folder)
    folder.mkdir()
    (folder / "hand.zip").write_bytes(GOOD)
    assert download("hand", folder=folder).read_bytes() == GOOD
    assert files(folder) == ["hand.zip", "hand.zip.sha256"]


def test_unknown_names_list_names_and_licences(folder):
    with pytest.raises(ValueError, match=r"no data set 'netflix'; there are good \(CC0\); unpin"):
        download("netflix", folder=folder)


def test_the_folder_comes_from_the_environment(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("SHOPPER_DATA", str(tmp_path / "own"))
    assert download("good") == tmp_path / "own" / "good.zip"
    monkeypatch.delenv("SHOPPER_DATA")
    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path / "system" / project)
    assert download("good") == tmp_path / "system" / "shopper-preferences" / "good.zip"


@pytest.mark.parametrize(
    ("terminal", "progress", "bar"),
    [(True, True, True), (True, False, False), (False, True, False)],
)
def test_the_bar_is_for_terminals_only(folder, monkeypatch, capsys, terminal, progress, bar):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal, raising=False)
    download("good", folder=folder, progress=progress)
    assert ("100%" in capsys.readouterr().err) == bar


def test_the_courses_own_registry_is_complete():
    with module.REGISTRY.open(encoding="utf-8", newline="") as file:
        entries = {entry["name"]: entry for entry in csv.DictReader(file)}
    assert {"online_retail", "movielens_1m", "movielens_100k", "otto"} <= entries.keys()
    card = (module.REGISTRY.parent / "README.md").read_text(encoding="utf-8")
    for name, entry in entries.items():
        assert entry["address"].startswith("https://")
        assert entry["licence"]
        assert len(entry["sha256"]) in (0, 64)
        assert f"`{name}`" in card


def test_a_tar_must_be_one_and_a_plain_file_may_be_anything(tmp_path):
    with tarfile.open(tmp_path / "log.tar", "w"):
        pass
    (tmp_path / "page.tar").write_bytes(b"<html>")
    assert module._is_whole_archive(tmp_path / "log.tar", ".tar")
    assert not module._is_whole_archive(tmp_path / "page.tar", ".tar")
    assert module._is_whole_archive(tmp_path / "page.tar", ".csv")
