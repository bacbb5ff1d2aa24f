"""Runs statements in SQLite or DuckDB; prints the rows of the last one and its seconds as JSON."""

import json
import sys
import time

ask = json.load(sys.stdin)
if ask["system"] == "sqlite":
    import sqlite3

    connection = sqlite3.connect(":memory:")
else:
    import duckdb

    connection = duckdb.connect()
for statement in ask["statements"]:
    connection.execute(statement)
start = time.time()
rows = connection.execute(ask["query"]).fetchall()
print(json.dumps([time.time() - start, rows]))
