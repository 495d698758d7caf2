"""Problems of a benchmark, which every run of it brings along: stored once, differences named."""

import duckdb


def insert_problems(connection: duckdb.DuckDBPyConnection, benchmark: str) -> None:
    """Store the problems in the view `incoming`, a run of this benchmark, that are not yet stored.

    The text that came first stays. A problem known by its id only takes the text when it comes.
    """
    connection.execute(NEW, {"benchmark": benchmark})
    connection.execute(DESCRIBED, {"benchmark": benchmark})
    connection.execute(DIFFERENT, {"benchmark": benchmark})


NEW = """
    INSERT INTO problems (benchmark, problem_id, position, question, reference, subject, level,
        images, metadata)
    SELECT $benchmark, problem_id, position, question, reference, subject, level, images,
        CASE WHEN json_valid(metadata) THEN CAST(metadata AS JSON) ELSE to_json(metadata) END
    FROM incoming
    WHERE (problem_id) NOT IN (SELECT problem_id FROM problems WHERE benchmark = $benchmark)
    QUALIFY row_number() OVER (PARTITION BY problem_id ORDER BY question IS NULL, row) = 1
    ORDER BY position
"""

DESCRIBED = """
    UPDATE problems
    SET position = incoming.position, question = incoming.question, level = incoming.level,
        reference = incoming.reference, subject = incoming.subject, images = incoming.images,
        metadata = CASE
            WHEN json_valid(incoming.metadata) THEN CAST(incoming.metadata AS JSON)
            ELSE to_json(incoming.metadata)
        END
    FROM incoming
    WHERE problems.benchmark = $benchmark
        AND problems.problem_id = incoming.problem_id
        AND problems.question IS NULL
        AND incoming.question IS NOT NULL
"""

DIFFERENT = """
    INSERT INTO set_aside (path, run, rows, reason)
    SELECT incoming.path, incoming.run, count(*),
        'question or reference is not that which another run of the benchmark brought,'
        || ' which stays: problem ' || min(incoming.problem_id)
        || CASE WHEN count(*) > 1 THEN ' and others' ELSE '' END
    FROM incoming
    JOIN problems
        ON problems.benchmark = $benchmark AND problems.problem_id = incoming.problem_id
    WHERE incoming.question <> problems.question OR incoming.reference <> problems.reference
    GROUP BY incoming.path, incoming.run
    ORDER BY incoming.path
"""


def restore_undescribed(connection: duckdb.DuckDBPyConnection) -> None:
    """Give every problem that has samples or counts a row, last in order where no shard has it.

    The samples are kept, since they were drawn and judged; that their question is not known is
    said in `set_aside`, with 0 rows left out.
    """
    connection.execute(NO_LONGER_UNDESCRIBED)
    connection.execute(NAME_UNDESCRIBED)
    connection.execute(UNDESCRIBED)


# Rows of an earlier build that only this module had made: no shard has brought a prompt for them.
NO_LONGER_UNDESCRIBED = """
    DELETE FROM problems
    WHERE (benchmark, problem_id) NOT IN (
        SELECT (runs.benchmark, prompts.problem_id)
        FROM prompts
        JOIN runs USING (run)
    )
"""

NAME_UNDESCRIBED = """
    INSERT INTO set_aside (path, run, rows, reason)
    SELECT used.run, used.run, 0,
        'samples or counts of ' || count(*) || ' problems that no problems shard has are kept:'
        || ' ' || min(used.problem_id) || CASE WHEN count(*) > 1 THEN ' and others' ELSE '' END
    FROM (
        SELECT run, problem_id FROM samples
        UNION
        SELECT run, problem_id FROM counts
    ) AS used
    JOIN runs USING (run)
    ANTI JOIN problems USING (benchmark, problem_id)
    GROUP BY used.run
    ORDER BY used.run
"""

UNDESCRIBED = """
    INSERT INTO problems (benchmark, problem_id, position)
    SELECT benchmark, problem_id,
        (SELECT coalesce(max(position) + 1, 0) FROM problems AS described
            WHERE described.benchmark = used.benchmark)
        + row_number() OVER (PARTITION BY benchmark ORDER BY problem_id) - 1
    FROM (
        SELECT runs.benchmark, samples.problem_id FROM samples JOIN runs USING (run)
        UNION
        SELECT runs.benchmark, counts.problem_id FROM counts JOIN runs USING (run)
    ) AS used
    ANTI JOIN problems USING (benchmark, problem_id)
"""
