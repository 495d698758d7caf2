"""What a folder of Parquet files says of itself to people."""

import json
from collections.abc import Mapping

MEANINGS = {
    "store_info": "facts about the store that this was made from",
    "models": "role, parent, algorithm, training step, checkpoint",
    "benchmarks": "how many problems, and where they come from",
    "problems": "question, reference, subject, level",
    "runs": "model × benchmark × prompt × sampling settings, and the source",
    "counts": "per run, problem and verifier: n, c and what was left without a right answer",
    "training_log": "reward, response length and entropy by training step",
    "set_aside": "what was left out when the store was built, and why",
    "shards": "the files that the store was built from",
    "prompts": "the exact text given to the model, one file per run",
    "samples": "completion, finish reason, tokens, log-probabilities, one file per run",
    "verdicts": "what each verifier says of each sample, one file per run",
    "scores": "log-probabilities under other models, one file per run",
    "entropies": "entropy of the distribution at each token, one file per run",
    "reference_curves": "published values of pass@k",
    "reference_histograms": "published histograms of accuracy",
    "reference_dynamics": "published values by training step",
    "reference_perplexities": "published perplexities",
}
WITHOUT_TEXTS = """
The texts were left out: questions, references, prompts, completions, what verifiers say of them,
and whatever texts can be found from (tokens, and their log-probabilities, ranks and entropies).
Answers are numbered per problem, so that equal ones stay equal. Every count, curve and perplexity
is as before.
"""


def readme(info: Mapping[str, str], rows: Mapping[str, int]) -> str:
    """Markdown: what is here, how much, and how to read it."""
    table = "\n".join(f"| {name} | {count:,} | {MEANINGS[name]} |" for name, count in rows.items())
    return f"""# A study of pass@k, as Parquet

Made by Passband {info["passband_version"]} from the store \
{info["made_from"]}, which was built {info["built_at"]}.{narrowed(info)}
{"" if info.get("texts") != "none" else WITHOUT_TEXTS}
| table | rows | holds |
|---|---|---|
{table}

A table is one file, or a folder with one file per run. With DuckDB:

```sql
SELECT run, sum(c) / sum(n) FROM 'counts.parquet' GROUP BY run;
SELECT problem_id, sample, completion FROM 'samples/*.parquet' WHERE n_tokens > 1000;
```
"""


def narrowed(info: Mapping[str, str]) -> str:
    """Which runs these are, where they are not all."""
    if "runs" not in info:
        return ""
    runs = json.loads(info["runs"])
    return f" It holds {len(runs)} of its runs: {', '.join(runs)}."
