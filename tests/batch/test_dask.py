"""The same batch on a Dask cluster: a real scheduler and two real workers."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from test_batch import MARKER, Run, files, long_roster, make, start, wait_for

from conftest import BIN, edit, now
from handouts.collection.folder import Collection
from handouts.errors import ClusterError
from handouts.page.workers import is_open


@dataclass
class Cluster:
    """A scheduler's address, its two workers, and the folder of their logs."""

    address: str
    workers: list[subprocess.Popen[bytes]]
    logs: Path


@pytest.fixture
def cluster(tmp_path: Path, copy: Collection, request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """A Dask scheduler with two workers of one thread each, or as many as the test asks for, on this machine."""
    threads = str(getattr(request, "param", 1))
    logs = tmp_path / "logs"
    logs.mkdir()
    started: list[subprocess.Popen[bytes]] = []

    def begin(name: str, *command: str | Path) -> subprocess.Popen[bytes]:
        with (logs / name).open("wb") as log:
            process = subprocess.Popen([BIN / "dask", *command], cwd=copy.root, stdout=log, stderr=log)
        started.append(process)
        return process

    at = tmp_path / "scheduler.json"
    begin("scheduler", "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", at)
    wait_for(lambda: at.exists() and "tcp://" in at.read_text())
    address = at.read_text().split('"tcp://')[1].split('"')[0]
    workers = [
        begin(
            f"worker-{count}", "worker", f"tcp://{address}", "--nthreads", threads, "--no-nanny", "--no-dashboard",
            "--local-directory", tmp_path / "local", "--name", str(count),
        )
        for count in range(2)
    ]  # fmt: skip
    wait_for(lambda: all("Registered to" in (logs / f"worker-{count}").read_text() for count in range(2)))
    yield Cluster(f"tcp://{address}", workers, logs)
    for process in reversed(started):  # the scheduler last: a worker says goodbye to it
        process.terminate()
        process.wait(timeout=20)


def test_a_cluster_makes_the_same_though_a_worker_is_killed(copy: Collection, tmp_path: Path, cluster: Cluster) -> None:
    """Each page is run once across the cluster; with a worker killed half-way the files are those of one machine."""
    edit(
        copy.notebook("your-dry-needling-session"),
        "draw_for(audience=audience",
        "with open('../ran', 'a') as ran:\\n\",\n    \"    ran.write(f'{audience}\\\\n')\\n\",\n    \"draw_for(audience=audience",
    )
    roster = long_roster(tmp_path / "roster.csv", 4000)
    out = tmp_path / "out"
    process = start(copy, roster, "--out", out, "--dask", cluster.address)
    wait_for(lambda: out.exists() and len(os.listdir(out)) > 500, 60)
    cluster.workers[0].kill()
    _, told = process.communicate(timeout=120)
    assert process.returncode == 0, told
    assert sorted((copy.root / "ran").read_text().split()) == ["athlete", "general", "older-adult"]
    logged = "".join(log.read_text() for log in cluster.logs.iterdir())
    assert MARKER not in logged + told
    assert "R00" not in logged
    made = files(out)
    assert len(made) == 4002
    shutil.rmtree(out)
    make(copy, roster, out, workers=2)
    assert files(out) == made


def test_a_worker_with_other_tables_makes_no_page(copy: Collection) -> None:
    """Pages come from workers whose tables and packages are those of who asks, or not at all."""
    from concurrent.futures import ThreadPoolExecutor

    from handouts.batch.run import Summary, _make
    from handouts.page.keys import keys_of
    from handouts.page.variant import list_variants

    wanted = list_variants(now(copy), ["your-dry-needling-session"], {"audience": "general", "level": "plain"})
    summary = Summary()

    class Late(ThreadPoolExecutor):
        """Works after the tables have changed."""

        def submit(self, *task: object, **more: object) -> object:  # type: ignore[override]
            edit(copy.data / "clinic.csv", "Example Clinic", "Other Clinic")
            return super().submit(*task, **more)  # type: ignore[arg-type]

    with Late(1) as executor:
        made = list(_make(copy, wanted, keys_of(copy, wanted), executor, 1, summary, lambda step, done, of: None))
    assert made == []
    assert "has other tables, notebooks or packages. Make them the same" in summary.failed[0]


@pytest.mark.parametrize("cluster", [4], indirect=True)
def test_workers_with_threads_never_mix_people(copy: Collection, tmp_path: Path, cluster: Cluster) -> None:
    """Workers of four threads each write every handout with its own person's details, and PDFs too."""
    roster = long_roster(tmp_path / "roster.csv", 2400)
    out = tmp_path / "out"
    assert make(copy, roster, out, dask=cluster.address).made == 2400
    for path in out.glob("*.html"):
        assert set(re.findall(rf"{MARKER}(\d+)", path.read_text())) == {str(int(path.stem[1:]))}
    few = long_roster(tmp_path / "few.csv", 8)
    make(copy, few, tmp_path / "printed", dask=cluster.address, pdf=True)
    assert len(list((tmp_path / "printed").glob("*.pdf"))) == 8


def test_tls_without_certificates_is_one_line(copy: Collection, tmp_path: Path, run: Run) -> None:
    """`--dask tls://` where no certificates are set says which variables name them; tcp to another machine warns."""
    roster = long_roster(tmp_path / "roster.csv", 3)
    done = run("handouts", "batch", roster, "--out", tmp_path / "out", "--dask", "tls://127.0.0.1:9", cwd=copy.root)
    assert (done.returncode, len(done.stderr.strip().splitlines())) == (1, 1), done.stderr
    assert "tls:// needs certificates" in done.stderr
    assert is_open("tcp://10.1.2.3:8786")
    assert not is_open("tcp://[::1]:8786")


def test_a_cluster_that_is_not_there_is_told(copy: Collection, tmp_path: Path) -> None:
    """A scheduler that does not answer is told with its address, before anything is made."""
    roster = long_roster(tmp_path / "roster.csv", 3)
    with pytest.raises(ClusterError, match="tcp://127.0.0.1:9: no Dask scheduler answers"):
        make(copy, roster, tmp_path / "out", dask="tcp://127.0.0.1:9")
    assert list((tmp_path / "out").rglob("*.html")) == []
