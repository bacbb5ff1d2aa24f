"""Writes the Parquet files of this folder, which the tests read: python write_parquet.py

types.parquet has a column of every type, a null in its second row; nested.parquet a list.
"""
import datetime
import decimal
import pathlib

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

FOLDER = pathlib.Path(__file__).parent
MOMENT = datetime.datetime(2024, 1, 31, 10, 11, 12, 250000)


def column(kind, first, last):
    return pa.array([first, None, last], type=kind)


def main():
    unsigned = {f"uint{bits}": column(getattr(pa, f"uint{bits}")(), 1, 2**bits - 1) for bits in (8, 16, 32)}
    signed = {f"int{bits}": column(getattr(pa, f"int{bits}")(), 7, -(2 ** (bits - 1))) for bits in (8, 16, 32)}
    table = pa.table({
        **signed,
        **unsigned,
        "int64": column(pa.int64(), 7, -(2**53)),
        "long": column(pa.int64(), 2**53 + 1, 2**53 + 3),
        "uint64": column(pa.uint64(), 1, 2**64 - 1),
        "half": pa.array([np.float16(1.5), None, np.float16(-2)], type=pa.float16()),
        "single": column(pa.float32(), 0.5, -0.25),
        "double": column(pa.float64(), 0.1, 1e300),
        "boolean": column(pa.bool_(), True, False),
        "text": column(pa.string(), "a, \"b\"", "é\n"),
        "large_text": column(pa.large_string(), "NA", "z"),
        "category": column(pa.string(), "red", "red").dictionary_encode(),
        "date": column(pa.date32(), MOMENT.date(), datetime.date(1969, 12, 31)),
        "seconds": column(pa.timestamp("s"), MOMENT.replace(microsecond=0), datetime.datetime(1970, 1, 1)),
        "millis": column(pa.timestamp("ms"), MOMENT, datetime.datetime(1970, 1, 1)),
        "micros": column(pa.timestamp("us", tz="UTC"), MOMENT, datetime.datetime(1969, 12, 31, 23, 59, 59, 500000)),
        "nanos": column(pa.timestamp("ns", tz="Europe/Berlin"), MOMENT, datetime.datetime(1970, 1, 1)),
        "time": column(pa.time64("us"), datetime.time(10, 11, 12, 250000), datetime.time(0, 0)),
        "decimal": column(pa.decimal128(10, 2), decimal.Decimal("1.23"), decimal.Decimal("-0.10")),
        "long_decimal": column(pa.decimal128(38, 10), decimal.Decimal("1234567890.1234567890"), decimal.Decimal("-1")),
        "longest_decimal": column(pa.decimal256(60, 2), decimal.Decimal("1.25"), decimal.Decimal(2**130)),
        "nothing": pa.nulls(3),
    })
    pq.write_table(table, FOLDER / "types.parquet", compression="zstd", row_group_size=2)
    nested = pa.table({"a": [1, 2], "tags": [["x"], ["y", "z"]]})
    pq.write_table(nested, FOLDER / "nested.parquet")


if __name__ == "__main__":
    main()
