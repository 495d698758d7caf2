"""The benchmarks by name: real files from ../shared/data, and files in the published layouts."""

import base64
import gzip
import json
import os
import pickle
import subprocess
import sys
import zlib
from collections.abc import Iterator, Mapping
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import polars as pl
import pytest

from generation.assets import Assets, read_asset
from generation.benchmarks import CATALOGUE, Problem, Source, entry, load_benchmark
from generation.benchmarks.hub import Hub, Web, downloaded
from generation.prompts import TEMPLATES
from generation.verifiers import MODULES
from tests.generation.pictures import GIF, PNG

DATA = Path(__file__).parents[3] / "shared" / "data" / "benchmarks"
real = pytest.mark.skipif(not DATA.is_dir(), reason=f"no {DATA}: it is not shipped")

FILES = {
    "GSM8K": "gsm8k.jsonl",
    "MATH500": "math500.jsonl",
    "AIME24": "aime24.jsonl",
    "AIME25": "aime25.jsonl",
    "AMC23": "amc23.jsonl",
    "Minerva": "minerva_math.jsonl",
    "OlympiadBench": "olympiadbench.jsonl.gz",
    "HumanEval+": "humanevalplus.jsonl.gz",
    "MBPP+": "mbppplus.jsonl.gz",
}
COUNTS = {
    "GSM8K": 1319, "MATH500": 500, "AIME24": 30, "AIME25": 30, "AMC23": 40, "Minerva": 272,
    "OlympiadBench": 675, "Omni-MATH-Rule": 2821, "Omni-MATH-Train": 2000, "Omni-MATH-Test": 821,
    "HumanEval+": 164, "MBPP+": 378, "LiveCodeBench-v5": 880, "LiveCodeBench-v5-279": 279,
    "MathVista": 460, "MathVision": 114, "Countdown": 1024,
}  # fmt: skip


@pytest.fixture(scope="module")
def assets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("assets")


@cache
def real_problems(name: str, assets: Path | None = None) -> list[Problem]:
    """Those of code with their assets; others have none."""
    return load_benchmark(Source(name, DATA / FILES[name]), Assets(assets))


def loaded(name: str, path: Path, assets: Assets | None = None, **asked: object) -> list[Problem]:
    source = Source(name, path, **asked)  # type: ignore[arg-type]
    return load_benchmark(source, assets or Assets(None))


def lines(path: Path, *rows: Mapping[str, object]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_every_benchmark_of_the_paper_is_known_with_its_number_of_problems() -> None:
    assert {known.name: known.count for known in CATALOGUE.values()} == COUNTS


def test_defaults_exist() -> None:
    for known in CATALOGUE.values():
        assert known.prompt in TEMPLATES, known.name
        assert set(known.verifiers) <= set(MODULES), known.name
        assert known.provenance.endswith("."), known.name


@pytest.mark.parametrize(
    ("spelled", "name"),
    [
        ("math-500", "MATH500"),
        ("MATH_500", "MATH500"),
        ("aime2024", "AIME24"),
        ("minerva_math", "Minerva"),
        ("humaneval+", "HumanEval+"),
        ("mbppplus", "MBPP+"),
        ("livecodebench v5", "LiveCodeBench-v5"),
        ("Omni-MATH-Rule", "Omni-MATH-Rule"),
    ],
)
def test_a_name_is_known_however_it_is_spelled(spelled: str, name: str) -> None:
    known = entry(spelled)
    assert known is not None and known.name == name


def test_humaneval_without_the_plus_is_not_humaneval_plus() -> None:
    assert entry("HumanEval") is None


@real
@pytest.mark.parametrize("name", FILES)
def test_a_real_file_has_all_problems_in_order(name: str, assets: Path) -> None:
    problems = real_problems(name, assets)
    assert len(problems) == COUNTS[name]
    assert [problem.position for problem in problems] == list(range(COUNTS[name]))
    assert len({problem.problem_id for problem in problems}) == COUNTS[name]
    assert all(problem.question.strip() for problem in problems)


# Read off the files by hand.
REFERENCES = {
    "GSM8K": {0: "18", 146: "2125", 201: "114200", 230: "276000"},
    "MATH500": {0: "\\left( 3, \\frac{\\pi}{2} \\right)", 1: "p - q"},
    "AIME24": {0: "204", 7: "25", 15: "73", 18: "23", 24: "33", 29: "902"},
    "AIME25": {0: "70", 1: "588"},
    "AMC23": {0: "27", 1: "36"},
    "Minerva": {0: "1.6", 1: "4.5e33"},
    "OlympiadBench": {0: "2", 13: "69, 84", 21: "1, 3, 5", 183: "\\frac{41}{12}", 224: "166"},
}


@real
@pytest.mark.parametrize("name", REFERENCES)
def test_references_are_normalised(name: str) -> None:
    problems = real_problems(name, None)
    found = {position: problems[position].reference for position in REFERENCES[name]}
    assert found == REFERENCES[name]


@real
def test_ids_are_the_benchmarks_own(assets: Path) -> None:
    assert [p.problem_id for p in real_problems("AIME24")] == [str(i) for i in range(60, 90)]
    assert real_problems("MATH500")[0].problem_id == "test/precalculus/807.json"
    assert real_problems("OlympiadBench")[0].problem_id == "1606"
    assert real_problems("HumanEval+", assets)[163].problem_id == "HumanEval/163"
    assert real_problems("MBPP+", assets)[0].problem_id == "Mbpp/2"
    assert real_problems("GSM8K")[1318].problem_id == "1318"


@real
def test_what_verifiers_need_is_in_the_metadata() -> None:
    problems = [json.loads(problem.metadata) for problem in real_problems("OlympiadBench")]
    assert [problem["error"] for problem in problems if problem["error"]] == ["1e-1"]
    assert problems[183]["unit"] == "km"
    assert real_problems("OlympiadBench")[0].subject == "Combinatorics"


@real
@pytest.mark.parametrize(("name", "row"), [("HumanEval+", 0), ("MBPP+", 377)])
def test_evalplus_tests_become_assets_as_the_file_has_them(
    name: str, row: int, assets: Path
) -> None:
    problems = real_problems(name, assets)
    metadata = json.loads(problems[row].metadata)
    tests = json.loads(gzip.decompress(read_asset(assets, metadata["tests"])))
    with gzip.open(DATA / FILES[name]) as file:
        published = json.loads(file.read().splitlines()[row])
    dataset = {"HumanEval+": "humaneval", "MBPP+": "mbpp"}[name]
    assert tests.pop("dataset") == metadata["dataset"] == dataset
    assert tests == {field: published[field] for field in tests}
    assert {"base_input", "plus_input", "atol", "contract"} < set(tests)
    assert metadata["prompt"] == problems[row].question == published["prompt"]
    assert metadata["entry_point"] == published["entry_point"]
    assert len({json.loads(problem.metadata)["tests"] for problem in problems}) == COUNTS[name]


@real
def test_a_parquet_and_a_csv_copy_have_the_same_problems(tmp_path: Path) -> None:
    table = pl.read_ndjson(DATA / "math500.jsonl")
    table.write_parquet(tmp_path / "math500.parquet")
    table.write_csv(tmp_path / "math500.csv")
    for copy in ("math500.parquet", "math500.csv"):
        assert loaded("MATH-500", tmp_path / copy) == real_problems("MATH500")


@real
def test_a_file_that_lacks_a_problem_is_refused(tmp_path: Path) -> None:
    kept = (DATA / "aime24.jsonl").read_text().splitlines(keepends=True)[:29]
    path = tmp_path / "aime24.jsonl"
    path.write_text("".join(kept))
    with pytest.raises(ValueError, match=r"AIME24 has 30 problems and .*aime24\.jsonl holds 29"):
        loaded("AIME24", path)
    assert len(loaded("AIME24", path, count=29)) == 29
    assert len(loaded("AIME24", DATA / "aime24.jsonl", limit=3)) == 3


def test_a_file_of_another_layout_under_a_known_name_is_told_what_it_lacks(
    tmp_path: Path,
) -> None:
    path = lines(tmp_path / "bench.jsonl", {"question": "?", "answer": "1"})
    with pytest.raises(ValueError, match=r'bench\.jsonl, line 1: .* no "final_answer", which this'):
        loaded("OlympiadBench", path)


def test_a_file_in_our_own_fields_serves_under_a_known_name(tmp_path: Path) -> None:
    rows = [{"problem_id": f"a{i}", "question": "?", "reference": "025"} for i in range(30)]
    problems = loaded("AIME24", lines(tmp_path / "own.jsonl", *rows))
    assert problems[3][:4] == ("a3", 3, "?", "25")


def test_a_field_map_serves_under_a_known_name(tmp_path: Path) -> None:
    rows = [{"Problem": str(i), "Answer": 25} for i in range(30)]
    fields = (("question", "Problem"), ("reference", "Answer"))
    problems = loaded("AIME24", lines(tmp_path / "other.jsonl", *rows), fields=fields)
    assert problems[29][:4] == ("29", 29, "29", "25")


def omni(number: int) -> dict[str, object]:
    return {
        "domain": ["Mathematics -> Algebra", "Mathematics -> Number Theory"],
        "difficulty": 4.5,
        "problem": f"What is {number}?",
        "solution": f"It is {number}.",
        "answer": f" {number} ",
        "source": "none",
    }


def test_omni_math_is_split_into_train_and_test_in_the_same_way_every_time(
    tmp_path: Path,
) -> None:
    path = lines(tmp_path / "omni.jsonl", *map(omni, range(2821)))
    whole, train, test = (loaded(f"omni-math-{part}", path) for part in ("rule", "train", "test"))
    assert (len(whole), len(train), len(test)) == (2821, 2000, 821)
    ids = [[problem.problem_id for problem in part] for part in (train, test)]
    assert sorted(ids[0] + ids[1], key=int) == [problem.problem_id for problem in whole]
    assert ids[1] == sorted(ids[1], key=int)
    # printf 'What is 0?' | sha256sum starts with 0e; the smallest 2,000 of 2,821 end near b5.
    assert "0" in ids[0]
    assert whole[7][2:6] == (
        "What is 7?", "7", "Mathematics -> Algebra; Mathematics -> Number Theory", "4.5",
    )  # fmt: skip
    # The place in a shuffled file does not matter, the text does.
    turned = lines(tmp_path / "turned.jsonl", *map(omni, reversed(range(2821))))
    assert {p.question for p in loaded("Omni-MATH-Test", turned)} == {p.question for p in test}


def test_a_split_needs_the_whole_file(tmp_path: Path) -> None:
    path = lines(tmp_path / "omni.jsonl", *map(omni, range(2500)))
    with pytest.raises(ValueError, match=r"omni\.jsonl: the split needs all 2821 .*found 2500"):
        loaded("Omni-MATH-Train", path)


def published_tests(*tests: tuple[str, str, str]) -> str:
    return json.dumps([dict(zip(("input", "output", "testtype"), t, strict=True)) for t in tests])


def encoded(value: object) -> str:
    return base64.b64encode(zlib.compress(pickle.dumps(value))).decode()


def contest(question_id: str, day: str, **changes: object) -> dict[str, object]:
    private = published_tests(("5\n", "25\n", "stdin"), ("6\n", "36\n", "stdin"))
    return {
        "question_title": "Square",
        "question_content": "Square the number.",
        "platform": "atcoder",
        "question_id": question_id,
        "contest_id": "abc1",
        "contest_date": f"{day}T00:00:00",
        "starter_code": "",
        "difficulty": "easy",
        "public_test_cases": published_tests(("4\n", "16\n", "stdin")),
        "private_test_cases": encoded(private),
        "metadata": "{}",
    } | changes


def test_livecodebench_tests_are_unpacked_into_assets(tmp_path: Path) -> None:
    path = lines(
        tmp_path / "test.jsonl",
        contest("abc_b", "2024-08-01"),
        contest(
            "1873_A", "2023-05-07",
            platform="leetcode",
            starter_code="class Solution:",
            metadata='{"func_name": "square"}',
            private_test_cases=published_tests(("7", "49", "functional")),
        ),
    )  # fmt: skip
    first, second = loaded("LiveCodeBench-v5", path, Assets(tmp_path), count=2)
    assert (first.problem_id, second.problem_id) == ("1873_A", "abc_b")
    assert first[1:6] == (0, "Square the number.", "", "leetcode", "easy")
    metadata = json.loads(second.metadata)
    assert metadata["contest_date"] == "2024-08-01T00:00:00"
    assert (metadata["starter_code"], metadata["func_name"]) == ("", None)
    tests = json.loads(gzip.decompress(read_asset(tmp_path, metadata["tests"])))
    assert tests == {
        "public": [{"input": "4\n", "output": "16\n", "testtype": "stdin"}],
        "private": [
            {"input": "5\n", "output": "25\n", "testtype": "stdin"},
            {"input": "6\n", "output": "36\n", "testtype": "stdin"},
        ],
        "func_name": None,
    }
    functional = json.loads(
        gzip.decompress(read_asset(tmp_path, json.loads(first.metadata)["tests"]))
    )
    assert functional["func_name"] == "square"
    assert functional["private"] == [{"input": "7", "output": "49", "testtype": "functional"}]


def test_the_papers_window_of_livecodebench_includes_its_first_and_last_day(
    tmp_path: Path,
) -> None:
    days = ["2024-07-31", "2024-08-01", "2025-01-31", "2025-02-01"]
    rows = [contest(f"q{i}", day) for i, day in enumerate(days)]
    path = lines(tmp_path / "test.jsonl", *reversed(rows))
    problems = loaded("LiveCodeBench-v5-279", path, count=2)
    assert [(p.problem_id, p.position) for p in problems] == [("q1", 0), ("q2", 1)]
    window = loaded("LCB-v5", path, since="2024-08-01", until="2025-01-31", count=2)
    assert [(p.problem_id, p.position) for p in window] == [("q1", 1), ("q2", 2)]


def test_tests_of_problems_outside_the_window_are_not_unpacked(tmp_path: Path) -> None:
    rows = [contest("a", "2024-07-01", private_test_cases="broken"), contest("b", "2024-09-01")]
    path = lines(tmp_path / "test.jsonl", *rows)
    assert len(loaded("LiveCodeBench-v5", path, since="2024-08-01", count=1)) == 1
    with pytest.raises(ValueError, match="line 1: its private tests cannot be unpacked"):
        loaded("LiveCodeBench-v5", path, count=2)


def test_tests_are_unpacked_once(tmp_path: Path) -> None:
    path = lines(tmp_path / "test.jsonl", contest("a", "2024-09-01"))
    first = loaded("LiveCodeBench-v5", path, Assets(tmp_path / "assets"), count=1)
    (asset,) = (tmp_path / "assets").glob("*.gz")
    # What is there is taken without a look at it, and also where nothing may be written.
    asset.write_bytes(b"other")
    for write in (True, False):
        again = Assets(tmp_path / "assets", write=write)
        assert loaded("LiveCodeBench-v5", path, again, count=1) == first
    assert asset.read_bytes() == b"other"
    asset.unlink()
    loaded("LiveCodeBench-v5", path, Assets(tmp_path / "assets"), count=1)
    assert asset.read_bytes() != b"other"


class Evil:
    """What a pickle could do to the machine that reads it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self.path),)


def test_private_tests_that_would_run_code_are_refused(tmp_path: Path) -> None:
    mark = tmp_path / "run"
    row = contest("a", "2024-09-01", private_test_cases=encoded(Evil(mark)))
    path = lines(tmp_path / "test.jsonl", row)
    with pytest.raises(ValueError, match=r"line 1: .*mkdir, where only a text may be"):
        loaded("LiveCodeBench-v5", path, count=1)
    assert not mark.exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"private_test_cases": encoded(["no text"])}, "are list and no text"),
        ({"private_test_cases": encoded('[{"input": "1"}]')}, "its tests are no list"),
        ({"private_test_cases": None}, 'has no "private_test_cases"'),
        ({"question_content": None}, 'has no "question_content"'),
    ],
)
def test_a_faulty_problem_of_livecodebench_is_named(
    tmp_path: Path, changes: dict[str, object], said: str
) -> None:
    path = lines(tmp_path / "test.jsonl", contest("a", "2024-09-01", **changes))
    with pytest.raises(ValueError, match=rf"test\.jsonl, line 1: .*{said}"):
        loaded("LiveCodeBench-v5", path, count=1)


def test_mathvista_is_read_without_multiple_choice_and_with_its_images(tmp_path: Path) -> None:
    common = {
        "question": "How long is AB?",
        "unit": "cm",
        "precision": 1.0,
        "answer_type": "float",
        "image": "images/1.jpg",
    }
    about = {"category": "math", "grade": "college", "task": "geometry problem solving"}
    rows = {
        **{name: [value] * 3 for name, value in common.items()},
        "pid": ["1", "2", "3"],
        "answer": ["1.2", "A", "3.5"],
        "query": ["Hint: one decimal.\nQuestion: How long is AB? (Unit: cm)"] * 2 + [None],
        "choices": [None, ["A", "B"], None],
        "question_type": ["free_form", "multi_choice", "free_form"],
        "decoded_image": [{"bytes": image, "path": "1.jpg"} for image in (PNG, PNG, GIF)],
        "metadata": [about] * 3,
    }
    pl.DataFrame(rows).write_parquet(tmp_path / "testmini.parquet")
    first, second = loaded("MathVista", tmp_path / "testmini.parquet", count=2)
    assert first[:6] == (
        "1", 0, rows["query"][0], "1.2", "geometry problem solving", "college",
    )  # fmt: skip
    assert second[:4] == ("3", 1, "How long is AB?", "3.5")
    assert first.images[0].startswith("data:image/png;base64,")
    assert second.images[0].startswith("data:image/gif;base64,")
    metadata = json.loads(first.metadata)
    assert metadata["precision"] == 1.0 and metadata["answer_type"] == "float"
    assert metadata["question"] == "How long is AB?" and metadata["category"] == "math"
    assert not {"decoded_image", "image", "metadata"} & set(metadata)


def test_mathvision_is_read_without_options(tmp_path: Path) -> None:
    row = {"question": "Area? <image1>", "image": "images/4.png", "solution": None, "level": 2}
    rows = [
        {**row, "id": "4", "options": [], "answer": "42", "subject": "metric geometry - area"},
        {**row, "id": "5", "options": ["A", "B"], "answer": "A", "subject": "logic"},
    ]
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "4.png").write_bytes(PNG)
    (problem,) = loaded("MathVision-testmini", lines(tmp_path / "mini.jsonl", *rows), count=1)
    assert problem[:6] == ("4", 0, "Area? <image1>", "42", "metric geometry - area", "2")
    assert len(problem.images) == 1
    (tmp_path / "images" / "4.png").unlink()
    with pytest.raises(ValueError, match=r"mini\.jsonl, line 1: the image .*4\.png cannot be read"):
        loaded("MathVision", tmp_path / "mini.jsonl", count=1)


def test_countdown_asks_with_its_numbers_and_may_have_any_length(tmp_path: Path) -> None:
    path = lines(tmp_path / "countdown.jsonl", {"nums": [44, 19, 35], "target": 98})
    (problem,) = loaded("countdown", path)
    assert "44, 19, 35" in problem.question and "98" in problem.question
    assert "\\boxed{}" in problem.question
    assert json.loads(problem.metadata) == {"numbers": [44, 19, 35], "target": 98, "use": "all"}
    own = {"question": "Use 1 and 2.", "reference": "1 + 2", "numbers": [1, 2], "target": 3}
    (problem,) = loaded("countdown", lines(tmp_path / "own.jsonl", own))
    assert (problem.question, problem.reference) == ("Use 1 and 2.", "1 + 2")


def test_a_name_that_is_not_known_needs_a_path() -> None:
    with pytest.raises(ValueError, match=r'no benchmark "MATH501": give the path.*MATH500'):
        load_benchmark(Source("MATH501"), Assets(None))


LOAD = (
    "import sys; from generation.assets import Assets; "
    "from generation.benchmarks import Source, load_benchmark\n"
    "try: print(len(load_benchmark(Source(sys.argv[1]), Assets(None))))\n"
    "except ValueError as mistake: print(mistake)"
)


def offline(name: str, home: Path) -> str:
    """What loading the benchmark by its name prints, without network, in a process of its own.

    The hub's package reads its settings when it is imported.
    """
    settings = {"HF_HOME": str(home), "HF_HUB_OFFLINE": "1", "XDG_CACHE_HOME": str(home)}
    command = [sys.executable, "-W", "error", "-c", LOAD, name]
    environment = os.environ | settings
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, check=True
    ).stdout.strip()


def cached(home: Path, name: str) -> list[Path]:
    """Where the hub's cache has the files of this benchmark."""
    origin = CATALOGUE[name].origin
    assert isinstance(origin, Hub)
    repository = home / "hub" / f"datasets--{origin.repository.replace('/', '--')}"
    snapshot = repository / "snapshots" / origin.revision
    if origin.revision == "main":
        (repository / "refs").mkdir(parents=True)
        (repository / "refs" / "main").write_text("0" * 40)
        snapshot = repository / "snapshots" / ("0" * 40)
    paths = [snapshot / file for file in origin.files]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
    return paths


def test_a_benchmark_is_loaded_by_name_from_the_hubs_cache(tmp_path: Path) -> None:
    (path,) = cached(tmp_path, "GSM8K")
    answers = [f"So it is {i}.\n#### {i}" for i in range(1319)]
    pl.DataFrame({"question": ["?"] * 1319, "answer": answers}).write_parquet(path)
    assert offline("gsm8k", tmp_path) == "1319"


def test_the_files_of_a_release_are_one_benchmark(tmp_path: Path) -> None:
    days = ["2024-09-01"] * 279 + ["2023-09-01"] * 601
    rows = [contest(f"q{i}", day) for i, day in enumerate(days)]
    for number, path in enumerate(cached(tmp_path, "LiveCodeBench-v5")):
        lines(path, *rows[number::5])
    assert offline("LiveCodeBench-v5", tmp_path) == "880"
    assert offline("LiveCodeBench-v5-279", tmp_path) == "279"


def test_countdown_from_the_hub_is_the_part_that_is_held_out(tmp_path: Path) -> None:
    (path,) = cached(tmp_path, "Countdown")
    nums = pl.concat_list(pl.lit(1), pl.lit(2))
    pl.DataFrame({"target": range(328_800)}).with_columns(nums=nums).write_parquet(path)
    assert offline("Countdown", tmp_path) == "1024"


def test_a_branch_of_the_hub_is_found_in_its_cache(tmp_path: Path) -> None:
    (path,) = cached(tmp_path, "MathVision")
    image = {"bytes": PNG, "path": "1.png"}
    rows = {
        "id": [str(i) for i in range(304)],
        "question": ["?"] * 304,
        "options": [[]] * 114 + [["A", "B"]] * 190,
        "answer": ["1"] * 304,
        "level": [1] * 304,
        "subject": ["logic"] * 304,
        "image": ["images/1.png"] * 304,
        "decoded_image": [image] * 304,
    }
    schema = {"options": pl.List(pl.String)}
    pl.DataFrame(rows, schema_overrides=schema).write_parquet(path)
    assert offline("MathVision", tmp_path) == "114"


def test_offline_it_is_said_what_to_download(tmp_path: Path) -> None:
    said = offline("MATH500", tmp_path)
    for words in (
        "MATH500 cannot be fetched",
        "test.jsonl of huggingface.co/datasets/HuggingFaceH4/MATH-500",
        "`path`",
    ):
        assert words in said
    assert "\n" not in said


@pytest.fixture
def server() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/a.jsonl" else 404)
            self.end_headers()
            self.wfile.write(b"problems")

        def log_message(self, *_: object) -> None:
            """Nothing."""

    serving = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=serving.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{serving.server_port}"
    serving.shutdown()
    thread.join()
    serving.server_close()


# printf problems | sha256sum
PROBLEMS_SHA256 = "c187e609c81b018134abe21bd836afc58152c1f821123506aa1a52758ec24b17"


def test_a_file_of_the_web_is_fetched_once_and_checked(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("no_proxy", "*")
    (path,) = downloaded("Own", Web(f"{server}/a.jsonl", PROBLEMS_SHA256))
    assert path.read_bytes() == b"problems" and path.suffix == ".jsonl"
    assert downloaded("Own", Web("http://127.0.0.1:9/a.jsonl", PROBLEMS_SHA256)) == [path]
    with pytest.raises(ValueError, match="its checksum differs"):
        downloaded("Own", Web(f"{server}/a.jsonl", "0" * 64))
    with pytest.raises(ValueError, match=rf"Own cannot be fetched .*download {server}/b\.jsonl"):
        downloaded("Own", Web(f"{server}/b.jsonl", "1" * 64))
    assert [found for found in tmp_path.rglob("*") if found.is_file()] == [path]


@real
def test_the_real_files_are_those_that_the_catalogue_names() -> None:
    """By the checksums in their provenance, which are those of the upstream bytes."""
    provenance = (DATA / "PROVENANCE.txt").read_text()
    web = {known.name: known.origin for known in CATALOGUE.values() if known.name in FILES}
    for name, origin in web.items():
        if isinstance(origin, Web):
            assert origin.sha256 in provenance, name
