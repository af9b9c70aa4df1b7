"""One contender answers one question, in this process: `python -m footfall.peers.worker MODULE TASK`, the task as JSON.

Writes `<output>.times`: the seconds that the session took to start (imports, connection, JVM), and the wall and CPU seconds from then
until the answer was written, the children's included, and its own peak memory. Ends with a code of its own when memory was not enough.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from pathlib import Path

from footfall.peers.questions import Task
from footfall.peers.watch import cpu_of_tree, peak_of

OUT_OF_MEMORY = 77
SIGNS = ("out of memory", "outofmemory", "memory limit", "memory_limit", "cannot allocate memory", "bad allocation")


def main(contender: str, task_json: str) -> int:
    """0, or the code for memory; any other failure is raised."""
    began = time.monotonic()
    task = Task(**json.loads(task_json))
    try:
        module = importlib.import_module(contender)
        session = module.start(task)
        ready, cpu = time.monotonic(), cpu_of_tree()
        module.answer(session, task)
        times = {
            "startup": ready - began,
            "wall": time.monotonic() - ready,
            "cpu": cpu_of_tree() - cpu,
            "peak": peak_of(),
        }
    except MemoryError:
        return OUT_OF_MEMORY
    except Exception as error:
        if any(sign in str(error).lower() for sign in SIGNS):
            print(str(error)[:500], file=sys.stderr)
            return OUT_OF_MEMORY
        raise
    Path(f"{task.output}.times").write_text(json.dumps(times), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
