"""One sample as a line of Every Eval Ever: what goes into which field.

| ours | theirs |
|---|---|
| problem_id | sample_id |
| question, prompt, reference | input.raw, input.formatted, input.reference[0] |
| completion | output.raw[0] |
| answer, and the verifier that extracted it | answer_attribution[0] |
| outcome | evaluation.is_correct, evaluation.score (1 or 0); in full in metadata.outcome |
| detail, where the verifier failed | error |
| sample, run, finish_reason, n_tokens, sum_logprob, token_logprobs, … | metadata, as text |
"""

import hashlib
import json
from collections.abc import Sequence

from duckdb import DuckDBPyConnection

from store.exporters.aggregates import SCHEMA_VERSION, Aggregate, result_id, texts

FIELDS = (
    "sample", "completion", "finish_reason", "n_tokens", "sum_logprob", "token_logprobs",
    "outcome", "answer", "detail", "verifier_version", "question", "reference", "subject",
    "level", "prompt", "prompt_tokens",
)  # fmt: skip
# Of these the format has no field.
IN_METADATA = (
    "sample", "outcome", "verifier_version", "finish_reason", "n_tokens", "sum_logprob",
    "token_logprobs", "detail", "subject", "level",
)  # fmt: skip


def samples_of(
    cursor: DuckDBPyConnection, run: str, problem_id: str, verifier: str
) -> DuckDBPyConnection:
    """The samples of a problem that this verifier judged, with FIELDS, to be fetched in parts.

    token_logprobs is JSON, each number as short as single precision allows; null for what is no
    number.
    """
    statement = """
        SELECT samples.sample, samples.completion, samples.finish_reason, samples.n_tokens,
            samples.sum_logprob,
            replace(CAST(list_transform(
                samples.token_logprobs, lambda p: CASE WHEN isfinite(p) THEN p END
            ) AS VARCHAR), 'NULL', 'null'),
            verdicts.outcome, verdicts.answer, verdicts.detail, verdicts.version,
            problems.question, problems.reference, problems.subject, problems.level,
            prompts.prompt, len(prompts.token_ids)
        FROM samples
        JOIN runs ON runs.run = samples.run
        JOIN newest_verdicts AS verdicts
            ON verdicts.run = samples.run
            AND verdicts.problem_id = samples.problem_id
            AND verdicts.sample = samples.sample
            AND verdicts.verifier = $verifier
        LEFT JOIN problems
            ON problems.benchmark = runs.benchmark AND problems.problem_id = samples.problem_id
        LEFT JOIN prompts
            ON prompts.run = samples.run AND prompts.problem_id = samples.problem_id
        WHERE samples.run = $run AND samples.problem_id = $problem_id
        ORDER BY samples.sample
    """
    chosen = {"run": run, "problem_id": problem_id, "verifier": verifier}
    return cursor.execute(statement, chosen)


def instance(one: Aggregate, problem_id: str, row: Sequence[object]) -> dict[str, object]:
    """One line; `row` has FIELDS."""
    sample = dict(zip(FIELDS, row, strict=True))
    raw, reference = sample["question"] or "", listed(sample["reference"])
    correct = sample["outcome"] == "correct"
    return {
        "schema_version": SCHEMA_VERSION,
        "evaluation_id": one.evaluation_id,
        "model_id": one.model_id,
        "evaluation_name": one.benchmark,
        "evaluation_result_id": result_id(one),
        "sample_id": problem_id,
        "sample_hash": sample_hash(raw, reference),
        "interaction_type": "single_turn",
        "input": {"raw": raw, "formatted": sample["prompt"], "reference": reference},
        "output": {"raw": listed(sample["completion"])},
        "answer_attribution": attribution(one, sample["answer"]),
        "evaluation": {"score": float(correct), "is_correct": correct},
        "token_usage": usage(sample["prompt_tokens"], sample["n_tokens"]),
        "error": error(sample["outcome"], sample["detail"]),
        "metadata": texts(
            run=one.run, verifier=one.verifier, **{name: sample[name] for name in IN_METADATA}
        ),
    }


def sample_hash(raw: object, reference: list[object]) -> str:
    """By which the format knows the same problem in other files."""
    told = json.dumps({"raw": raw, "reference": reference}, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(told.encode()).hexdigest()


def attribution(one: Aggregate, answer: object) -> list[dict[str, object]]:
    """The answer that the verifier extracted; none where it found none."""
    found: dict[str, object] = {
        "turn_idx": 0,
        "source": "output.raw",
        "extracted_value": answer,
        "extraction_method": one.verifier,
        "is_terminal": True,
    }
    return [] if answer is None else [found]


def usage(prompt: object, response: object) -> dict[str, int] | None:
    """Tokens read and written; the format wants both or neither."""
    if not isinstance(prompt, int) or not isinstance(response, int):
        return None
    return {"input_tokens": prompt, "output_tokens": response, "total_tokens": prompt + response}


def error(outcome: object, detail: object) -> str | None:
    """Why the verifier failed, where it did."""
    return str(detail or "the verifier failed") if outcome == "error" else None


def listed(text: object) -> list[object]:
    """A list of one, or of none."""
    return [] if text is None else [text]
