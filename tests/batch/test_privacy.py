"""targets.py, batch.py: nobody's details in anybody else's hands, and nobody's left behind."""

import csv
import os
import re
import shutil
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import BIN, edit, now
from handouts.batch.rosters import open_roster
from handouts.batch.run import Summary, make_handouts
from handouts.batch.targets import Target
from handouts.build.run import build_pages
from handouts.collection import LIST, Collection
from handouts.errors import OutputError

Run = Callable[..., subprocess.CompletedProcess[str]]
SESSION = "your-dry-needling-session"


def a_roster(path: Path, names: dict[str, str], topic: str = SESSION, day: str = "2026-12-01") -> Path:
    """Write a roster of so many people, name by id."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "topic", "audience", "first_name", "appointment_date"])
        writer.writerows([number, topic, "athlete", name, day] for number, name in names.items())
    return path


def make(collection: Collection, source: Path, out: Path, **options: object) -> Summary:
    """Make the handouts of a roster."""
    with open_roster(str(source)) as roster:
        return make_handouts(collection, roster, str(out), **options)  # type: ignore[arg-type]


def mode(path: Path) -> int:
    """Return who may do what with a file."""
    return stat.S_IMODE(path.lstat().st_mode)


WRITER = """
import os, sys
from handouts.batch.targets import Target
goal, who, many = Target(sys.argv[1], token=sys.argv[4]), sys.argv[2], int(sys.argv[3])
print(os.getpid(), flush=True)
for number in range(many):
    goal.write(f"{who}-{number}.html", f"{who} ".encode() * 5000)
"""


def mixed(folder: Path) -> tuple[int, list[str]]:
    """Return how many handouts are in `folder`, and which hold anything but the words of their own person."""
    wrong, many = [], 0
    for path in folder.glob("*.html"):
        who = path.name.partition("-")[0]
        many += 1
        if path.read_bytes() != f"{who} ".encode() * 5000:
            wrong.append(path.name)
    return many, wrong


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has such namespaces")
def test_two_machines_with_equal_process_numbers_never_mix_people(tmp_path: Path) -> None:
    """Writers with one process number in two namespaces, as in two containers, and four threads: each file is its own person's."""
    apart = ["unshare", "--pid", "--fork", "--kill-child"]
    if subprocess.run([*apart, "true"], capture_output=True).returncode:
        apart = ["unshare", "--user", "--map-root-user", *apart[1:]]
    goal = Target(str(tmp_path / "out"), token="run")
    goal.prepare()
    writers = [
        subprocess.Popen([*apart, sys.executable, "-c", WRITER, goal.place, who, "3000", "run"], stdout=subprocess.PIPE)
        for who in ("Maya", "Otto")
    ]
    threads = [
        threading.Thread(target=lambda who=who: [goal.write(f"{who}-{n}.html", f"{who} ".encode() * 5000) for n in range(1000)])
        for who in ("Ana", "Ben", "Cem", "Dora")
    ]  # fmt: skip
    for thread in threads:
        thread.start()
    numbers = [writer.communicate(timeout=100)[0] for writer in writers]
    for thread in threads:
        thread.join()
    goal.finish()
    assert numbers[0] == numbers[1]
    assert mixed(tmp_path / "out") == (10_000, [])


def test_what_an_older_run_still_writes_comes_to_nothing(tmp_path: Path) -> None:
    """A worker left over from a run that was killed cannot write into the folder once the next run has begun there."""
    monday = Target(str(tmp_path / "out"))
    monday.prepare()
    left_over = Target(str(tmp_path / "out"), token=monday.token)  # as a worker has it
    monday.release()
    tuesday = Target(str(tmp_path / "out"))
    tuesday.prepare()
    tuesday.write("1.html", b"Tuesday")
    with pytest.raises(OutputError, match="Another run has begun"):
        left_over.write("1.html", b"Monday")
    tuesday.finish()
    assert (tmp_path / "out" / "1.html").read_bytes() == b"Tuesday"
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["1.html"]


def test_a_link_planted_where_a_handout_is_written_leads_nowhere(tmp_path: Path) -> None:
    """A link under a handout's name, or among what is being written, is replaced or refused, and what it leads to stays."""
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    goal = Target(str(tmp_path / "out"))
    goal.prepare()
    (tmp_path / "out" / "1.html").symlink_to(victim)
    goal.write("1.html", b"precious")
    assert not (tmp_path / "out" / "1.html").is_symlink()
    (tmp_path / "out" / "2.html").mkdir()
    with pytest.raises(OutputError):
        goal.write("2.html", b"two")
    goal.release()
    assert victim.read_bytes() == b"precious"


def test_only_who_makes_handouts_reads_them(clinic: Collection, tmp_path: Path) -> None:
    """Folders are 0700, files 0600, whatever was there; with --shared they are as the umask says."""
    before = os.umask(0o022)
    try:
        roster = a_roster(tmp_path / "r.csv", {"1": "Maya"})
        for shared, folder, file in ((False, 0o700, 0o600), (True, 0o755, 0o644)):
            out = tmp_path / f"out-{shared}"
            make(clinic, roster, out, shared=shared)
            assert mode(out) == folder
            assert {mode(path) for path in out.iterdir()} == {file}
        make(clinic, roster, tmp_path / "out-True")
        assert mode(tmp_path / "out-True" / "1.html") == 0o600
    finally:
        os.umask(before)


def test_handouts_lie_apart_from_what_is_published(clinic: Collection, tmp_path: Path, run: Run) -> None:
    """The default place is personal/ROSTER, which git never tracks; exports/ and any folder of pages are refused, as pages are among handouts."""
    roster = a_roster(tmp_path / "visits.csv", {"1": "Maya"})
    subprocess.run(["git", "init", "--quiet", clinic.root], check=True)
    done = run("handouts", "batch", roster, cwd=clinic.root)
    assert done.returncode == 0, done.stderr
    assert "See personal/visits" in done.stdout
    assert mode(clinic.personal) == 0o700
    status = subprocess.run(["git", "status", "--porcelain", "--untracked-files=all"], cwd=clinic.root, capture_output=True, text=True, check=True)  # fmt: skip
    assert "personal" not in status.stdout
    build_pages(now(clinic), tmp_path / "web", ["which-treatment-is-right"], {"audience": "general"})
    for out in (clinic.exports, clinic.exports / "visits", tmp_path / "web", tmp_path / "web" / "visits"):
        with pytest.raises(OutputError, match="where pages are published"):
            make(clinic, roster, out)
    with pytest.raises(OutputError, match=r"holds handouts of persons \(handouts\.csv\)"):
        build_pages(now(clinic), clinic.personal / "visits")


def test_the_folder_is_what_the_roster_says(clinic: Collection, tmp_path: Path) -> None:
    """Handouts and PDFs of people who are gone, or whose row is rejected, are removed; a file of nobody's is told of."""
    out = tmp_path / "out"
    monday = a_roster(tmp_path / "monday.csv", {"1": "Maya", "2": "Otto", "3": "Ana"})
    make(clinic, monday, out, pdf=True)
    (out / "stray.html").write_text("whose?")
    tuesday = tmp_path / "tuesday.csv"
    tuesday.write_text(
        f"id,topic,audience,appointment_date\n1,{SESSION},athlete,2026-13-01\n3,{SESSION},athlete,2026-12-02\n"
    )
    done = make(clinic, tuesday, out, pdf=True)
    assert {path.name for path in out.iterdir()} == {"3.html", "3.pdf", "stray.html", "handouts.csv", "rejected.csv"}
    assert (done.rejected, done.removed, done.others, done.other) == (1, 2, 1, "stray.html")


def test_a_batch_that_was_killed_leaves_an_account_of_what_it_made(clinic: Collection, tmp_path: Path) -> None:
    """What a batch wrote before it was killed is removed by a later batch with another roster, though no list was finished."""
    out = tmp_path / "out"
    (out / "b.html").mkdir(parents=True)  # where a handout cannot be written: the batch ends there, as if killed
    (out / "b.html" / "x").touch()
    with pytest.raises(OutputError):
        make(clinic, a_roster(tmp_path / "r.csv", {"a": "Maya", "b": "Otto"}), out)
    assert (out / "a.html").is_file()
    assert not (out / LIST).exists()
    shutil.rmtree(out / "b.html")
    done = make(clinic, a_roster(tmp_path / "s.csv", {"c": "Ana"}), out)
    assert {path.name for path in out.iterdir()} == {"c.html", "handouts.csv", "rejected.csv"}
    assert done.removed == 1


def test_a_list_that_somebody_planted_removes_nothing_elsewhere(clinic: Collection, tmp_path: Path) -> None:
    """Ids in a list that are no ids, such as ../../precious, are not followed."""
    out = tmp_path / "out"
    out.mkdir()
    (tmp_path / "precious.html").write_text("mine")
    (out / LIST).write_text("id,file,topic\n../precious,../precious.html,x\n")
    make(clinic, a_roster(tmp_path / "r.csv", {"1": "Maya"}), out)
    assert (tmp_path / "precious.html").exists()


def test_no_pdf_is_older_than_its_handout(clinic: Collection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The PDF goes before its handout changes: without --pdf it is gone, and a batch that is stopped between the two leaves none."""
    out = tmp_path / "out"
    roster = a_roster(tmp_path / "r.csv", {"1": "Maya"})
    make(clinic, roster, out, pdf=True)
    first = (out / "1.pdf").read_bytes()
    make(clinic, roster, out)
    assert (out / "1.pdf").read_bytes() == first
    a_roster(roster, {"1": "Maya"}, day="2026-12-24")
    make(clinic, roster, out)
    assert not (out / "1.pdf").exists()
    make(clinic, roster, out, pdf=True)
    assert (out / "1.pdf").read_bytes() != first


def test_a_print_file_has_all_handouts_in_the_rosters_order(
    clinic: Collection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each handout begins on a sheet of its own, in the order of the roster; the next batch leaves no older print file, and counts none as somebody's."""
    from pypdf import PdfReader

    monkeypatch.setattr("handouts.batch.printing.A_RUN", 2)
    people = [("P-9", "Maya"), ("P-1", "Harold"), ("P-5", "Noor")]
    (tmp_path / "roster.csv").write_text(
        "id,topic,first_name\n" + "".join(f"{name},{SESSION},{first}\n" for name, first in people)
    )
    done = make(clinic, tmp_path / "roster.csv", tmp_path / "out", print_files=True)
    assert (done.print_files, done.others) == (2, 0)
    found = []
    for file in ("print.001.pdf", "print.002.pdf"):
        pages = PdfReader(tmp_path / "out" / file).pages
        for number, page in enumerate(pages):
            found += [
                (number % 2, first) for _, first in people if f"Name: {first}" in " ".join(page.extract_text().split())
            ]
        assert len(pages) % 2 == 0
    assert found == [(0, "Maya"), (0, "Harold"), (0, "Noor")]
    assert mode(tmp_path / "out/print.001.pdf") == 0o600
    assert make(clinic, tmp_path / "roster.csv", tmp_path / "out").others == 0
    assert list((tmp_path / "out").glob("print.*")) == []


def test_one_batch_at_a_time_writes_to_a_folder(clinic: Collection, tmp_path: Path, run: Run) -> None:
    """A second batch is told so while the first is under way; when that has died, even by kill -9, the next goes on."""
    out = tmp_path / "out"
    roster = a_roster(tmp_path / "r.csv", {"1": "Maya"})
    hold = "import sys\nfrom handouts.batch.targets import Target\ngoal = Target(sys.argv[1])\ngoal.prepare()\nprint('held', flush=True)\nsys.stdin.read()"
    holder = subprocess.Popen(
        [sys.executable, "-c", hold, out], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    second = run("handouts", "batch", roster, "--out", out, cwd=clinic.root)
    assert second.returncode == 1
    assert (
        second.stderr.strip()
        == f"handouts: {out}: another batch is writing there. Wait until it is done, or choose another folder with --out."
    )
    holder.kill()
    holder.communicate()
    assert run("handouts", "batch", roster, "--out", out, cwd=clinic.root).returncode == 0
    assert sorted(path.name for path in out.iterdir()) == ["1.html", "handouts.csv", "rejected.csv"]


def test_two_batches_at_once_into_one_folder_give_one_of_the_two_whole(clinic: Collection, tmp_path: Path) -> None:
    """Started together, one is done and the other told to wait, or both are done one after the other; no handout is lost or mixed."""
    out = tmp_path / "out"
    rosters = [a_roster(tmp_path / f"{who}.csv", {f"{who}{n}": f"Zz{who}{n}zZ" for n in range(600)}) for who in "ab"]
    both = [
        subprocess.Popen([BIN / "handouts", "batch", one, "--out", out], cwd=clinic.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for one in rosters
    ]  # fmt: skip
    ends = [one.communicate(timeout=110) for one in both]
    assert 0 in {one.returncode for one in both}, ends
    assert all(
        one.returncode == 0 or "another batch is writing there" in end[1] for one, end in zip(both, ends, strict=True)
    )
    handouts = list(out.glob("*.html"))
    assert len(handouts) == 600
    for path in handouts:
        assert set(re.findall(r"Zz(\w+)zZ", path.read_text())) == {path.stem}


@pytest.mark.parametrize(
    "place",
    [
        "ftp://user:S3cret@127.0.0.1:1/out", "FTP://user:S3cret@127.0.0.1:1/out", "memory://h/out?key=S3cret", "memory://u:S3/cr?S3cret@h/out",
        "ftp://user:S3cr@S3cret@127.0.0.1:1/out", "memory://h/o#S3cret", "memory://u:a?S3cret@h/out",
    ],
)  # fmt: skip
def test_a_password_in_a_target_is_never_shown(clinic: Collection, tmp_path: Path, run: Run, place: str) -> None:
    """Neither where a batch is done nor where it fails does the terminal show what stands before @ or after ? and #."""
    done = run("handouts", "batch", a_roster(tmp_path / "r.csv", {"1": "Maya"}), "--out", place, cwd=clinic.root)
    assert "S3cret" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_a_page_that_lacks_a_part_is_handed_to_nobody(clinic: Collection, tmp_path: Path) -> None:
    """Rows whose page has no main message are listed with the reason, and the others made."""
    nb = clinic.notebook("which-treatment-is-right")
    edit(nb, '"part:main-message"', '"part:for-you"')
    roster = a_roster(tmp_path / "r.csv", {"1": "Maya"}, topic="which-treatment-is-right")
    roster.write_text("id,topic\n1,which-treatment-is-right\n2,your-dry-needling-session\n")
    done = make(clinic, roster, tmp_path / "out")
    assert (done.made, done.without_page) == (1, 1)
    assert "has no cell tagged part:main-message" in done.failed[0]
    assert not (tmp_path / "out" / "1.html").exists()


@pytest.mark.parametrize("name", ["handouts.csv", "rejected.csv"])
def test_a_roster_is_never_replaced_by_a_list(clinic: Collection, tmp_path: Path, name: str) -> None:
    """A roster that lies in the target and is called as a list is, or any other file of that name, stays; nothing is removed by it."""
    roster = a_roster(tmp_path / name, {"1": "Maya"})
    before = roster.read_bytes()
    (tmp_path / "1.html").write_text("mine")
    with pytest.raises(OutputError, match="is not one that a batch writes, and would be lost"):
        make(clinic, roster, tmp_path)
    assert roster.read_bytes() == before
    assert (tmp_path / "1.html").read_text() == "mine"


def test_an_old_handout_whose_page_fails_is_told_each_time_and_removed_in_the_end(
    clinic: Collection, tmp_path: Path
) -> None:
    """While its page fails, a person's old handout stays and is told of at each batch; when the person is gone, so is the handout."""
    out, roster = tmp_path / "out", tmp_path / "r.csv"
    roster.write_text("id,topic\n1,which-treatment-is-right\n2,your-dry-needling-session\n")
    make(clinic, roster, out)
    edit(clinic.notebook("which-treatment-is-right"), '"part:main-message"', '"part:for-you"')
    for _ in range(2):
        make(clinic, roster, out)
        assert "the handout that is there is of an earlier batch" in (out / "rejected.csv").read_text()
        assert (out / "1.html").exists()
    roster.write_text("id,topic\n2,your-dry-needling-session\n")
    assert make(clinic, roster, out).removed == 1
    assert not (out / "1.html").exists()


def test_what_lies_among_the_unfinished_stops_nobody(clinic: Collection, tmp_path: Path) -> None:
    """A file that an earlier version or a file manager left among what was being written is cleared."""
    out = tmp_path / "out"
    (out / ".unfinished").mkdir(parents=True)
    (out / ".unfinished" / "4711").write_text("half")
    make(clinic, a_roster(tmp_path / "r.csv", {"1": "Maya"}), out)
    assert sorted(path.name for path in out.iterdir()) == ["1.html", "handouts.csv", "rejected.csv"]


def test_no_task_is_lost_with_a_pool_that_breaks(
    clinic: Collection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A task that was about to be handed over when the workers were lost is made by the next ones."""
    from concurrent.futures.process import BrokenProcessPool

    from handouts.batch import tasks

    class Breaks:
        """Workers of which all are lost at the third task; the next ones last."""

        left = 2

        def __enter__(self) -> "Breaks":
            return self

        def __exit__(self, *_: object) -> None:
            Breaks.left = 100

        def submit(self, function: Callable[..., object], task: object) -> object:
            from concurrent.futures import Future

            if Breaks.left == 0:
                raise BrokenProcessPool
            Breaks.left -= 1
            done: Future[object] = Future()
            done.set_result(function(task))
            return done

    monkeypatch.setattr(tasks, "processes", lambda size: Breaks())
    monkeypatch.setattr("handouts.batch.run.ROWS_A_TASK", 5)
    done = make(clinic, a_roster(tmp_path / "r.csv", {str(n): f"N{n}" for n in range(40)}), tmp_path / "out", workers=2)
    assert done.made + done.unchanged >= 40
    assert len(list((tmp_path / "out").glob("*.html"))) == 40
