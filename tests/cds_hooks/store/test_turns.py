import subprocess
import sys
from itertools import groupby
from pathlib import Path

from cds_hooks.store.turns import Turns

ROOT = Path(__file__).parents[3]
TURNS = 200
GREEDY = """
import sys, time
from pathlib import Path
from cds_hooks.store.turns import Turns
path, name, turns = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
mine = Turns(path)
sys.stdin.readline()
for _ in range(turns):
    mine.take()
    with path.open("a") as file:
        file.write(name)
    time.sleep(0.001)
    mine.give_up()
"""


def test_processes_that_do_not_pause_take_turns(tmp_path: Path) -> None:
    path = tmp_path / "written"
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", GREEDY, str(path), name, str(TURNS)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
        )
        for name in "ab"
    ]
    for each in processes:
        assert each.stdin
        each.stdin.write(b"\n")
        each.stdin.close()
    assert [each.wait(60) for each in processes] == [0, 0]
    written = path.read_text()
    assert len(written) == 2 * TURNS
    # As long as both are there; before and after, one is alone.
    both = written[written.index("b") : written.rindex("a")] if written[0] == "a" else written
    longest = max(len(list(each)) for _, each in groupby(both.strip(both[-1])))
    assert longest <= TURNS // 10


def test_a_process_that_dies_gives_its_turn_up(tmp_path: Path) -> None:
    path = tmp_path / "written"
    killed = GREEDY.replace("time.sleep(0.001)", "import os; os.kill(os.getpid(), 9)")
    subprocess.run(
        [sys.executable, "-c", killed, str(path), "a", "1"], cwd=ROOT, input=b"\n", check=False
    )
    turns = Turns(path)
    turns.take()
    turns.give_up()
    assert path.read_text() == "a"
