"""Downloads from servers of this machine: whole and verified, or refused."""

from __future__ import annotations

import hashlib
import http.server
import socket
import threading

import pytest

from badak.base.errors import BadakFileError
from badak.data.sources.download import RemoteFile, download, fetch

BODY = bytes(range(256)) * 600
HTTP = ("http",)


class Mirror(http.server.BaseHTTPRequestHandler):
    """A server whose folders misbehave in one way each."""

    def do_GET(self):
        self.server.asked.append(self.path)
        way = self.path.split("/")[1]
        if way == "missing":
            self.send_error(404)
        elif way.startswith("to-"):
            self.send_response(302)
            self.send_header("Location", self.server.elsewhere[way])
            self.end_headers()
        else:
            body = {"good": BODY, "short": BODY, "other": BODY[::-1], "long": BODY + b"+"}.get(
                way, b"<html>sign in first</html>"
            )
            self.send_response(200)
            if way != "long":
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: 1000 if way == "short" else None])

    def log_message(self, *args):
        """Tests are quiet."""


@pytest.fixture
def server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Mirror) as server:
        server.asked = []
        server.url = f"http://127.0.0.1:{server.server_port}"
        server.elsewhere = {
            "to-good": f"{server.url}/good/data.bin",
            "to-file": "file:///etc/hostname",
            "to-ftp": "ftp://127.0.0.1/data.bin",
        }
        thread = threading.Thread(target=server.serve_forever, args=(0.005,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def remote(*mirrors):
    return RemoteFile("data.bin", len(BODY), hashlib.sha256(BODY).hexdigest(), mirrors)


def mirrors(server, *ways):
    return remote(*(f"{server.url}/{way}/" for way in ways))


def test_a_good_file_arrives_whole(server, tmp_path):
    path = download(mirrors(server, "good"), tmp_path / "new" / "folder", schemes=HTTP)

    assert path == tmp_path / "new" / "folder" / "data.bin"
    assert path.read_bytes() == BODY


def test_progress_counts_up_to_the_whole(server, tmp_path):
    seen = []
    download(
        mirrors(server, "good"), tmp_path, schemes=HTTP, progress=lambda *call: seen.append(call)
    )

    assert [call[1] for call in seen] == sorted({call[1] for call in seen})
    assert seen[-1] == ("data.bin", len(BODY), len(BODY))


@pytest.mark.parametrize(
    ("way", "words"),
    [
        ("short", "wrong length; expected 153600 bytes; got 1000 bytes"),
        ("long", "wrong length; expected 153600 bytes; got more"),
        ("other", "wrong SHA-256"),
        ("page", "wrong length"),
        ("missing", "404"),
        ("to-file", "file"),
        ("to-ftp", "unknown url type: ftp"),
    ],
)
def test_what_is_not_the_file_is_never_kept(server, tmp_path, way, words):
    with pytest.raises(BadakFileError) as caught:
        download(mirrors(server, way), tmp_path, schemes=HTTP)

    assert words in str(caught.value)
    assert f"{server.url}/{way}/data.bin" in str(caught.value)
    assert "BADAK_DATA" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("bad", ["missing", "short", "other", "page"])
def test_the_next_mirror_is_asked_when_one_fails(server, tmp_path, bad):
    path = download(mirrors(server, bad, "good"), tmp_path, schemes=HTTP)

    assert path.read_bytes() == BODY
    assert server.asked == [f"/{bad}/data.bin", "/good/data.bin"]


def test_a_good_mirror_ends_the_search(server, tmp_path):
    download(mirrors(server, "good", "missing"), tmp_path, schemes=HTTP)

    assert server.asked == ["/good/data.bin"]


def test_a_redirect_is_followed_within_the_allowed_schemes(server):
    assert fetch(f"{server.url}/to-good/data.bin", remote(), schemes=HTTP) == BODY


def test_plain_http_is_refused_without_a_request(server):
    with pytest.raises(BadakFileError, match="unknown url type: http"):
        fetch(f"{server.url}/good/data.bin", remote())

    assert server.asked == []


def test_no_network_names_the_address_and_the_offline_way(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]

    with pytest.raises(
        BadakFileError, match=f"http://127.0.0.1:{port}/data.bin.*refused"
    ) as caught:
        download(remote(f"http://127.0.0.1:{port}/"), tmp_path, schemes=HTTP)

    assert f"put the file into {tmp_path} yourself" in caught.value.hint


def test_a_silent_mirror_is_given_up(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"

        with pytest.raises(BadakFileError, match="timed out"):
            download(remote(url), tmp_path, schemes=HTTP, timeout=0.05)


def test_a_folder_that_cannot_be_written_is_said(server, tmp_path):
    (tmp_path / "taken").write_text("a file")

    with pytest.raises(BadakFileError, match="taken"):
        download(mirrors(server, "good"), tmp_path / "taken", schemes=HTTP)


def test_a_broken_off_download_leaves_nothing(server, tmp_path):
    def interrupt(name, done, size):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        download(mirrors(server, "good"), tmp_path, schemes=HTTP, progress=interrupt)

    assert list(tmp_path.iterdir()) == []


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch):
    """A proxy in the environment would stand between the test and its server."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
