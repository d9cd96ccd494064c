"""A file with thousands of columns is read in groups of them: the memory of a process that reads one."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from fairlead.publishing.input.tables import read_table

PEAK_KILOBYTES = """
import sys
from pathlib import Path
from fairlead.publishing.input.tables import read_table
read_table(Path(sys.argv[1]))
print(next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")).split()[1])
"""


def test_a_wide_parquet_file_is_read_whole_in_groups_of_columns(tmp_path: Path) -> None:
    """10,000 columns of 100 rows took 640 MB at once, and take 204 MB in groups."""
    path, width = tmp_path / "wide.parquet", 10_000
    table = pd.DataFrame(np.random.default_rng(0).normal(size=(100, width)), columns=[f"x{at}" for at in range(width)])
    table.assign(label=["yes", "no"] * 50).to_parquet(path, index=False)
    command = [sys.executable, "-c", PEAK_KILOBYTES, str(path)]
    peak = int(subprocess.run(command, capture_output=True, text=True, check=True).stdout) / 1024
    assert peak < 400
    read = read_table(path)
    pd.testing.assert_frame_equal(read[table.columns], table)
    assert list(read["label"][:2]) == ["yes", "no"]
