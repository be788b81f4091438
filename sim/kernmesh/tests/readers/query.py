"""Prints the answer to a query, as DuckDB prints it."""

import sys

import duckdb

print(duckdb.sql(sys.argv[1]))
