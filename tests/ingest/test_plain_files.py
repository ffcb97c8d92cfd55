"""Only plain files are landed and loaded; whatever else is put there is refused by name."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipelines.assets.automation import landing_fingerprint
from pipelines.ingest import IngestError, LandingError, land, landed_days
from tests.ingest.world import DEALS, World, days

DAY = days(1)[0]


@pytest.fixture(autouse=True)
def _never_waits() -> Iterator[None]:
    """A pipe that is opened waits for a writer; the alarm makes that a failure."""

    def fail(*_: object) -> None:
        raise TimeoutError("it waits for ever")

    signal.signal(signal.SIGALRM, fail)
    signal.alarm(30)
    yield
    signal.alarm(0)


def link(path: Path) -> None:
    victim = path.parent / "victim.csv"
    victim.write_text(DEALS)
    path.symlink_to(victim)


def dangling_link(path: Path) -> None:
    path.symlink_to(path.parent / "nowhere")


def link_to_itself(path: Path) -> None:
    path.symlink_to(path)


def link_to_a_folder(path: Path) -> None:
    (path.parent / "elsewhere").mkdir()
    path.symlink_to(path.parent / "elsewhere")


def bound(path: Path) -> None:
    # The name of a socket is limited to a hundred letters, so it is given from where it lies.
    here = Path.cwd()
    os.chdir(path.parent)
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(here)


def device(path: Path) -> None:
    try:
        os.mknod(path, 0o600 | 0o020000, os.makedev(1, 3))
    except PermissionError:
        pytest.skip("only root makes devices")


NO_FILES: dict[str, tuple[Callable[[Path], object], str]] = {
    "link": (link, "a link"),
    "dangling link": (dangling_link, "a link"),
    "link to itself": (link_to_itself, "a link"),
    "link to a folder": (link_to_a_folder, "a link"),
    "pipe": (os.mkfifo, "a pipe"),
    "socket": (bound, "a socket"),
    "device": (device, "a device"),
    "folder": (Path.mkdir, "a folder"),
}
no_files = pytest.mark.parametrize(
    ("make", "kind"), NO_FILES.values(), ids=[name.replace(" ", "-") for name in NO_FILES]
)


@no_files
@pytest.mark.parametrize("within_a_folder", [True, False])
def test_what_is_no_file_is_not_landed(
    shop: World, make: Callable[[Path], object], kind: str, within_a_folder: bool
) -> None:
    inbox = shop.folder / "inbox"
    inbox.mkdir()
    make(inbox / "deals.csv")
    if kind == "a folder" and not within_a_folder:
        pytest.skip("a folder that is given is landed with the files in it")
    with pytest.raises(LandingError, match=rf"inbox/deals\.csv is {kind}"):
        land(shop.company, DAY, [inbox if within_a_folder else inbox / "deals.csv"])
    assert not shop.company.paths.landing.exists()


def test_a_link_to_a_folder_is_not_gone_into(shop: World) -> None:
    inbox, elsewhere = shop.folder / "inbox", shop.folder / "elsewhere"
    inbox.mkdir()
    elsewhere.mkdir()
    (elsewhere / "deals.csv").write_text(DEALS)
    (inbox / "more").symlink_to(elsewhere)
    with pytest.raises(LandingError, match=r"inbox/more is a link.*Land the file it points to"):
        land(shop.company, DAY, [inbox])


@no_files
def test_what_is_no_file_in_the_landing_folder_stops_the_load_by_name(
    shop: World, make: Callable[[Path], object], kind: str
) -> None:
    shop.deliver(DAY, DEALS)
    later = shop.company.paths.landing / "shop" / "deal" / "2026-03-02"
    later.mkdir()
    make(later / "deals.csv")
    with pytest.raises(IngestError, match=rf"2026-03-02/deals\.csv is {kind}.*Move it away"):
        shop.load()
    assert landing_fingerprint(shop.company)


@no_files
@pytest.mark.parametrize("level", ["shop", "shop/deal", "shop/deal/2026-03-02"])
def test_what_is_no_folder_of_the_landing_folder_stops_everything_by_name(
    shop: World, make: Callable[[Path], object], kind: str, level: str
) -> None:
    place = shop.company.paths.landing / level
    place.parent.mkdir(parents=True)
    if kind == "a folder":
        place.write_text("a file")
        kind = "a file"
    else:
        make(place)
    for ask in (shop.load, lambda: landed_days(shop.company)):
        with pytest.raises(IngestError, match=rf"{level} is {kind}.*Move it away"):
            ask()
    with pytest.raises(IngestError, match=rf"{level} is {kind}.*Move it away"):
        shop.deliver(days(2)[0], DEALS)


@no_files
def test_nothing_is_put_in_place_of_what_is_no_file(
    shop: World, make: Callable[[Path], object], kind: str
) -> None:
    day = shop.company.paths.landing / "shop" / "deal" / "2026-03-01"
    day.mkdir(parents=True)
    make(day / "deals.csv")
    with pytest.raises(LandingError, match=rf"2026-03-01/deals\.csv is {kind}"):
        shop.deliver(DAY, DEALS, replace=True)


def test_no_name_that_can_be_guessed_is_written_through(shop: World) -> None:
    victim = shop.folder / "victim.txt"
    victim.write_text("precious")
    day = shop.company.paths.landing / "shop" / "deal" / "2026-03-01"
    day.mkdir(parents=True)
    for name in (".deals.csv.landing", ".deals.csv", ".landing"):
        (day / name).symlink_to(victim)
    shop.deliver(DAY, DEALS)
    assert victim.read_text() == "precious"
    assert not (day / "deals.csv").is_symlink()
    assert (day / "deals.csv").read_text() == DEALS


def test_a_file_that_becomes_a_link_before_it_is_read_is_refused(
    shop: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    [landed] = shop.deliver(DAY, DEALS).matched
    secret = shop.folder / "secret.csv"
    secret.write_text(DEALS)
    landed.target.unlink()
    landed.target.symlink_to(secret)
    monkeypatch.setattr("pipelines.ingest.layout.no_file", lambda _: None)
    with pytest.raises(IngestError, match=r"deals\.csv is a link, not a file"):
        shop.load()


def test_a_delivery_that_could_not_be_copied_leaves_nothing(
    shop: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pipelines.ingest.landing.shutil.copyfileobj", full)
    with pytest.raises(OSError, match="No space left"):
        shop.deliver(DAY, DEALS)
    day = shop.company.paths.landing / "shop" / "deal" / "2026-03-01"
    assert list(day.iterdir()) == []


@pytest.mark.parametrize("letter", ["\n", "\x1b", "\t", "\u202e", "\udcff", "\x7f"])
def test_names_that_cannot_be_shown_are_refused_and_written_out(shop: World, letter: str) -> None:
    name = f"deals{letter}2.csv"
    with pytest.raises(LandingError, match="cannot be shown") as refused:
        shop.deliver(DAY, DEALS, name)
    assert letter not in str(refused.value)
    shop.deliver(DAY, DEALS)
    (shop.company.paths.landing / "shop" / "deal" / "2026-03-01" / name).write_text(DEALS)
    with pytest.raises(IngestError, match="cannot be shown") as refused:
        shop.load()
    assert letter not in str(refused.value)


def test_the_landing_folder_itself_may_be_a_link(shop: World) -> None:
    real = shop.folder / "disk"
    real.mkdir()
    shop.company.paths.landing.symlink_to(real)
    shop.deliver(DAY, DEALS)
    [result] = [each for each in shop.load() if each.object == "deal"]
    assert (result.status, result.n_accepted) == ("loaded", 2)
