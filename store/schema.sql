-- The store: one DuckDB file, a build product of the shards (store/build.py). This file is its data dictionary.
-- Words: a problem is one row of a benchmark; a sample is one generated response to it; a run is
-- model × benchmark × prompt template × sampling settings; n, c = samples drawn, of them correct.

-- Facts about this build: schema_version, schema_hash, passband_version, built_at (UTC, ISO 8601), content_hash.
CREATE TABLE store_info (
    key   VARCHAR PRIMARY KEY,
    value VARCHAR NOT NULL
);

-- What the build read. A shard that is listed here is not read again by the next build.
CREATE TABLE shards (
    path     VARCHAR PRIMARY KEY,   -- relative to the folder shards/: <run_id>/<file name>
    kind     VARCHAR NOT NULL,      -- problems, samples, verdicts, scores, entropies or counts
    run      VARCHAR NOT NULL,
    rows     BIGINT NOT NULL,
    bytes    BIGINT NOT NULL,
    modified BIGINT NOT NULL        -- nanoseconds since the epoch; with bytes, tells an untouched file
);

-- What the build left out, and why. Nothing is dropped in silence: the runs page and `passband publish` show this table.
CREATE TABLE set_aside (
    path   VARCHAR NOT NULL,        -- relative to the folder shards/; else training_log/<file> or reference_curves/<file>
    run    VARCHAR NOT NULL,        -- the folder's name; empty where it is no run's
    rows   BIGINT,                  -- rows left out; NULL where a whole file or folder is; 0 where nothing is left
    reason VARCHAR NOT NULL         -- out, but a reader of the numbers should know
);

CREATE TABLE models (
    model     VARCHAR PRIMARY KEY,
    role      VARCHAR NOT NULL,     -- base, rl, distilled, instruct or reference
    parent    VARCHAR,              -- the model that it was trained from
    algorithm VARCHAR,              -- GRPO, PPO, …
    step      INTEGER,              -- training step
    path      VARCHAR,              -- folder or hub id
    revision  VARCHAR,
    dtype     VARCHAR
);

CREATE TABLE benchmarks (
    benchmark VARCHAR PRIMARY KEY,
    problems  BIGINT NOT NULL,      -- distinct problems stored
    source    VARCHAR
);

CREATE TABLE problems (
    benchmark  VARCHAR NOT NULL,
    problem_id VARCHAR NOT NULL,
    position   BIGINT NOT NULL,     -- 0-based order in the benchmark's file
    question   VARCHAR,             -- NULL where only counts were imported, or no problems shard has the problem
    reference  VARCHAR,
    subject    VARCHAR,
    level      VARCHAR,
    images     VARCHAR[],
    metadata   JSON,                -- whatever else the benchmark says of the problem
    PRIMARY KEY (benchmark, problem_id)
);

CREATE TABLE runs (
    run              VARCHAR PRIMARY KEY,  -- readable and stable; made from the identity, the next six columns
    model            VARCHAR NOT NULL,
    benchmark        VARCHAR NOT NULL,
    prompt_template  VARCHAR,              -- NULL: not known (imported); so too below
    temperature      DOUBLE,
    top_p            DOUBLE,
    max_tokens       INTEGER,
    engine           VARCHAR,
    versions         JSON,                 -- package → version
    seed             BIGINT,
    hyper_parameters JSON,
    verifier         VARCHAR,              -- the study's first, or the first that judged it
    source           VARCHAR NOT NULL      -- 'passband generate', or the importer's name and file
);

-- The exact text given to the model, per run and problem.
CREATE TABLE prompts (
    run        VARCHAR NOT NULL,
    problem_id VARCHAR NOT NULL,
    prompt     VARCHAR,
    token_ids  INTEGER[],
    PRIMARY KEY (run, problem_id)
);

CREATE TABLE samples (
    run            VARCHAR NOT NULL,
    problem_id     VARCHAR NOT NULL,
    sample         INTEGER NOT NULL,  -- 0 … n−1
    completion     VARCHAR,
    finish_reason  VARCHAR,           -- 'stop', 'length' (truncated), NULL where unknown
    n_tokens       INTEGER,           -- generated tokens, the end token included
    sum_logprob    DOUBLE,            -- Σ ln P(token), exact sum of token_logprobs in double precision
    token_ids      INTEGER[],
    token_logprobs FLOAT[],           -- raw: temperature 1, before top-p; nats
    token_ranks    INTEGER[],         -- by the same distribution: how many tokens are at least as likely, itself included
    token_ends     INTEGER[]          -- characters of completion up to and including each token
);

CREATE TABLE verdicts (
    run        VARCHAR NOT NULL,
    problem_id VARCHAR NOT NULL,
    sample     INTEGER NOT NULL,
    verifier   VARCHAR NOT NULL,
    version    VARCHAR NOT NULL,
    outcome    VARCHAR NOT NULL,      -- correct, incorrect, no_answer or error
    answer     VARCHAR,               -- what was extracted
    detail     VARCHAR                -- why, in one sentence
);

-- Teacher forcing: the log-probability of a stored sample under another model (or the same one).
-- Where the scorer has the vocabulary of the run, the tokens are the sample's own. Where it has another one, or the
-- sample's tokens are not known, they are the scorer's for the text of the completion; a text has no end token.
CREATE TABLE scores (
    run            VARCHAR NOT NULL,  -- whose samples
    problem_id     VARCHAR NOT NULL,
    sample         INTEGER NOT NULL,
    scorer         VARCHAR NOT NULL,  -- the model under which they were scored
    n_tokens       INTEGER NOT NULL,  -- of the tokens that were scored
    sum_logprob    DOUBLE,            -- NULL: not scored, since with its prompt the sample is longer than the scorer can take
    token_logprobs FLOAT[],
    token_ranks    INTEGER[],         -- under the scorer; as in samples, NULL too: not known (an earlier version, another harness)
    token_ids      INTEGER[],         -- the scorer's; NULL: the sample's own
    token_ends     INTEGER[]          -- as in samples; NULL: the sample's own, or where token_ids is not, not known
);

-- Entropy, in nats, of the raw distribution (temperature 1, before top-p) from which the scorer draws each of the tokens
-- that it scored: Σ −p ln p over its vocabulary. Only where it was asked for.
CREATE TABLE entropies (
    run             VARCHAR NOT NULL,
    problem_id      VARCHAR NOT NULL,
    sample          INTEGER NOT NULL,
    scorer          VARCHAR NOT NULL,
    token_entropies FLOAT[] NOT NULL
);

-- Per problem and verifier, made when building; pages draw from this and never scan samples.
-- n counts every sample that this verifier judged: no_answer and error are in n and not in c.
-- Where a verifier judged a run in several versions, the newest one counts.
CREATE TABLE counts (
    run                 VARCHAR NOT NULL,
    problem_id          VARCHAR NOT NULL,
    verifier            VARCHAR NOT NULL,
    version             VARCHAR,           -- NULL: imported as counts
    n                   BIGINT NOT NULL,
    c                   BIGINT NOT NULL,
    no_answer           BIGINT NOT NULL,
    error               BIGINT NOT NULL,
    truncated           BIGINT NOT NULL,   -- of the n: finish_reason = 'length', whatever the outcome
    truncated_correct   BIGINT NOT NULL,   -- these three let a page leave out truncated, no_answer and error together
    truncated_no_answer BIGINT NOT NULL,   -- without counting a sample twice
    truncated_error     BIGINT NOT NULL,
    unverified          BIGINT NOT NULL,   -- stored samples without a verdict of this verifier; not in n
    PRIMARY KEY (run, problem_id, verifier)
);

-- The verifier that a run is shown with unless the reader chooses: its own; where that is not known
-- or has judged nothing, the one with most verdicts, ties by name.
CREATE VIEW default_verifiers AS
SELECT run, judged.verifier
FROM (SELECT run, verifier, sum(n) AS n FROM counts GROUP BY run, verifier) AS judged
LEFT JOIN runs USING (run)
QUALIFY row_number() OVER (
    PARTITION BY run
    ORDER BY (runs.verifier = judged.verifier) IS TRUE DESC, n DESC, judged.verifier
) = 1;

-- Of every verifier and run, the verdicts of the newest version: those that counts is made of.
CREATE VIEW newest_verdicts AS
SELECT run, problem_id, sample, verifier, version, outcome, answer, detail
FROM verdicts
SEMI JOIN (SELECT DISTINCT run, verifier, version FROM counts) AS newest USING (run, verifier, version);

CREATE TABLE training_log (
    model           VARCHAR NOT NULL,
    step            INTEGER NOT NULL,
    reward          DOUBLE,
    response_length DOUBLE,
    entropy         DOUBLE
);

-- Published values to lay beneath one's own. They are shipped (store/published/README.md); curves may also
-- be the study's own, from reference_curves/*.csv.
CREATE TABLE reference_curves (
    source    VARCHAR NOT NULL,   -- the publication and its figure, or the name of the study's file
    figure    VARCHAR,            -- with its number in the last version
    model     VARCHAR NOT NULL,   -- that training started from
    benchmark VARCHAR NOT NULL,
    series    VARCHAR NOT NULL,   -- 'Base', or what the base is compared with
    k         INTEGER NOT NULL,
    pass_at_k DOUBLE NOT NULL
);

CREATE TABLE reference_histograms (
    source    VARCHAR NOT NULL,
    figure    VARCHAR,
    model     VARCHAR NOT NULL,
    benchmark VARCHAR NOT NULL,
    series    VARCHAR NOT NULL,   -- base or rl
    bin       VARCHAR NOT NULL,   -- of accuracy, c / n: '0', '(0,0.1]', …, '(0.9,1)', '1'
    count     BIGINT NOT NULL     -- problems
);

CREATE TABLE reference_dynamics (
    source   VARCHAR NOT NULL,
    quantity VARCHAR NOT NULL,    -- reward, response_length or entropy
    run      VARCHAR NOT NULL,    -- as the figure names it
    step     INTEGER NOT NULL,
    value    DOUBLE NOT NULL
);

CREATE TABLE reference_perplexities (
    source     VARCHAR NOT NULL,
    panel      INTEGER NOT NULL,  -- each is one problem
    scorer     VARCHAR NOT NULL,
    sampler    VARCHAR NOT NULL,  -- who wrote the response
    perplexity DOUBLE NOT NULL
);
