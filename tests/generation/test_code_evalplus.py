"""The verifier of HumanEval+ and MBPP+: extraction, EvalPlus's rules, and attempts to cheat."""

import gzip
import json
import math
import re
from pathlib import Path

import pytest

from generation.verifiers import code_evalplus
from generation.verifiers.code.digests import digest
from generation.verifiers.code.extraction import function_code
from generation.verifiers.code.mbpp_inputs import mbpp_inputs
from generation.verifiers.code.oracles import accepted
from generation.verifiers.code.values import Like, Opaque, decoded, encoded
from generation.verifiers.pool import Pool, Question
from tests.generation.code_problems import evalplus_metadata, mbpp_metadata
from tests.generation.sandboxed import REASON, needs_sandbox

BENCHMARKS = Path(__file__).parents[3] / "shared" / "data" / "benchmarks"
PROMPT = 'def add(a, b):\n    """The sum of a and b."""\n'
RIGHT = "def add(a, b):\n    return a + b\n"


@pytest.fixture
def add(tmp_path):
    """Judges a completion of the problem of the sum."""
    if REASON:
        pytest.skip(REASON)
    metadata = evalplus_metadata(tmp_path)
    return lambda completion: code_evalplus.verify(completion, "", metadata)


def judged(metadata, completion):
    return code_evalplus.verify(completion, "", metadata)


# Where the code is.


@pytest.mark.parametrize(
    ("completion", "code"),
    [
        (RIGHT, RIGHT),
        ("    return a + b\n", PROMPT + "    return a + b\n"),
        ("\n\n    return a + b\n", PROMPT + "\n\n    return a + b\n"),
        (f"Here it is:\n```python\n{RIGHT}```\nIt adds.", RIGHT),
        (f"```\n{RIGHT}```", RIGHT),
        (f"```py\n{RIGHT}", RIGHT),
        (f"~~~python\n{RIGHT}~~~", RIGHT),
        (f"{RIGHT}```\nIt adds.", RIGHT),
        (f"{RIGHT}```\nUse it so:\n```python\nprint(add(1, 2))\n```\n", RIGHT),
        ("    return a + b\n```\nIt adds.", PROMPT + "    return a + b\n"),
        (f"```python\ndef add(a, b): return 0\n```\nBetter:\n```python\n{RIGHT}```", RIGHT),
        (f"```python\n{RIGHT}```\nShorter:\n```python\ndef add(a, b): return 0\n```", RIGHT),
        (f"```python\n{RIGHT}```\nA test:\n```python\nassert add(1, 2) == 3\n```", RIGHT),
        (f"<think>\n```python\ndef add(a, b): pass\n```\n</think>\n```python\n{RIGHT}```", RIGHT),
        (f"Perhaps def add…\n</think>\n```python\n{RIGHT}```", RIGHT),
        ("1. So:\n   ```python\n   def add(a, b):\n       return a + b\n   ```", RIGHT),
        ("```python\n    return a + b\n```", PROMPT + "    return a + b\n"),
        ("from operator import add\n", "from operator import add\n"),
    ],
)
def test_code_is_found(completion, code):
    found = function_code(completion, "add", PROMPT)
    assert found is not None
    assert found.code.strip().splitlines() == code.strip().splitlines() or (
        completion.startswith("from operator") and found.code == PROMPT + code
    )


@pytest.mark.parametrize(
    "completion",
    [
        "",
        "  \n",
        "I cannot do that.",
        "```python\n```",
        "<think>```python\ndef add(a, b): pass\n```",
    ],
)
def test_no_code_is_no_answer(completion):
    assert function_code(completion, "add", PROMPT) is None


# Verdicts.


@needs_sandbox
@pytest.mark.parametrize(
    ("completion", "outcome", "detail"),
    [
        (RIGHT, "correct", None),
        ("    return a + b\n", "correct", None),
        (f"```python\n{RIGHT}```", "correct", None),
        ("I cannot.", "no_answer", "The completion has no code."),
        ("    return a - b\n", "incorrect", "Base test 1 returned -1, not 3."),
        ("    return max(a, 0) + b\n", "incorrect", "Plus test 1 returned 2, not -3."),
        ("    return str(a + b)\n", "incorrect", "Base test 1 returned '3', not 3."),
        ("    return None\n", "incorrect", "Base test 1 returned None, not 3."),
        ("    return a / 0\n", "incorrect", "Base test 1 raised ZeroDivisionError: division by z"),
        ("    return a +\n", "incorrect", "Base test 1 raised SyntaxError: invalid syntax"),
        ("def sub(a, b):\n    return a + b\n", "incorrect", "Base test 1 returned None, not 3."),
        ("```python\ndef sub(a, b): pass\n```", "incorrect", "Base test 1 raised KeyError: 'add'."),
        ("    while True: pass\n", "incorrect", "Base test 1 was not answered in time."),
        ("    print(a, b, input)\n    return a + b\n", "correct", None),
        ("    return input()\n", "incorrect", "Base test 1 raised OSError: there is no input."),
        (f"{RIGHT}\nif __name__ == '__main__':\n    1 / 0\n", "correct", None),
        (f"{RIGHT}\nassert add(1, 1) == 3\n", "incorrect", "Base test 1 raised AssertionError: ."),
        (f"```python\n{RIGHT}\nassert add(1, 1) == 3\nn = int(input())\n```", "correct", None),
        ("    return True if (a, b) == (1, 0) else a + b\n", "correct", None),
        ("    return float(a + b) if a < 100 else a + b\n", "correct", None),
        (
            "    import numpy\n    return numpy.int64(a) + b if a < 100 else a + b\n",
            "correct",
            None,
        ),
        ("    from fractions import Fraction\n    return Fraction(a) + b\n", "correct", None),
        # Annotations are evaluated: a missing import is the commonest fault of all.
        (
            "def add(a: List[int], b):\n    return a + b\n",
            "incorrect",
            "Base test 1 raised NameError: name 'List'",
        ),
        (
            "```python\ndef add(a: Nonsense, b):\n    return a + b\n```",
            "incorrect",
            "Base test 1 raised NameError: name 'Nonsense'",
        ),
        # Code among prose without a fence, and code that breaks off, as EvalPlus reads them.
        (f"Sure, here is the function:\n\n{RIGHT}\nIt adds (a) and b.", "correct", None),
        ("    return a + b\n\nThis returns the sum, as asked.\n", "correct", None),
        (f"```python\n{RIGHT}\ndef check(a):\n    return add(a,", "correct", None),
        (f"{RIGHT}<|endoftext|>", "correct", None),
        ("Use this:\n\ndef add(a, b):\n    return a -\n", "incorrect", "Base test 1 raised Synt"),
        (f"```python\n{RIGHT}\ndef add(a, b):\n    return 0\n```", "correct", None),
    ],
)
def test_a_completion_gets_its_verdict(add, completion, outcome, detail):
    verdict = add(completion)
    assert verdict.outcome == outcome
    assert (verdict.detail or "").startswith(detail or "")
    assert (verdict.detail is None) == (outcome == "correct")


@needs_sandbox
def test_the_answer_is_the_code(add):
    assert add("    return a + b\n").answer == PROMPT + "    return a + b\n"


@needs_sandbox
def test_what_a_fenced_answer_needs_is_kept(add):
    completion = """```python
import operator as op
from functools import reduce

STEP: int = 1
calls, total = [], 0

class Adder:
    @staticmethod
    def of(*numbers):
        return reduce(op.add, numbers)

def helper(a, b):
    calls.append((a, b))
    return Adder.of(a, b) * STEP

def add(a, b):
    return helper(a, b)

print(add(1, input()))
raise SystemExit
```"""
    assert add(completion).outcome == "correct"


@needs_sandbox
def test_each_suite_starts_with_a_fresh_module(tmp_path):
    """Three calls are right, the fourth is not: there are two in each suite."""
    metadata = evalplus_metadata(tmp_path)
    counting = (
        "seen = []\ndef add(a, b):\n    seen.append(1)\n    return a + b if len(seen) < {} else 0\n"
    )
    assert judged(metadata, counting.format(3)).outcome == "correct"
    detail = "Base test 2 returned 0, not 0."
    metadata = evalplus_metadata(tmp_path, base_input=[[1, 2], [3, 4]])
    detail = "Base test 2 returned 0, not 7."
    assert judged(metadata, counting.format(2)).detail == detail


@needs_sandbox
def test_a_problem_without_a_working_solution_is_named(tmp_path):
    metadata = evalplus_metadata(tmp_path, canonical_solution="    return 1 / 0\n")
    message = "The reference solution of HumanEval/0 does not work: Base test 1 raised ZeroDiv"
    with pytest.raises(ValueError, match=message):
        judged(metadata, RIGHT)


def test_a_problem_without_tests_is_named():
    with pytest.raises(ValueError, match='needs "tests", the name of a file of tests'):
        judged({}, RIGHT)


@needs_sandbox
def test_the_first_failed_test_is_the_last_that_runs(tmp_path):
    """Twenty tests of half a second each; the second answer is wrong."""
    metadata = evalplus_metadata(tmp_path, base_input=[[n, 0] for n in range(1, 21)])
    slow = """def add(a, b):
    import time
    end = time.process_time() + 0.5
    while time.process_time() < end:
        pass
    return a if a == 1 else 0
"""
    verdict = judged(metadata, slow)
    assert verdict.detail == "Base test 2 returned 0, not 2."


# EvalPlus's rules.


@pytest.mark.parametrize(
    ("answer", "expected", "tolerance", "is_accepted"),
    [
        (1, 1.0, 0, True),
        (True, 1, 0, True),
        ([1, 2], (1, 2), 0, False),
        ([1.0, 2.0], [1, 2], 0, True),
        (0.1 + 0.2, 0.3, 1e-6, True),
        (0.3 + 2e-6, 0.3, 1e-6, False),
        (1e9 + 50, 1e9, 1e-6, True),  # The relative tolerance is 1e-7.
        (1e9 + 200, 1e9, 1e-6, False),
        (1, 1.0000001, 1e-6, False),  # Not equal, and an int is not a float.
        ([0.3], (0.30000000001,), 1e-6, False),
        ([0.3, 0.3], [0.30000000001], 1e-6, False),  # NumPy would stretch the shorter one.
        (Like(0.3), 0.30000000001, 1e-6, False),
        (Like(0.3), 0.3, 1e-6, True),
        (math.nan, math.nan, 1e-6, False),
        (math.inf, math.inf, 1e-6, True),
        ("0.3", 0.3, 1e-6, False),
        (None, 0.3, 1e-6, False),
        (Opaque("x"), Opaque("x"), 0, False),
        ({"a": 1}, {"a": 1.0}, 0, True),
        ({1, 2}, frozenset([2, 1]), 0, True),
        (10**400, 0.5, 1e-6, False),
    ],
)
def test_values_are_compared_as_evalplus_does(answer, expected, tolerance, is_accepted):
    assert accepted("humaneval", "f", [], answer, expected, tolerance) is is_accepted


@pytest.mark.parametrize(
    ("entry_point", "arguments", "answer", "expected", "is_accepted"),
    [
        ("similar_elements", [], [5, 4, 4], (4, 5), True),
        ("similar_elements", [], [5], (4, 5), False),
        ("similar_elements", [], None, (4, 5), False),
        ("similar_elements", [], Opaque("an iterator", [4, 5]), (4, 5), True),
        ("Diff", [], [[1]], [1], False),
        ("check_str", [], Opaque("re.Match"), Opaque("re.Match"), True),
        ("check_str", [], None, Opaque("re.Match"), False),
        ("check_str", [], True, Opaque("re.Match"), True),
        ("check_str", [], False, None, True),
        ("check_str", [], "no", None, False),
        ("are_equivalent", [], "whatever", False, True),
        ("sum_div", [], 0, 7, True),
        ("sum_div", [], 1, 7, False),
        # By hand: base 3 × 3 = 9, slant √(1.5² + 4²) = 4.272, sides 4 × 3 × 4.272 / 2 = 25.63.
        ("surface_Area", [3, 4], 35, 33, True),
        ("surface_Area", [3, 4], 34, 33, False),
        # 123 and 56: 1 + |2 − 5| + |3 − 6| = 7; the digits of 67 are 13.
        ("digit_distance_nums", [123, 56], 7, 13, True),
        ("digit_distance_nums", [123, 56], 8, 13, False),
    ],
)
def test_some_problems_of_mbpp_have_rules_of_their_own(
    entry_point, arguments, answer, expected, is_accepted
):
    assert accepted("mbpp", entry_point, arguments, answer, expected, 0) is is_accepted


@pytest.mark.parametrize(
    ("root", "is_accepted"), [(2.0, True), (-3, True), (2.1, False), ("2", False)]
)
def test_any_zero_of_the_polynomial_is_accepted(root, is_accepted):
    """x² + x − 6 has the zeros 2 and −3; expected is one of them."""
    assert accepted("humaneval", "find_zero", [[-6, 1, 1]], root, 2.0, 1e-4) is is_accepted


@needs_sandbox
def test_floats_are_compared_with_a_tolerance_once_a_test_expects_floats(tmp_path):
    solution = "def f(x):\n    return x / 3 if x else [0, 0.5]\n"
    metadata = mbpp_metadata(tmp_path, solution, [[1], [1], [0]])
    close = "def f(x):\n    return x / 3 + 1e-9 if x else [0, 0.5 + 1e-9]\n"
    assert judged(metadata, close).outcome == "correct"
    metadata = mbpp_metadata(tmp_path, solution, [[1], [0], [1]])
    assert judged(metadata, close).detail == "Plus test 1 returned [0, 0.500000001], not [0, 0.5]."


@needs_sandbox
def test_a_generator_is_accepted_where_only_the_set_counts(tmp_path):
    solution = "def similar_elements(a, b):\n    return tuple(set(a) & set(b))\n"
    inputs = [[[1, 2, 3], [2, 3]], [[], [1]]]
    given = {"entry_point": "similar_elements", "task_id": "Mbpp/2"}
    metadata = mbpp_metadata(tmp_path, solution, inputs, **given)
    completion = "def similar_elements(a, b):\n    return (x for x in a if x in b)\n"
    assert judged(metadata, completion).outcome == "correct"
    other = "def f(x):\n    return [x]\n"
    metadata = mbpp_metadata(tmp_path, other, [[1], [2]])
    verdict = judged(metadata, "def f(x):\n    return (y for y in [x])\n")
    assert verdict.detail == "Base test 1 returned <builtins.generator>, not [1]."


@needs_sandbox
@pytest.mark.parametrize(
    "solution",
    [
        "return [(x, {x: [x, 'é\\ud800']}, {x, -x}, frozenset([x]))]",
        "return x ** 300, -(x + 2) ** 100, 1e300 * x, x == 3",
        "return float('inf'), 1j * x, b'\\x00' * x, None, range(x)",
        "from collections import Counter, defaultdict, OrderedDict; return Counter('ab' * x)",
        "from collections import defaultdict; d = defaultdict(list); d[x].append(1); return d",
        "return {None: x, (1, 2): [x], 1.5: {'a': {x}}}",
        "return [x] * 50_000",
        "return 'x' * 300_000",
        "return [[x]] * 50_000, (x,)",
        "return {x, 2} | set(range(40_000))",
        "return [x / 3] * 30_000",
    ],
)
def test_values_of_every_kind_survive_the_way_out(tmp_path, solution):
    code = "def f(x):\n    " + solution.replace("; ", "\n    ") + "\n"
    metadata = mbpp_metadata(tmp_path, code, [[3], [7]])
    assert judged(metadata, code).outcome == "correct"
    wrong = f"{code}right = f\ndef f(x):\n    return [right(x)]\n"
    assert judged(metadata, wrong).outcome == "incorrect"


@needs_sandbox
def test_large_values_that_differ_in_their_types_only_are_equal(tmp_path):
    metadata = mbpp_metadata(tmp_path, "def f(x):\n    return [x] * 40_000 + [None]\n", [[2], [3]])
    equal = "def f(x):\n    return [float(x)] * 40_000 + [None]\n"
    assert judged(metadata, equal).outcome == "correct"
    metadata = mbpp_metadata(tmp_path, "def f(x):\n    return [x / 3] * 40_000\n", [[2], [4]])
    close = "def f(x):\n    return [x / 3 + 1e-12] * 40_000\n"
    assert judged(metadata, close).outcome == "correct"
    verdict = judged(metadata, "def f(x):\n    return [x / 3 + 1e-3] * 40_000\n")
    assert verdict.detail is not None
    assert verdict.detail.startswith("Base test 1 returned [0.66766")


@pytest.mark.parametrize(
    "value",
    [
        None, True, 0, -(2**70), 1.5, "a\ud800", [1, [2]], (1, (2,)), {1: {2: "x"}}, {1, 2}, 1j,
        frozenset([(1, 2)]), b"\x00\xff", bytearray(b"x"), range(2, 9, 3), math.inf, [], (), {},
    ],
)  # fmt: skip
def test_a_value_is_the_same_after_encoding_and_decoding(value):
    sent = json.loads(json.dumps(encoded(value)))
    assert decoded(sent) == value
    assert type(decoded(sent)) is type(value)


def test_a_value_nested_without_end_is_opaque():
    endless: list[object] = []
    endless.append(endless)
    assert "nested too deep" in json.dumps(encoded(endless))


def test_digests_are_equal_for_equal_numbers_and_differ_otherwise():
    assert digest([1] * 10_000, 100) == digest([1.0] * 10_000, 100) == digest([True] * 10_000, 100)
    assert digest([1] * 10_000, 100) != digest([1] * 9_999 + [2], 100)
    assert digest([2**60] * 10_000, 100) != digest([2**60 + 1] * 10_000, 100)
    assert digest(("a",) * 10_000, 100) != digest(["a"] * 10_000, 100)
    assert digest([1] * 10, 100) is None


def test_inputs_of_mbpp_become_what_its_functions_take():
    assert mbpp_inputs("Mbpp/2", [[[1], [2, 3]]]) == [[(1,), (2, 3)]]
    assert mbpp_inputs("Mbpp/63", [[[[1, 2], [3]]]]) == [[[(1, 2), (3,)]]]
    assert mbpp_inputs("Mbpp/75", [[[[1, 2]], 7]]) == [[[(1, 2)], 7]]
    assert mbpp_inputs("Mbpp/106", [[[1], [2]]]) == [[[1], (2,)]]
    assert mbpp_inputs("Mbpp/115", [[[[1], []]]]) == [[[{1}, {}]]]
    assert mbpp_inputs("Mbpp/124", [[1, "2+1j"]]) == [(1.0, 2 + 1j)]
    assert mbpp_inputs("Mbpp/252", [["1j"]]) == [[1j]]
    assert mbpp_inputs("Mbpp/259", [[[[1, 2]], [[3, 4]]]]) == [[((1, 2),), ((3, 4),)]]
    assert mbpp_inputs("Mbpp/278", [[[4, [5], 6]]]) == [[(4, (5,), 6)]]
    assert mbpp_inputs("Mbpp/307", [[["a"], 1, 2]]) == [[("a",), 1, 2]]
    assert mbpp_inputs("Mbpp/580", [[[1, [2]]]]) == [((1, (2,)),)]
    assert mbpp_inputs("Mbpp/722", [[{"a": [1, 2]}, 3]]) == [[{"a": (1, 2)}, 3]]
    assert mbpp_inputs("Mbpp/3", [[[1]]]) == [[[1]]]


# Attempts to pass without solving: none knows what is expected.

CHEATS = {
    "exits with 0": "import os; os._exit(0)",
    "exits with SystemExit": "raise SystemExit(0)",
    "exits in its function": "def add(a, b):\n    import os\n    os._exit(0)",
    "raises KeyboardInterrupt": "def add(a, b):\n    raise KeyboardInterrupt",
    "kills itself": "import os\ndef add(a, b):\n    os.kill(os.getpid(), 9)",
    "overflows the stack": "def add(a, b):\n    return add(a, b)",
    "crashes the interpreter": "import ctypes\ndef add(a, b):\n    ctypes.string_at(0)",
    "is equal to everything": """
class Equal(int):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 0
def add(a, b):
    return Equal()
""",
    "is equal to everything, without a base": """
class Equal:
    def __eq__(self, other): return True
    def __class__(self): return int
def add(a, b):
    return Equal()
""",
    "claims to be NumPy": """
class Equal:
    __module__ = "numpy"
    shape = ()
    def item(self): return self
    def __eq__(self, other): return True
def add(a, b):
    return Equal()
""",
    "writes the answers itself": """
import json, os
for fd in range(3, 32):
    for suite in range(2):
        for place in range(2):
            line = json.dumps(["answer", suite, place, {"opaque": "x"}, 0.0, 0.0]) + "\\n"
            try:
                os.write(fd, line.encode())
            except OSError:
                pass
def add(a, b):
    return 0
""",
    "writes that all is well": """
import os, sys
for fd in range(32):
    try:
        os.write(fd, b'{"passed": true}\\n["correct", null, null]\\nready\\nPASS\\n')
    except OSError:
        pass
os._exit(0)
""",
    "writes nonsense": """
import os
for fd in range(3, 32):
    try:
        os.write(fd, b'[' * 100000 + b'\\n' + b'{"like": {"like": 1}}\\n\\xff\\x00\\n')
    except OSError:
        pass
def add(a, b):
    return 0
""",
    "changes the built-ins": """
import builtins
builtins.len = lambda x: 0
builtins.all = lambda x: True
builtins.zip = lambda *x, **y: iter(())
builtins.enumerate = lambda *x: iter(())
def add(a, b):
    return 0
""",
    "changes json": """
import json
json.dumps = lambda *a, **k: '["answer", 0, 0, 3, 0, 0]'
json.loads = lambda *a, **k: {}
def add(a, b):
    return 0
""",
    "changes the harness's own functions by walking frames": """
import sys
frame = sys._getframe()
while frame:
    for name, value in list(frame.f_globals.items()):
        if callable(value) and not name.startswith("__"):
            frame.f_globals[name] = lambda *a, **k: None
    frame = frame.f_back
def add(a, b):
    return 0
""",
    "reads the suites by walking frames and memory": """
import gc, sys
def add(a, b):
    wanted = []
    frame = sys._getframe()
    while frame:
        for value in frame.f_locals.values():
            if isinstance(value, dict) and "expected" in value:
                wanted.append(value["expected"])
        frame = frame.f_back
    for thing in gc.get_objects():
        if isinstance(thing, dict) and ("expected" in thing or "canonical_solution" in thing):
            wanted.append(thing)
    return wanted[0] if wanted else 0
""",
    "writes over memory with ctypes": """
import ctypes
def add(a, b):
    ctypes.memset(id(0) + 16, 1, 8)
    return 0
""",
    "switches the timers off and waits": """
import signal, time
def add(a, b):
    for timer in (signal.ITIMER_REAL, signal.ITIMER_PROF):
        signal.setitimer(timer, 0)
    for number in (signal.SIGALRM, signal.SIGPROF):
        signal.signal(number, signal.SIG_IGN)
    return 0
""",
    "returns a huge value": "def add(a, b):\n    return [0] * (3 * 10**7)",
    "returns a huge text": "def add(a, b):\n    return 'x' * (3 * 10**8)",
    "returns a huge set": "def add(a, b):\n    return set(range(2 * 10**5))",
    "returns a value nested deep": """
def add(a, b):
    value = []
    for _ in range(100000):
        value = [value]
    return value
""",
    "returns an endless iterator": "import itertools\ndef add(a, b):\n    return itertools.count()",
    "returns a class": "def add(a, b):\n    return int",
    "returns NaN": "def add(a, b):\n    return float('nan')",
    "has a property that raises": """
class Odd(Exception):
    def __str__(self): raise SystemExit
def add(a, b):
    raise Odd
""",
    "changes its inputs": """
def add(a, b):
    import sys
    frame = sys._getframe().f_back
    frame.f_locals["arguments"][:] = [0, 0]
    return 0
""",
}  # fmt: skip


@needs_sandbox
@pytest.mark.parametrize("cheat", CHEATS)
def test_nobody_passes_who_cheats(tmp_path, cheat):
    metadata = evalplus_metadata(tmp_path, base_input=[[1, 2], [5, 5]])
    verdict = judged(metadata, f"```python\n{CHEATS[cheat]}\n```")
    assert verdict.outcome == "incorrect", verdict
    plain = CHEATS[cheat] if "def add" in CHEATS[cheat] else CHEATS[cheat] + "\ndef add(a, b): 0"
    verdict = judged(metadata, plain)
    assert verdict.outcome == "incorrect", verdict
    assert verdict.detail is not None
    assert verdict.detail.startswith("Base test ")


@needs_sandbox
def test_a_polynomial_that_is_emptied_is_still_the_polynomial(tmp_path):
    """The check of `find_zero` uses the inputs: those outside, which no solution can change."""
    metadata = evalplus_metadata(
        tmp_path,
        entry_point="find_zero",
        prompt="def find_zero(xs):\n",
        canonical_solution="    return 2.0\n",
        base_input=[[[-6, 1, 1]]],
        plus_input=[[[-6, 1, 1]]],
        atol=1e-4,
    )
    assert judged(metadata, "    return -3\n").outcome == "correct"
    assert judged(metadata, "    xs.clear()\n    return 1\n").outcome == "incorrect"


@needs_sandbox
def test_a_hanging_sample_does_not_stop_the_rest(tmp_path):
    metadata = json.dumps(evalplus_metadata(tmp_path))
    hang = "    import re\n    return re.match('(a*)*b', 'a' * 60)\n"
    completions = ["    return a + b\n", hang, "    return a - b\n", "", "    return a + b\n"]
    with Pool("code_evalplus", workers=2) as pool:
        found = dict(pool.judge([Question(text, "", metadata) for text in completions]))
    outcomes = [found[place].outcome for place in range(5)]
    assert outcomes == ["correct", "incorrect", "incorrect", "no_answer", "correct"]
    assert found[1].detail == "Base test 1 was not answered in time."


# The real problems, where they are.


def real(name):
    with gzip.open(BENCHMARKS / name, "rt") as file:
        return [json.loads(line) for line in file]


def judged_all(tmp_path, dataset, rows, completions):
    """The verdicts of one completion for each problem."""
    keys = ("task_id", "entry_point", "prompt", "canonical_solution")
    keys = (*keys, "base_input", "plus_input", "atol", "contract")
    metadata = [
        json.dumps(evalplus_metadata(tmp_path, dataset=dataset, **{key: row[key] for key in keys}))
        for row in rows
    ]
    questions = [Question(c, "", m) for c, m in zip(completions, metadata, strict=True)]
    with Pool("code_evalplus") as pool:
        found = dict(pool.judge(questions))
    return [found[place] for place in range(len(rows))]


SOME = slice(0, 164, 8)
needs_humaneval = pytest.mark.skipif(
    not (BENCHMARKS / "humanevalplus.jsonl.gz").is_file(),
    reason=f"no {BENCHMARKS}: it is not shipped",
)


@needs_humaneval
@needs_sandbox
def test_solutions_of_humaneval_are_correct_and_with_a_wrong_value_incorrect(tmp_path):
    rows = real("humanevalplus.jsonl.gz")[SOME]
    right = [row["canonical_solution"] for row in rows]
    verdicts = judged_all(tmp_path, "humaneval", rows, right)
    assert [v.detail for v in verdicts] == [None] * len(rows)
    wrong = [spoiled(row) for row in rows]
    verdicts = judged_all(tmp_path, "humaneval", rows, wrong)
    assert [v.outcome for v in verdicts] == ["incorrect"] * len(rows)


def spoiled(row):
    """The solution under another name, and one that returns what it returned in a list."""
    name = row["entry_point"]
    code = row["prompt"] + row["canonical_solution"]
    return f"{code}\nright = {name}\ndef {name}(*arguments):\n    return [right(*arguments), 0]\n"


@pytest.mark.skipif(not BENCHMARKS.is_dir(), reason=f"no {BENCHMARKS}: it is not shipped")
@needs_sandbox
def test_solutions_of_mbpp_are_correct_also_those_with_rules_of_their_own(tmp_path):
    numbers = (2, 7, 72, 115, 124, 164, 252, 259, 278, 295, 307, 433, 558, 580, 581, 722, 756, 794)
    rows = [row for row in real("mbppplus.jsonl.gz") if int(row["task_id"][5:]) in numbers]
    verdicts = judged_all(tmp_path, "mbpp", rows, [row["canonical_solution"] for row in rows])
    assert [v.detail for v in verdicts] == [None] * len(rows)
    assert len(rows) > 10


def test_detail_never_holds_more_than_a_line_of_a_value():
    assert re.fullmatch(
        r".{0,300}", code_evalplus._shown(code_evalplus.Expected("x" * 999, None, False, 0, 0))
    )
