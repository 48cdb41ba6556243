"""batch.py, targets.py, workers.py: a handout for every row, whatever happens on the way."""

import csv
import fcntl
import os
import shutil
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from conftest import BIN, NEEDLES, edit
from handouts.batch.rosters import open_roster
from handouts.batch.run import Summary, make_handouts
from handouts.batch.targets import UNFINISHED
from handouts.collection.folder import Collection
from handouts.errors import OutputError

Run = Callable[..., subprocess.CompletedProcess[str]]
EXAMPLE = NEEDLES / "data" / "example-roster.csv"
MARKER = "Zaphodmarker"


def long_roster(path: Path, rows: int) -> Path:
    """Write a roster with so many rows of invented people."""
    topics = ["your-dry-needling-session", "which-treatment-is-right"]
    audiences = ["general", "athlete", "older-adult"]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "topic", "audience", "first_name"])
        writer.writerows([f"R{n:06d}", topics[n % 2], audiences[n % 3], f"{MARKER}{n}"] for n in range(rows))
    return path


def make(collection: Collection, source: str | Path, out: str | Path, **options: object) -> Summary:
    """Make the handouts of a roster."""
    with open_roster(str(source)) as roster:
        return make_handouts(collection, roster, str(out), **options)  # type: ignore[arg-type]


def files(folder: Path) -> dict[str, bytes]:
    """Return the content of every file below `folder`, by its path."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def listed(folder: Path, name: str = "handouts.csv") -> list[dict[str, str]]:
    """Return the rows of a list that a batch wrote."""
    with (folder / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def start(clinic: Collection, *arguments: str | Path, **options: object) -> subprocess.Popen[str]:
    """Start `handouts batch`, in a process group of its own."""
    return subprocess.Popen(
        [BIN / "handouts", "batch", *map(str, arguments)], cwd=clinic.root, text=True, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options,
    )  # type: ignore[call-overload,no-any-return]  # fmt: skip


def wait_for(happened: Callable[[], bool], seconds: float = 30) -> None:
    """Wait until something has happened."""
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.005)


def test_a_roster_gives_each_person_their_page_with_their_details(clinic: Collection, run: Run) -> None:
    """Every row of the example roster gets its file: the page that a build makes, with the fields filled in."""
    done = run("handouts", "batch", EXAMPLE, cwd=clinic.root)
    assert done.returncode == 0, done.stderr
    assert "Handouts: 12 made, 0 unchanged" in done.stdout
    out = clinic.personal / "example-roster"
    assert len(listed(out)) == 12
    assert listed(out, "rejected.csv") == []
    maya = (out / "P-0001.html").read_text()
    assert '<bdi class="filled">Maya</bdi>' in maya
    assert "Tuesday, December 1, 2026" in maya
    assert "For athletes" in maya
    blank = (out / "P-0011.html").read_text()
    assert (
        run("handouts", "build", "your-dry-needling-session", "--audience", "older-adult", cwd=clinic.root).returncode
        == 0
    )
    assert blank == next(clinic.exports.glob("your-dry-needling-session/older-adult_plain*")).read_text()
    row = listed(out)[0]
    assert row["file"] == "P-0001.html"
    assert f'content="{row["version"]}"' in maya


def test_hostile_values_stay_words(clinic: Collection) -> None:
    """What looks like markup or a template in the example roster is shown as it stands there."""
    make(clinic, EXAMPLE, clinic.personal)
    html = (clinic.personal / "P-0010.html").read_text()
    assert '<bdi class="filled">&lt;b&gt;Bobby&lt;/b&gt; {{ clinician }}</bdi>' in html
    assert '<bdi class="filled">Alex Sample</bdi>' in html
    assert "שרה" in (clinic.personal / "P-0008.html").read_text()


def test_bad_rows_are_listed_and_the_others_made(clinic: Collection, tmp_path: Path, run: Run) -> None:
    """A bad row stands in rejected.csv with its number and why; the rest is made; the exit code says so."""
    roster = tmp_path / "roster.csv"
    roster.write_text(
        "id,topic,audience,first_name\n"
        f"A,your-dry-needling-session,athlete,Maya\nB,your-dry-needling-session,{MARKER},Maya\n"
        f"A,your-dry-needling-session,athlete,{MARKER}\nC,your-dry-needling-session,athlete,{MARKER * 9}\n"
        f'D,your-dry-needling-session,athlete,"{MARKER}\n"\nE,your-dry-needling-session,athlete,Noor\n'
    )
    done = run("handouts", "batch", roster, "--out", "out", cwd=clinic.root)
    assert done.returncode == 1
    assert "Handouts: 2 made, 0 unchanged, 4 rejected" in done.stdout
    assert "rejected.csv" in done.stdout
    out = clinic.root / "out"
    assert set(files(out)) == {"A.html", "E.html", "handouts.csv", "rejected.csv"}
    rejected = listed(out, "rejected.csv")
    assert [row["row"] for row in rejected] == ["3", "4", "5", "6"]
    assert [row["reason"].split(":")[0] for row in rejected] == ["audience", "id", "first_name", "first_name"]
    assert MARKER not in (out / "rejected.csv").read_text() + done.stdout + done.stderr
    tried = run("handouts", "batch", roster, "--out", "nowhere", "--dry-run", cwd=clinic.root)
    assert tried.returncode == 1
    assert "row 3: audience: is not one of its values" in tried.stdout
    assert "2 handouts would be made, 4 rejected" in tried.stdout
    assert MARKER not in tried.stdout + tried.stderr
    assert not (clinic.root / "nowhere").exists()


def test_rows_that_share_a_page_share_one_run(copy: Collection, tmp_path: Path) -> None:
    """Three hundred rows for two pages run two notebooks, and a second batch runs none."""
    roster = long_roster(tmp_path / "roster.csv", 300)
    edit(roster, "athlete", "general")
    roster.write_text(
        roster.read_text()
        .replace("which-treatment-is-right", "your-dry-needling-session")
        .replace("athlete", "general")
    )
    done = make(copy, roster, tmp_path / "out")
    assert (done.made, done.pages, done.executed) == (300, 2, 2)
    again = make(copy, roster, tmp_path / "out")
    assert (again.made, again.unchanged, again.executed) == (0, 300, 0)


def test_a_page_that_fails_costs_its_rows_and_no_others(copy: Collection, tmp_path: Path) -> None:
    """Rows whose page cannot be made are listed with that reason; what failed is told once."""
    edit(copy.notebook("which-treatment-is-right"), '"draw_for(audience', '"1 / 0; draw_for(audience')
    done = make(copy, EXAMPLE, tmp_path / "out", workers=2)
    assert (done.made, done.without_page) == (6, 6)
    assert "ZeroDivisionError" in done.failed[0]
    assert [row["row"] for row in listed(tmp_path / "out", "rejected.csv")] == ["6", "7", "8", "9", "10", "13"]


@pytest.fixture
def undisturbed(clinic: Collection, tmp_path: Path) -> tuple[Path, dict[str, bytes]]:
    """A long roster, and every file that it gives when nothing goes wrong."""
    roster = long_roster(tmp_path / "long.csv", 6000)
    assert make(clinic, roster, tmp_path / "undisturbed", workers=2).made == 6000
    wanted = files(tmp_path / "undisturbed")
    shutil.rmtree(tmp_path / "undisturbed")
    return roster, wanted


def test_one_process_or_two_make_the_same(
    clinic: Collection, undisturbed: tuple[Path, dict[str, bytes]], tmp_path: Path
) -> None:
    """The number of processes changes no byte, and no file is left but handouts and lists."""
    roster, wanted = undisturbed
    make(clinic, roster, tmp_path / "out", workers=1)
    assert files(tmp_path / "out") == wanted
    assert len(wanted) == 6002


@pytest.mark.parametrize("signal_number", [signal.SIGKILL, signal.SIGINT])
def test_a_batch_that_was_killed_goes_on(
    clinic: Collection, undisturbed: tuple[Path, dict[str, bytes]], tmp_path: Path, signal_number: int
) -> None:
    """Killed half-way, it leaves whole handouts only; run again, it ends with the bytes of an undisturbed run."""
    roster, wanted = undisturbed
    out = tmp_path / "out"
    process = start(clinic, roster, "--out", out, "--workers", "2")
    wait_for(lambda: out.exists() and len(os.listdir(out)) > 500)
    children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal_number)
    _, told = process.communicate(timeout=30)
    assert "Traceback" not in told
    assert MARKER not in told
    _, alive = psutil.wait_procs(children, timeout=10)
    assert alive == []
    left = {name: content for name, content in files(out).items() if not name.startswith(UNFINISHED)}
    assert 0 < len(left) < 6000
    assert all(wanted[name] == content for name, content in left.items())
    process = start(clinic, roster, "--out", out, "--workers", "2")
    told, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert " unchanged" in told
    assert " 0 unchanged" not in told
    assert files(out) == wanted


def test_a_worker_that_is_killed_is_replaced(
    clinic: Collection, undisturbed: tuple[Path, dict[str, bytes]], tmp_path: Path
) -> None:
    """When one of the processes is killed, the batch goes on by itself and ends with the same bytes."""
    roster, wanted = undisturbed
    out = tmp_path / "out"
    process = start(clinic, roster, "--out", out, "--workers", "2")
    wait_for(lambda: out.exists() and len(os.listdir(out)) > 500)
    workers = [child for child in psutil.Process(process.pid).children() if "spawn_main" in " ".join(child.cmdline())]
    workers[0].kill()
    _, told = process.communicate(timeout=60)
    assert process.returncode == 0, told
    assert files(out) == wanted


def test_a_full_disk_is_told_and_the_batch_goes_on_later(clinic: Collection, tmp_path: Path) -> None:
    """On a full disk the batch stops and says so; with room again it ends with the bytes of an undisturbed run."""
    roster = long_roster(tmp_path / "roster.csv", 100)
    make(clinic, roster, tmp_path / "undisturbed")
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], capture_output=True).returncode:
        pytest.skip("this machine does not allow mounting a small disk")
    try:
        with pytest.raises(OutputError, match=r"No space left on device.*run the same command again") as told:
            make(clinic, roster, disk)
        assert "R0" not in str(told.value)
        whole = files(tmp_path / "undisturbed")
        left = {name: content for name, content in files(disk).items() if not name.startswith(UNFINISHED)}
        assert 0 < len(left) < 100
        assert all(whole[name] == content for name, content in left.items())
        subprocess.run(["mount", "-o", "remount,size=20m", disk], check=True)
        make(clinic, roster, disk)
        assert files(disk) == whole
    finally:
        subprocess.run(["umount", disk], check=True)


def test_nobodys_details_are_left_anywhere(copy: Collection, tmp_path: Path) -> None:
    """Names stand in the handouts and in no other byte: no cache, log, list, temporary file, terminal or process."""
    roster = long_roster(tmp_path / "roster.csv", 3000)
    with roster.open("a") as file:
        file.write(f"bad id,your-dry-needling-session,athlete,{MARKER}x\nR9,{MARKER},{MARKER},{MARKER}\n")
    scratch, home = tmp_path / "scratch", tmp_path / "home"
    scratch.mkdir()
    home.mkdir()
    edit(copy.notebook("which-treatment-is-right"), '"draw_for(audience', '"1 / 0; draw_for(audience')
    out = tmp_path / "out"
    environment = {**os.environ, "TMPDIR": str(scratch), "HOME": str(home), "PYTHONFAULTHANDLER": "1"}
    process = start(copy, roster, "--out", out, "--workers", "2", env=environment)
    seen: list[str] = []
    looking = threading.Event()

    def look() -> None:
        while not looking.wait(0.02):
            for one in Path("/proc").glob("[0-9]*"):
                for name in ("cmdline", "environ"):
                    try:
                        text = (one / name).read_bytes()
                    except OSError:
                        continue
                    if MARKER.encode() in text:
                        seen.append(f"{one}/{name}")

    watcher = threading.Thread(target=look)
    watcher.start()
    printed, told = process.communicate(timeout=120)
    looking.set()
    watcher.join()
    assert process.returncode == 1
    assert seen == []
    assert MARKER not in printed + told
    assert "ZeroDivisionError" in told
    with_names = [name for name, content in files(tmp_path).items() if MARKER.encode() in content]
    handouts = [name for name in with_names if name.startswith("out/R") and name.endswith(".html")]
    assert len(handouts) == 1500
    assert sorted(set(with_names) - set(handouts)) == ["roster.csv"]
    assert not any(MARKER in name for name in files(tmp_path))


def test_an_error_in_a_worker_shows_nobody(clinic: Collection, tmp_path: Path) -> None:
    """Where writing fails for a reason nobody thought of, what is told holds no row and no name."""
    roster = long_roster(tmp_path / "roster.csv", 3)
    out = tmp_path / "out"
    (out / "R000001.html").mkdir(parents=True)
    with pytest.raises(OutputError) as told:
        make(clinic, roster, out)
    assert MARKER not in str(told.value)
    assert "R000001" not in str(told.value)


def test_memory_stays_flat(clinic: Collection, tmp_path: Path) -> None:
    """Ten times the rows take no more than a tenth more memory."""
    most = []
    for rows in (1500, 15_000):
        process = start(
            clinic, long_roster(tmp_path / f"{rows}.csv", rows), "--out", tmp_path / "out", "--workers", "1"
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0
        most.append(usage.ru_maxrss)
    assert most[1] < 1.1 * most[0]


def test_progress_tells_how_many_and_how_long(clinic: Collection, tmp_path: Path) -> None:
    """On a terminal a bar shows how many of how many, the rate, and the time left."""
    import pty

    roster = long_roster(tmp_path / "roster.csv", 4000)
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
    process = subprocess.Popen(
        [BIN / "handouts", "batch", roster, "--out", tmp_path / "out"],
        cwd=clinic.root,
        stderr=follower,
        stdout=subprocess.DEVNULL,
    )
    os.close(follower)
    shown = b""
    while True:
        try:
            shown += os.read(leader, 4096)
        except OSError:
            break
    os.close(leader)
    assert process.wait(timeout=30) == 0
    assert b"Handouts" in shown
    assert b"/4.00k [" in shown
    assert b"it/s" in shown


def test_a_target_in_memory_or_on_an_ftp_server_gets_the_same(clinic: Collection, tmp_path: Path, ftp: str) -> None:
    """A URL of fsspec is a target as a folder is: same files, same bytes, nothing unfinished left."""
    import fsspec

    make(clinic, EXAMPLE, tmp_path / "out")
    wanted = files(tmp_path / "out")
    assert make(clinic, EXAMPLE, "memory://handouts").made == 12
    memory = fsspec.filesystem("memory")
    assert {path.rsplit("/", 1)[1]: memory.cat_file(path) for path in memory.find("/handouts")} == wanted
    assert make(clinic, EXAMPLE, "memory://handouts").unchanged == 12
    assert make(clinic, EXAMPLE, f"{ftp}/handouts").made == 12
    assert files(tmp_path / "served" / "handouts") == wanted
    (tmp_path / "served" / "handouts" / "P-0003.html").write_text("changed by hand")
    again = make(clinic, EXAMPLE, f"{ftp}/handouts")
    assert (again.made, again.unchanged) == (1, 11)
    assert files(tmp_path / "served" / "handouts") == wanted


@pytest.fixture
def ftp(tmp_path: Path) -> Iterator[str]:
    """The address of an FTP server on this machine that keeps its files in `served`."""
    (tmp_path / "served").mkdir()
    code = (
        "import sys\nfrom pyftpdlib.authorizers import DummyAuthorizer\nfrom pyftpdlib.handlers import FTPHandler\n"
        "from pyftpdlib.servers import FTPServer\nFTPHandler.authorizer = DummyAuthorizer()\n"
        "FTPHandler.authorizer.add_user('clinic', 'secret', sys.argv[1], perm='elradfmwMT')\n"
        "server = FTPServer(('127.0.0.1', 0), FTPHandler)\nprint(server.address[1], flush=True)\nserver.serve_forever()"
    )
    server = subprocess.Popen(
        [sys.executable, "-c", code, tmp_path / "served"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert server.stdout
    yield f"ftp://clinic:secret@127.0.0.1:{int(server.stdout.readline())}"
    server.terminate()
    server.wait(timeout=10)
    server.stdout.close()


def test_a_target_that_cannot_be_reached_is_told_without_its_password(clinic: Collection) -> None:
    """A wrong address is told in a line that shows no password."""
    for place in ("ftp://clinic:secret@127.0.0.1:1/x", "nothing://x"):
        with pytest.raises(OutputError, match="cannot be reached") as told:
            make(clinic, EXAMPLE, place)
        assert "secret" not in str(told.value)
