"""Runs statements in SQLite or DuckDB; prints the rows of the last one as JSON."""

import json
import sys

ask = json.load(sys.stdin)
if ask["system"] == "sqlite":
    import sqlite3

    connection = sqlite3.connect(":memory:")
else:
    import duckdb

    connection = duckdb.connect()
for statement in ask["statements"]:
    connection.execute(statement)
rows = connection.execute(ask["query"]).fetchall()
print(json.dumps(rows))
