"""Runs a small job again and again, killing it with SIGKILL after a random delay,
at most nine tenths as long as the undisturbed job takes.

    python -m tests.generation.killable KILLS BASE RL FOLDER

Forks from one process that has imported torch, so that a round takes tenths of a second. A folder
whose job got to its end is followed by the next one; the last job is left in peace. Prints, as
JSON, the folders and at which stage each kill struck.
"""

import json
import os
import random
import signal
import sys
import time
import traceback
from pathlib import Path

from generation import engines, score_shards
from generation.engines import transformers_engine
from generation.job import Manner, generate
from generation.shard_writer import Pace
from store.runs import Model
from tests.generation.small_study import write_small_study


def run_job(study: Path) -> None:
    """Many small batches and shards, so that there are many moments to be killed at."""
    transformers_engine.MOST_ROWS = 4
    score_shards.SAMPLES_PER_CALL = 4
    generate(study, manner=Manner(pace=Pace(rows=4)))


def start(study: Path) -> int:
    """The job in a process of its own, which is killed or ends."""
    process = os.fork()
    if process == 0:
        status = 1
        try:
            run_job(study)
            status = 0
        except BaseException:
            traceback.print_exc()  # nobody else would hear of it
        finally:
            os._exit(status)
    return process


def killed(process: int, delay: float) -> bool:
    """Whether the job was still at work when it was killed."""
    time.sleep(delay)
    os.kill(process, signal.SIGKILL)
    status = os.waitpid(process, 0)[1]
    if not os.WIFSIGNALED(status) and os.waitstatus_to_exitcode(status) != 0:
        raise SystemExit("the job failed by itself")
    return os.WIFSIGNALED(status)


def stage(folder: Path) -> str:
    """The latest kind of shard that is there."""
    kinds = ["scores", "verdicts", "samples", "problems"]
    return next((kind for kind in kinds if any(folder.rglob(f"{kind}-*.parquet"))), "nothing")


def main(kills: int, base: Path, rl: Path, folder: Path) -> None:
    """Print the folders of complete jobs, and the stages that kills struck at."""
    # Transformers imports a model's code when it is first loaded: once here, not in each fork.
    engines.load("transformers", Model("base", "base", path=str(base))).close()
    undisturbed = folder / "undisturbed"
    undisturbed.mkdir()
    write_small_study(undisturbed, str(base), str(rl))
    begun = time.monotonic()
    os.waitpid(start(undisturbed / "study.toml"), 0)
    whole = time.monotonic() - begun
    draw = random.Random(7)
    folders = [str(undisturbed)]
    stages: list[str] = []
    while len(stages) < kills:
        study_folder = folder / str(len(folders))
        study_folder.mkdir()
        folders.append(str(study_folder))
        study = write_small_study(study_folder, str(base), str(rl))
        while len(stages) < kills and killed(start(study), whole * draw.uniform(0.01, 0.9)):
            stages.append(stage(study_folder))
    os.waitpid(start(study), 0)
    print(json.dumps({"folders": folders, "stages": stages}))


if __name__ == "__main__":
    main(int(sys.argv[1]), *map(Path, sys.argv[2:5]))
