"""Readers in other processes while releases change under them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from pipelines.publish import current, prune
from pipelines.serve import open_release
from tests.publish.world import publish_build

PROJECT = Path(__file__).resolve().parents[2]

READER = """
import json, sys
from pathlib import Path
from pipelines.serve import open_release

published, seen = Path(sys.argv[1]), []
SQL = '''select min(build_no), max(build_no), count(*) from (
    select build_no from pipeline.fct_deal union all select build_no from shared.dim_stage)'''
# Bounded: it ends with the last build, or after so many looks that something must be wrong.
for look in range(20000):
    with open_release(published) as connection:
        low, high, rows = connection.execute(SQL).fetchone()
    assert (low, rows) == (high, 51), (low, high, rows)
    seen.append(low)
    if look == 0:
        print("looking", flush=True)
    if low == int(sys.argv[2]):
        break
print(json.dumps(seen))
"""


def test_readers_see_whole_releases_only_and_never_an_older_one_again(tmp_path: Path) -> None:
    last = 10
    publish_build(tmp_path, 0)
    with subprocess.Popen(
        [sys.executable, "-c", READER, str(tmp_path / "published"), str(last)],
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        stdout=subprocess.PIPE,
        text=True,
    ) as reader:
        assert reader.stdout
        assert reader.stdout.readline() == "looking\n"
        for build_no in range(1, last + 1):
            publish_build(tmp_path, build_no)
            prune(tmp_path / "published", 2)
        seen = json.loads(reader.communicate(timeout=60)[0])
    assert reader.returncode == 0
    assert seen == sorted(seen)
    assert seen[-1] == last
    assert len(set(seen)) > 2


def test_a_long_reader_keeps_its_release_and_a_new_one_gets_the_new(tmp_path: Path) -> None:
    publish_build(tmp_path, 0)
    published = tmp_path / "published"
    with open_release(published) as long:
        for build_no in (1, 2, 3):
            publish_build(tmp_path, build_no)
        prune(published, 2)
        with open_release(published) as fresh:
            sql = "select build_no from shared.dim_stage"
            assert long.execute(sql).fetchone() == (0,)
            assert fresh.execute(sql).fetchone() == (3,)
    now = current(published)
    assert now is not None
    assert now.manifest.build_id == "build-3"
