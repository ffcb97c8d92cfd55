"""What goes wrong with extracts, sprinkled over a clean company: a loader must not be impressed.

Every hazard here leaves what is true unchanged: rows twice in a file, rows of the day before once
more, rows in no order, values with blanks around them, a byte order mark, lines ended the Windows
way, columns in another order, a comma at the end of each line, packed files, days that arrive in
another order than they were made. What was done where is written to `truth/hazards.json`.
"""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Callable, Sequence
from datetime import date
from io import StringIO
from pathlib import Path
from random import Random

from pipelines.demo.clock import stream

DOUBLED, REPEATED, BLANKS = 0.03, 0.05, 0.02
"""Shares of a file's rows that come twice, of the day before that come again, and with blanks."""


def sprinkle(out: Path, seed: int, days: Sequence[date]) -> list[date]:
    """Spoil the files of all days but the first; returns the days in the order they arrive.

    A packed file is another file, `<name>.csv.gz` in place of `<name>.csv`.
    """
    rng = stream(seed, "hazards")
    done: list[dict[str, object]] = []
    before: dict[str, list[bytes]] = {}
    for day in days[1:]:
        for path in sorted((out / day.isoformat()).glob("*.delta.csv")):
            header, *rows = path.read_bytes().splitlines(keepends=True)
            counts, spoilt = _spoil(rng, rows, before.get(path.name, []))
            before[path.name] = rows
            if any(counts.values()):
                path.write_bytes(header + b"".join(spoilt))
                done.append({"day": day.isoformat(), "file": path.name, **counts})
        for path in sorted((out / day.isoformat()).glob("[a-z]*.csv")):
            name = rng.choice(("", *DRESSES))
            if name and not path.name.startswith("eurofxref"):
                DRESSES[name](rng, path)
                done.append({"day": day.isoformat(), "file": path.name, "form": name})
    order = [*days[:1], *rng.sample(list(days[1:]), len(days) - 1)]
    story = {"arrival": [day.isoformat() for day in order], "files": done}
    (out / "truth").mkdir(exist_ok=True)
    (out / "truth" / "hazards.json").write_text(json.dumps(story, indent=1) + "\n")
    return order


def _spoil(
    rng: Random, rows: list[bytes], before: list[bytes]
) -> tuple[dict[str, int], list[bytes]]:
    # A row of the day before may come again only where no newer one of its record comes today, as
    # some objects have no stamp that says which is the newer.
    today = {_record(row) for row in rows}
    doubled = _some(rng, rows, DOUBLED)
    repeated = _some(rng, [row for row in before if _record(row) not in today], REPEATED)
    padded = {row: row.replace(b'","', b' ","', 1) for row in _some(rng, rows, BLANKS)}
    spoilt = [padded.get(row, row) for row in rows] + doubled + repeated
    rng.shuffle(spoilt)
    counts = {"doubled": len(doubled), "repeated": len(repeated), "padded": len(padded)}
    return counts, spoilt


def _mark(_: Random, path: Path) -> None:
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())


def _end_lines_with_two(_: Random, path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))


def _pack(_: Random, path: Path) -> None:
    # Without a time in it, so that equal arguments give equal bytes.
    path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes(), mtime=0))
    path.unlink()


def _shuffle_columns(rng: Random, path: Path) -> None:
    rows = list(csv.reader(StringIO(path.read_text(encoding="utf-8"))))
    order = rng.sample(range(len(rows[0])), len(rows[0]))
    buffer = StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerows([row[place] for place in order] for row in rows)
    path.write_text(buffer.getvalue(), encoding="utf-8")


def _end_with_a_comma(_: Random, path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"\n", b",\n"))


DRESSES: dict[str, Callable[[Random, Path], None]] = {
    "byte order mark": _mark,
    "carriage returns": _end_lines_with_two,
    "columns in another order": _shuffle_columns,
    "comma at the end": _end_with_a_comma,
    "packed": _pack,
}
"""Forms a connector's or a planner's file may come in; no field of theirs holds a line feed."""


def _record(row: bytes) -> bytes:
    return row.split(b'","', 1)[0]


def _some(rng: Random, rows: list[bytes], share: float) -> list[bytes]:
    return rng.sample(rows, min(len(rows), round(share * len(rows) + 0.5))) if rows else []
