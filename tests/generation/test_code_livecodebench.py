"""The verifier of LiveCodeBench: programs and functions, with problems of our own."""

import json
import time

import pytest

from generation.verifiers import code_livecodebench
from generation.verifiers.code.extraction import program_code
from generation.verifiers.code_livecodebench import same_output, same_value
from generation.verifiers.pool import Pool, Question
from tests.generation.code_problems import livecodebench_metadata
from tests.generation.sandboxed import REASON, gone, needs_sandbox, processes_with

SUMS = [("3\n1 2 3\n", "6\n"), ("1\n-4\n", "-4")]
MORE_SUMS = [("2\n10 5\n", "15\n"), ("0\n\n", "0\n")]
PAIRS = [("[1, 2, 3]\n2", "[1, 3]"), ('["a"]\n"a"', "[]")]
SUM = "n = int(input())\nprint(sum(map(int, input().split())))\n"


@pytest.fixture
def sums(tmp_path):
    """Judges a program that should add numbers."""
    if REASON:
        pytest.skip(REASON)
    metadata = livecodebench_metadata(tmp_path, SUMS, MORE_SUMS)
    return lambda code: code_livecodebench.verify(f"```python\n{code}\n```", "", metadata)


@pytest.fixture
def without(tmp_path):
    """Judges a function that should leave a value out of a list."""
    if REASON:
        pytest.skip(REASON)
    metadata = livecodebench_metadata(tmp_path, PAIRS[:1], PAIRS[1:], "without")
    return lambda code: code_livecodebench.verify(f"```python\n{code}\n```", "", metadata)


@pytest.mark.parametrize(
    ("completion", "code"),
    [
        ("```python\na = 1\n```", "a = 1"),
        ("First:\n```python\na = 1\n```\nBetter:\n```python\na = 2\n```\nDone.", "a = 2"),
        ("a = 1\nprint(a)\n```", "a = 1\nprint(a)"),
        ("a = 1\nprint(a)\n```\nSo:\n```\n1\n```\n", "a = 1\nprint(a)"),
        ("a = 1\nprint(a)\n", "a = 1\nprint(a)\n"),
        ("Well:\n```python\na = 1\nprint(", "a = 1\nprint("),
        ("Well:\n```python\na = 0\n```\nNo:\n```python\na = 1\nprint(", "a = 1\nprint("),
        ("<think>\n```python\na = 0\n```\n</think>\n```python\na = 1\n```", "a = 1"),
        ("I do not know.", None),
        ("```python\n```", None),
        ("<think>```python\na = 0\n```", None),
    ],
)
def test_the_code_is_the_last_block(completion, code):
    assert program_code(completion) == code


@pytest.mark.parametrize(
    ("printed", "expected", "is_same"),
    [
        ("6\n", "6", True),
        ("  6  \n\n", "6\n", True),
        ("1 2\n3", "1 2 \n 3\n", True),
        ("1.50", "1.5", True),
        ("1e3 2", "1000 2.0", True),
        ("50000000000000001", "50000000000000000", False),
        ("0.30000000000000004", "0.3", False),
        ("yes", "YES", False),
        ("1\n2", "1 2", False),
        ("1\n\n2", "1\n2", False),
        ("", "0", False),
        ("1 x", "1.0 x", False),
        ("nan", "nan", True),
        ("nan 1", "nan 1.0", False),
    ],
)
def test_output_is_compared_line_by_line(printed, expected, is_same):
    assert same_output(printed, expected) is is_same


@pytest.mark.parametrize(
    ("returned", "expected", "is_same"),
    [
        ((1, 2), [1, 2], True),
        ([(1, 2)], [[1, 2]], False),
        (2.0, 2, True),
        (True, 1, True),
        (None, [], False),
        ("1", 1, False),
    ],
)
def test_a_returned_tuple_is_as_good_as_a_list(returned, expected, is_same):
    assert same_value(returned, expected) is is_same


PROGRAMS = [
    SUM,
    """def main():
    input()
    print(sum(map(int, input().split())))

if __name__ == '__main__':
    main()
""",
    """import sys
input = sys.stdin.readline
input()
print(sum(map(int, input().split())))
""",
    """import sys
print(sum(map(int, sys.stdin.read().split()[1:])))
""",
    """import sys
sys.stdout.write(str(sum(map(int, sys.stdin.buffer.read().split()[1:]))))
""",
    """from sys import stdin
lines = stdin.readlines()
print(sum(map(int, lines[1].split())))
""",
    """print(sum(map(int, open(0).read().split()[1:])))
""",
    """n, *rest = map(int, os.read(0, 999).split())
print(sum(rest))
import os
""",
    """import sys
sys.stdout.buffer.write(b'%d' % sum(map(int, sys.stdin.read().split()[1:])))
""",
    """n = int(input())
if n == 0:
    print(0)
    exit()
print(sum(map(int, input().split())))
""",
    """n = int(input())
if n == 0:
    print(0)
    raise SystemExit
print(sum(map(int, input().split())))
""",
    """n = int(input())
print(f'{float(sum(map(int, input().split()))):.3f}')
""",
    """input()
print(reduce(lambda a, b: a + b, map(int, input().split()), 0))
""",
    """total = 0
def add(x):
    nonlocal total
    total += x
input()
for x in input().split():
    add(int(x))
print(total)
""",
    """input()
a: List[int] = list(map(int, input().split()))
q = deque(a)
print(sum(q))
sys.setrecursionlimit(10**6)
""",
    """def f(n):
    return 0 if n == 0 else f(n - 1)
f(20000)
input()
print(sum(map(int, input().split())))
""",
    """import threading
def main():
    input()
    print(sum(map(int, input().split())))
threading.stack_size(2**26)
t = threading.Thread(target=main)
t.start()
t.join()
""",
]


@needs_sandbox
@pytest.mark.parametrize("code", PROGRAMS)
def test_a_right_program_is_correct_however_it_reads_and_writes(sums, code):
    assert sums(code)[::2] == ("correct", None)


@needs_sandbox
@pytest.mark.parametrize(
    ("code", "detail"),
    [
        ("print(6)", "Public test 2 printed '6\\n', not '-4'."),
        ("input()\nprint(max(0, sum(map(int, input().split()))))", "Public test 2 printed '0\\n'"),
        ("input()\ns = sum(map(int, input().split()))\nprint(min(s, 6))", "Private test 1 printed"),
        ("print('Sum:', 6)", "Public test 1 printed 'Sum: 6\\n', not '6\\n'."),
        ("", "Public test 1 printed '', not '6\\n'."),
        ("def f(:", "Public test 1 raised SyntaxError: invalid syntax"),
        ("1 / 0", "Public test 1 raised ZeroDivisionError: division by zero."),
        ("input()\ninput()\nprint(input())", "Public test 1 raised EOFError"),
        ("import nosuchmodule", "Public test 1 raised ModuleNotFoundError: No module named"),
        ("print('x' * 10**8)", "Public test 1 raised OSError"),
        ("import os\nprint(6, flush=True)\nos._exit(0)", "Public test 1 was not answered: the pro"),
        ("print(6)\nprint(6)", "Public test 1 printed '6\\n6\\n', not '6\\n'."),
    ],
)
def test_a_wrong_program_is_incorrect_and_says_in_which_test(sums, code, detail):
    verdict = sums(code or "#")
    assert verdict.outcome == "incorrect"
    assert verdict.detail.startswith(detail)


@needs_sandbox
def test_a_program_that_never_ends_is_late_after_six_seconds(sums):
    started = time.monotonic()
    assert sums("while True:\n    pass").detail == "Public test 1 was not answered in time."
    assert time.monotonic() - started > 6


@needs_sandbox
def test_a_completion_without_code_is_no_answer(tmp_path):
    metadata = livecodebench_metadata(tmp_path, SUMS, [])
    verdict = code_livecodebench.verify("I do not know.", "", metadata)
    assert verdict == ("no_answer", None, "The completion has no block of code.")


FUNCTIONS = [
    """class Solution:
    def without(self, items: List[int], x: int) -> List[int]:
        return [i for i in items if i != x]
""",
    """def without(items, x):
    return [i for i in items if i != x]
""",
    """class Solution:
    def without(self, items, x):
        return tuple(i for i in items if i != x)
""",
    """class Solution:
    def without(self, items, x):
        print(items)
        while x in items:
            items.remove(x)
        return items
""",
]


@needs_sandbox
@pytest.mark.parametrize("code", FUNCTIONS)
def test_a_right_function_is_correct(without, code):
    assert without(code)[::2] == ("correct", None)


@needs_sandbox
@pytest.mark.parametrize(
    ("code", "detail"),
    [
        (
            "def without(items, x):\n    return items",
            "Public test 1 returned [1, 2, 3], not [1, 3].",
        ),
        ("def without(items, x):\n    return [1, 3]", "Private test 1 returned [1, 3], not []."),
        ("def other(items, x):\n    return []", "Public test 1 raised KeyError: 'without'."),
        ("class Solution:\n    pass", "Public test 1 raised AttributeError"),
        ("def without(items, x):\n    print([1, 3])", "Public test 1 returned None, not [1, 3]."),
        ("import os\nos._exit(0)", "Public test 1 was not answered"),
    ],
)
def test_a_wrong_function_is_incorrect(without, code, detail):
    verdict = without(code)
    assert verdict.outcome == "incorrect"
    assert verdict.detail.startswith(detail)


@needs_sandbox
def test_the_expected_output_cannot_be_found_in_the_sandbox(sums):
    """The program prints every string that holds the output of the second test, if it finds one."""
    code = """
import gc, sys
if len(open(0).read()) > 5:
    print(6)
else:
    for thing in gc.get_objects():
        if isinstance(thing, dict) and any(str(v) == "-4" for v in thing.values()):
            print("-4")
            break
    for folder in ("/tmp", "/"):
        for name in os.listdir(folder):
            print(name)
"""
    assert sums("import os\n" + code).outcome == "incorrect"


@needs_sandbox
def test_a_late_worker_takes_its_sandbox_with_it(tmp_path):
    """The pool's limit is shorter than that of the test: the worker is killed in the middle."""
    metadata = json.dumps(livecodebench_metadata(tmp_path, SUMS, MORE_SUMS))
    hang = "mark = 'passband-late-worker'\nimport time\ntime.sleep(3600)\n"
    # The mark is in no command line; the sandbox is found by that of its interpreter.
    before = set(processes_with("ARGUMENTS = "))
    questions = [Question(f"```python\n{text}\n```", "", metadata) for text in (hang, SUM)]
    with Pool("code_livecodebench", workers=1, seconds=8) as pool:
        found = dict(pool.judge(questions))
    assert found[0] == ("error", None, "No verdict within 8 s.")
    assert found[1].outcome == "correct"
    end = time.monotonic() + 20
    while set(processes_with("ARGUMENTS = ")) - before and time.monotonic() < end:
        time.sleep(0.1)
    assert gone("passband-late-worker", seconds=1)
    assert not set(processes_with("ARGUMENTS = ")) - before
