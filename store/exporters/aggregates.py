"""What Every Eval Ever is told of a run as a whole: who made it and how, and its pass@1."""

import re
from datetime import datetime
from typing import NamedTuple

from duckdb import DuckDBPyConnection

SCHEMA_VERSION = "0.3.0"
RELATIONSHIPS = ("first_party", "third_party", "collaborative", "other")
HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")


class Reporter(NamedTuple):
    """Who hands the samples over, what they are to who made the models, and who that is where a
    model is no repository of the hub.
    """

    organization: str = "unknown"
    relationship: str = "other"
    developer: str = "unknown"


class Aggregate(NamedTuple):
    """A run as one verifier judges it; columns as in schema.sql."""

    run: str
    benchmark: str
    benchmark_source: str | None
    model: str
    role: str
    parent: str | None
    algorithm: str | None
    step: int | None
    path: str | None
    revision: str | None
    dtype: str | None
    prompt_template: str | None
    temperature: float | None
    top_p: float | None
    max_tokens: int | None
    engine: str | None
    engine_version: str | None
    seed: int | None
    source: str
    passband_version: str
    built_at: str
    build: str
    verifier: str | None
    problems: int
    samples: int
    pass_at_1: float | None
    no_answer: int
    error: int
    truncated: int
    n_min: int
    n_max: int
    stored: int
    developer: str

    @property
    def model_id(self) -> str:
        """Its id on the hub; where it is a folder, its developer and name."""
        known = self.path and HUB_ID.fullmatch(self.path)
        return str(self.path) if known else f"{portable(self.developer)}/{portable(self.model)}"

    @property
    def evaluation_id(self) -> str:
        """The same for the same samples and verdicts, whenever they are written."""
        parts = (self.benchmark, self.model_id, self.run, self.verifier or "", self.build)
        return "/".join(parts)

    @property
    def folders(self) -> tuple[str, str, str]:
        """Collection, developer and model."""
        developer, _, model = self.model_id.partition("/")
        return portable(self.benchmark), portable(developer), portable(model)


def portable(name: str) -> str:
    """A name that a folder may have anywhere."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.") or "unknown"


def aggregate_of(
    cursor: DuckDBPyConnection, run: str, verifier: str | None, developer: str
) -> Aggregate:
    """A run as this verifier judges it, by default its own. Not judged: no problems."""
    statement = """
        SELECT runs.run, runs.benchmark, benchmarks.source, runs.model, models.role, models.parent,
            models.algorithm, models.step, models.path, models.revision, models.dtype,
            runs.prompt_template, runs.temperature, runs.top_p, runs.max_tokens, runs.engine,
            json_extract_string(runs.versions, runs.engine), runs.seed, runs.source,
            (SELECT value FROM store_info WHERE key = 'passband_version'),
            (SELECT value FROM store_info WHERE key = 'built_at'),
            (SELECT value FROM store_info WHERE key = 'content_hash'),
            coalesce(CAST($verifier AS VARCHAR), default_verifiers.verifier),
            count(counts.n), CAST(coalesce(sum(counts.n), 0) AS BIGINT), avg(counts.c / counts.n),
            CAST(coalesce(sum(counts.no_answer), 0) AS BIGINT),
            CAST(coalesce(sum(counts.error), 0) AS BIGINT),
            CAST(coalesce(sum(counts.truncated), 0) AS BIGINT),
            coalesce(min(counts.n), 0), coalesce(max(counts.n), 0),
            (SELECT count(*) FROM samples WHERE samples.run = $run)
        FROM runs
        JOIN models USING (model)
        LEFT JOIN benchmarks USING (benchmark)
        LEFT JOIN default_verifiers USING (run)
        LEFT JOIN counts
            ON counts.run = runs.run AND counts.n > 0
            AND counts.verifier = coalesce(CAST($verifier AS VARCHAR), default_verifiers.verifier)
        WHERE runs.run = $run
        GROUP BY ALL
    """
    rows = cursor.execute(statement, {"run": run, "verifier": verifier}).fetchall()
    if not rows:
        raise ValueError(f"No run {run} in this store.")
    return Aggregate._make((*rows[0], developer))


def log_of(one: Aggregate, reporter: Reporter) -> dict[str, object]:
    """The aggregate file, without what it says of the lines."""
    own = one.source == "passband generate"
    return {
        "schema_version": SCHEMA_VERSION,
        "evaluation_id": one.evaluation_id,
        "retrieved_timestamp": str(int(datetime.fromisoformat(one.built_at).timestamp())),
        "source_metadata": {
            "source_name": "Passband",
            "source_type": "evaluation_run",
            "source_organization_name": reporter.organization,
            "evaluator_relationship": reporter.relationship,
        },
        "eval_library": {
            "name": "passband" if own else "unknown",
            "version": one.passband_version if own else "unknown",
            "additional_details": {"source": one.source},
        },
        "model_info": model_info(one),
        "evaluation_results": [result(one)],
    }


def model_info(one: Aggregate) -> dict[str, object]:
    """The model, and where it stands in its study."""
    engine = stated(name=one.engine, version=one.engine_version)
    return {
        "name": one.model,
        "id": one.model_id,
        **({"inference_engine": engine} if one.engine else {}),
        "additional_details": texts(
            deployment_type="unknown", model_availability="unknown", role=one.role,
            parent=one.parent, algorithm=one.algorithm, step=one.step,
            revision=one.revision, dtype=one.dtype,
        ),
    }  # fmt: skip


def result(one: Aggregate) -> dict[str, object]:
    """pass@1: the mean over problems of the share of their samples that is correct."""
    arguments = stated(temperature=one.temperature, top_p=one.top_p, max_tokens=one.max_tokens)
    return {
        "evaluation_result_id": result_id(one),
        "evaluation_name": one.benchmark,
        "source_data": source_data(one),
        "metric_config": {
            "metric_id": "pass_at_k",
            "metric_name": "pass@1",
            "metric_kind": "pass_rate",
            "metric_unit": "proportion",
            "metric_parameters": {"k": 1},
            "lower_is_better": False,
            "score_type": "continuous",
            "min_score": 0,
            "max_score": 1,
        },
        "score_details": {"score": one.pass_at_1, "details": details(one)},
        "generation_config": {
            "generation_args": arguments,
            "additional_details": texts(
                prompt_template=one.prompt_template, seed=one.seed, run=one.run
            ),
        },
    }


def result_id(one: Aggregate) -> str:
    """What the lines say which result they belong to."""
    return f"{one.evaluation_id}/pass@1"


def details(one: Aggregate) -> dict[str, str]:
    """What stands behind the score."""
    return texts(
        verifier=one.verifier, problems=one.problems, samples=one.samples, n_min=one.n_min,
        n_max=one.n_max, no_answer=one.no_answer, error=one.error, truncated=one.truncated,
    )  # fmt: skip


def source_data(one: Aggregate) -> dict[str, object]:
    """Where the problems come from; of a file on this machine only its name."""
    source = one.benchmark_source or ""
    if source.startswith(("http://", "https://")):
        return {"dataset_name": one.benchmark, "source_type": "url", "url": [source]}
    told = texts(source=re.split(r"[/\\]", source.rstrip("/\\"))[-1] or None)
    return {"dataset_name": one.benchmark, "source_type": "other", "additional_details": told}


def stated(**facts: object) -> dict[str, object]:
    """Those that are known."""
    return {name: value for name, value in facts.items() if value is not None}


def texts(**facts: object) -> dict[str, str]:
    """Those that are known, as the texts that the format wants."""
    return {name: str(value) for name, value in facts.items() if value is not None}
