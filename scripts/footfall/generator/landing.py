"""Files by day of arrival: what has come is kept until its day is complete, then written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl

from footfall.generator.marks import FAULTS, FIRST_FAULT, ROW_KEYS, mark_of
from footfall.generator.settings import Settings

HIDDEN = ("_land", "_mark", "_visit")
MALFORMED_MARKS = tuple(
    mark_of("malformed_json_line", table, "malformed_json") for table in ("clickstream", "cart_events")
)
MALFORMED_LINES = ("<html><body>502 Bad Gateway</body></html>", '["truncated"]', '"')


class Landing:
    """Writes one file per stream and day below `folder` and notes what it wrote.

    A stream is `table/file name`. `counts` has a row per file and mark; `faults` one per planted
    row with its file and position.
    """

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings = settings
        self.folder = folder
        self.faults: list[pl.DataFrame] = []
        self.counts: list[tuple[str, int, int, int]] = []
        self._waiting: dict[int, dict[str, list[pl.DataFrame]]] = defaultdict(lambda: defaultdict(list))

    def add(self, frames: Mapping[str, pl.DataFrame]) -> None:
        """Take rows (with `_land` and `_mark`) of any day that has not been written yet."""
        for stream, frame in frames.items():
            frame = _with_mark_last(frame)
            days = frame.partition_by("_land", as_dict=True, include_key=False)
            for (day,), rows in days.items():
                part = without_borrowed_text(rows) if rows.height < frame.height // 10 else rows
                self._waiting[int(day)][stream].append(part)

    def take_until(self, day: int | None = None) -> list[tuple[int, str, list[pl.DataFrame]]]:
        """Everything that landed before this day (None: everything), in order; then forgotten."""
        due = sorted(d for d in self._waiting if day is None or d < day)
        return [
            (due_day, stream, frames)
            for due_day in due
            for stream, frames in sorted(self._waiting.pop(due_day).items())
        ]

    def write(self, due: list[tuple[int, str, list[pl.DataFrame]]]) -> None:
        """Write what `take_until` gave."""
        for day, stream, frames in due:
            self._write_file(day, stream, pl.concat(frames))

    def _write_file(self, day: int, stream: str, frame: pl.DataFrame) -> None:
        table, name = stream.split("/")
        relative = f"{table}/landed_on={self.settings.date_of(day)}/{name}"
        path = self.folder / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        counts = np.bincount(frame["_mark"].to_numpy())
        malformed = sum(int(counts[mark]) for mark in MALFORMED_MARKS if mark < counts.size)
        if malformed:
            is_malformed = pl.col("_mark").is_in(MALFORMED_MARKS)
            frame = pl.concat([frame.filter(~is_malformed), frame.filter(is_malformed)])
        self._note(day, table, relative, frame, counts)
        rows = pl.DataFrame(frame.get_columns()[:-1])
        if name.endswith(".jsonl"):
            _write_lines(path, rows, malformed)
        else:
            rows.rechunk().write_parquet(
                path,
                compression="zstd",
                compression_level=1,
                row_group_size=250_000,
                statistics=False,
            )

    def _note(self, day: int, table: str, relative: str, frame: pl.DataFrame, counts: np.ndarray) -> None:
        for mark in np.flatnonzero(counts):
            self.counts.append((table, day, int(mark), int(counts[mark])))
        if counts.size <= FIRST_FAULT:
            return
        mark = frame["_mark"].to_numpy()
        rows = np.flatnonzero(mark >= FIRST_FAULT)
        self.faults.append(
            pl.DataFrame(
                {
                    "row_number": rows,
                    "row_key": frame[ROW_KEYS[table]].gather(rows).to_list(),
                    "_mark": mark[rows],
                    "table": pl.Series([table]).new_from_index(0, rows.size),
                    "file": pl.Series([relative]).new_from_index(0, rows.size),
                    "landed_on": pl.Series([self.settings.date_of(day)]).new_from_index(0, rows.size),
                }
            )
        )

    def fault_rows(self) -> pl.DataFrame:
        """One row per planted fault: name, table, file, place in it, key, fate and reason."""
        catalogue = pl.DataFrame(
            {
                "_mark": range(FIRST_FAULT, FIRST_FAULT + len(FAULTS)),
                "fault": [fault.name for fault in FAULTS],
                "expected_fate": [fault.fate for fault in FAULTS],
                "expected_reason": [fault.reason for fault in FAULTS],
                "is_extra_row": [fault.is_extra for fault in FAULTS],
            },
            schema_overrides={"_mark": pl.UInt8},
        )
        empty = pl.DataFrame(
            schema={
                "row_number": pl.Int64,
                "row_key": pl.String,
                "_mark": pl.UInt8,
                "table": pl.String,
                "file": pl.String,
                "landed_on": pl.Date,
            }
        )
        rows = pl.concat([empty, *self.faults]).join(catalogue, on="_mark", maintain_order="left")
        return rows.select(
            "fault",
            "table",
            "file",
            "landed_on",
            "row_number",
            "row_key",
            "expected_fate",
            "expected_reason",
            "is_extra_row",
        )


def without_borrowed_text(frame: pl.DataFrame) -> pl.DataFrame:
    """The same rows with text of their own.

    A few rows taken out of a large frame keep the text of all its rows in memory; rows that wait for their day must not.
    """
    texts = [name for name, kind in frame.schema.items() if kind == pl.String]
    return frame.with_columns(pl.Series(name, frame[name].to_list(), pl.String) for name in texts)


def _with_mark_last(frame: pl.DataFrame) -> pl.DataFrame:
    shown = [name for name in frame.columns if name not in HIDDEN]
    return frame.select(*shown, "_land", "_mark")


def _write_lines(path: Path, rows: pl.DataFrame, malformed: int) -> None:
    """JSON lines; the last `malformed` rows are broken on the way."""
    if not malformed:
        rows.write_ndjson(path)
        return
    good = rows.height - malformed
    with path.open("wb") as file:
        rows.head(good).write_ndjson(file)
        for position, line in enumerate(rows.tail(malformed).write_ndjson().splitlines()):
            broken = line[: len(line) * 3 // 5]
            if position % 4 == 3:
                broken = MALFORMED_LINES[position // 4 % len(MALFORMED_LINES)]
            file.write(broken.encode() + b"\n")
