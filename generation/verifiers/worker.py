"""One worker of the pool: judges samples that come as JSON lines on standard input.

    python -m generation.verifiers.worker VERIFIER SECONDS

Each line is a list of [completion, reference, metadata]; each answer a line of its own, as soon as
it is there, so that the pool knows which sample a worker hangs on.
"""

import faulthandler
import json
import os
import resource
import sys

from generation.verifiers import Verdict, Verifier, load

# A power tower may ask for more memory than there is; the worker then ends with a MemoryError.
MEMORY = 4 * 2**30
LONGEST_TEXT = 2_000


def judge(name: str, seconds: float) -> None:
    """Answer until the input ends."""
    answers = os.fdopen(os.dup(1), "w")
    # Whatever a library prints must not be taken for an answer.
    os.dup2(2, 1)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    verifier = load(name)
    print("ready", file=answers, flush=True)
    for line in sys.stdin:
        for completion, reference, metadata in json.loads(line):
            # Ends this process from a thread that needs no Python, should the pool be gone: a
            # worker that hangs in C code would otherwise run for ever.
            faulthandler.dump_traceback_later(2 * seconds, exit=True, file=2)
            judged = verdict(verifier, completion, reference, metadata)
            faulthandler.cancel_dump_traceback_later()
            print(json.dumps(judged), file=answers, flush=True)


def verdict(verifier: Verifier, completion: str, reference: str, metadata: str) -> Verdict:
    """What the verifier says; its own failure is an error of this sample and not of the job."""
    try:
        judged = verifier.verify(completion, reference, json.loads(metadata))
    except Exception as error:
        return Verdict("error", None, f"The verifier failed: {type(error).__name__} {error}")
    return judged._replace(
        answer=judged.answer and judged.answer[:LONGEST_TEXT],
        detail=judged.detail and judged.detail[:LONGEST_TEXT],
    )


if __name__ == "__main__":
    judge(sys.argv[1], float(sys.argv[2]))
