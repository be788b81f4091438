"""Prints as JSON what DuckDB finds in the tables of a run."""

import json
import sys

import duckdb

OPS, MESSAGES, STALLS = (f"'{name}'" for name in sys.argv[1:4])


def rows(query):
    return [list(row) for row in duckdb.sql(query).fetchall()]


json.dump(
    {
        "makespan": rows(f"select max(done_fs) from {OPS}")[0][0],
        "busy": rows(f"select rank, unit, sum(busy_fs)::bigint from {OPS} group by all order by all"),
        "issuing": rows(f"select rank, sum(issuing_fs)::bigint from {OPS} group by all order by all"),
        "ops": rows(f"select rank, op, kind, unit, start_fs, done_fs, shapes, line, span from {OPS}"),
        "stalls": rows(f"select rank, op, reason, from_fs, to_fs from {STALLS}"),
        "stalled": rows(f"select sum(stalled_fs)::bigint from {OPS}")[0][0],
        "messages": rows(f"select ring, message, filled_fs, credit_fs, bytes from {MESSAGES}"),
        "about": {
            key.decode(): value.decode()
            for key, value in rows(f"select key, value from parquet_kv_metadata({OPS})")
        },
        "types": rows(f"select column_name, column_type from (describe select * from {OPS})"),
        # A difference of two times never leaves its type.
        "least": rows(f"select min(issue_fs - done_fs) <= 0 from {OPS}")[0][0],
    },
    sys.stdout,
)
