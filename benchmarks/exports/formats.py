"""How an exported model of each format is run on the rows of a case.

Each function takes a `Case` of run.py and gives (predictions or probabilities, labels, seconds, bytes
of what was exported); None where the program that runs it is absent. Seconds are those of predicting
all rows: not of loading, of compiling or of reading cells.
"""

import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import numpy

TABLE = "rows"


def onnx(case):
    try:
        import onnxruntime
    except ImportError:
        return None
    path = case.folder / "model.onnx"
    case.export("onnx", path)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        str(path), options, providers=["CPUExecutionProvider"]
    )
    feed = {}
    for column, cells in zip(case.columns, case.cells):
        if column["kind"] == "text":
            array = numpy.array([cell or "" for cell in cells], dtype=object)
        else:
            array = numpy.array([numpy.nan if cell is None else cell for cell in cells], float)
        feed[column["name"]] = array.reshape(-1, 1)
    names = [value.name for value in session.get_outputs()]
    start = time.perf_counter()
    found = dict(zip(names, session.run(names, feed)))
    seconds = time.perf_counter() - start
    if case.classes:
        values, labels = found["probabilities"], list(found["label"])
    else:
        values, labels = found["prediction"], []
    return values, labels, seconds, path.stat().st_size


def python(case):
    path = case.folder / "model.py"
    case.export("python", path)
    return in_python(case, module_of(path), path.stat().st_size)


def torch(case):
    try:
        import torch as library
    except ImportError:
        return None
    library.set_num_threads(1)
    path = case.folder / "model_torch.py"
    case.export("torch", path)
    weights = path.with_suffix(".weights.safetensors")
    model = module_of(path).load(str(weights))
    return in_python(case, model, path.stat().st_size + weights.stat().st_size)


def module_of(path):
    spec = importlib.util.spec_from_file_location("exported", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def in_python(case, model, size):
    columns = {c["name"]: cells for c, cells in zip(case.columns, case.cells)}
    start = time.perf_counter()
    if case.classes:
        values = model.predict_proba(columns)
        seconds = time.perf_counter() - start
        labels = [str(label) for label in model.predict(columns)]
    else:
        values, labels = model.predict(columns), []
        seconds = time.perf_counter() - start
    values = numpy.asarray(values, float).reshape(len(case.expected), -1)
    return values, labels, seconds, size


C_MAIN = """
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "model.c"

static char line[1 << 20];
static neuronseek_row rows[ROWS];
static double out[ROWS][NUMBERS];
static int label[ROWS];

static char *copied(const char *text)
{
    char *own = malloc(strlen(text) + 1);
    return own ? strcpy(own, text) : 0;
}

int main(int count, char **names)
{
    FILE *file = fopen(names[count - 1], "r");
    size_t row, i;
    clock_t start;
    for (row = 0; row < ROWS && file && fgets(line, sizeof line, file); row++) {
        char *cell = strtok(line, "\\t\\n");
READ
    }
    start = clock();
    for (row = 0; row < ROWS; row++)
        CALL;
    fprintf(stderr, "%g\\n", (double)(clock() - start) / CLOCKS_PER_SEC);
    for (row = 0; row < ROWS; row++) {
        printf("%d", label[row]);
        for (i = 0; i < NUMBERS; i++)
            printf(" %.17g", out[row][i]);
        printf("\\n");
    }
    return 0;
}
"""


def c(case):
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        return None
    path = case.folder / "model.c"
    case.export("c", path)
    struct = re.search(r"typedef struct \{([^}]*)\} neuronseek_row;", path.read_text("utf-8"))
    members = re.findall(r"^ *(double |const char \*)(\w+);", struct.group(1), re.MULTILINE)
    read = []
    for kind, name in members:
        value = "strtod(cell, 0)" if kind == "double " else "*cell == 1 ? 0 : copied(cell)"
        read.append(f"        rows[row].{name} = {value}; cell = strtok(0, \"\\t\\n\");")
    call = "neuronseek_predict(&rows[row], out[row])"
    main = C_MAIN.replace("READ", "\n".join(read))
    main = main.replace("CALL", f"label[row] = {call}" if case.classes else call)
    main = main.replace("ROWS", str(len(case.expected)))
    main = main.replace("NUMBERS", str(case.expected.shape[1]))
    (case.folder / "main.c").write_text(main, encoding="utf-8")
    program = case.folder / "predict_c"
    command = [compiler, "-std=c99", "-O2", "-o", program, case.folder / "main.c", "-lm"]
    subprocess.run(command, check=True)
    return printed(case, program, path.stat().st_size)


RUST_MAIN = """
#[path = "model.rs"]
mod model;

fn main() {
    let path = std::env::args().nth(1).unwrap();
    let text = std::fs::read_to_string(path).unwrap();
    let number = |cell: &str| cell.parse::<f64>().unwrap();
    let text_of = |cell: &'static str| (cell != "\\u{1}").then_some(cell);
    let text: &'static str = Box::leak(text.into_boxed_str());
    let rows: Vec<model::Row> = text
        .lines()
        .map(|line| {
            let mut cells = line.split('\\t');
            model::Row { READ }
        })
        .collect();
    let _ = (&number, &text_of);
    let start = std::time::Instant::now();
    let found: Vec<_> = rows.iter().map(model::predict).collect();
    eprintln!("{}", start.elapsed().as_secs_f64());
    for one in found {
        let (label, numbers) = WHOLE;
        let numbers: Vec<String> = numbers.iter().map(|n| format!("{n:e}")).collect();
        println!("{label} {}", numbers.join(" "));
    }
}
"""


def rust(case):
    compiler = shutil.which("rustc")
    if compiler is None:
        return None
    path = case.folder / "model.rs"
    case.export("rust", path)
    struct = re.search(r"pub struct Row[^{]*\{([^}]*)\}", path.read_text("utf-8"))
    members = re.findall(r"^ *pub ([\w#]+): (\S.*),", struct.group(1), re.MULTILINE)
    read = []
    for name, kind in members:
        wrap = "number" if kind == "f64" else "text_of"
        read.append(f"{name}: {wrap}(cells.next().unwrap())")
    main = RUST_MAIN.replace("READ", ", ".join(read))
    main = main.replace("WHOLE", "one" if case.classes else "(0, one)")
    (case.folder / "main.rs").write_text(main, encoding="utf-8")
    program = case.folder / "predict_rust"
    command = [compiler, "--edition", "2021", "-O", "-o", program, case.folder / "main.rs"]
    subprocess.run(command, check=True)
    return printed(case, program, path.stat().st_size)


def printed(case, program, size):
    """What a program of ours prints for the rows in a file of cells between tabs."""
    rows = case.folder / "rows.tsv"
    with rows.open("w", encoding="utf-8") as file:
        for cells in zip(*case.cells):
            kinds = (column["kind"] for column in case.columns)
            texts = []
            for cell, kind in zip(cells, kinds):
                missing = "\x01" if kind == "text" else "nan"
                texts.append(missing if cell is None else str(cell) if kind == "text" else repr(cell))
            file.write("\t".join(texts) + "\n")
    done = subprocess.run([program, rows], check=True, capture_output=True, text=True)
    lines = [line.split() for line in done.stdout.splitlines()]
    values = numpy.array([line[1:] for line in lines], float)
    labels = [case.classes[int(line[0])] for line in lines] if case.classes else []
    return values, labels, float(done.stderr.split()[-1]), size


def exported_sql(case, dialect):
    path = case.folder / f"model.{dialect}.sql"
    case.export("sql", path, "--dialect", dialect, "--table", TABLE)
    return path.read_text("utf-8"), path.stat().st_size


def definition(case, number):
    kinds = {"text": "TEXT", "number": number, "truth": number, "date": number}
    quoted = [f'"{c["name"].replace(chr(34), chr(34) * 2)}"' for c in case.columns]
    columns = [f"{name} {kinds[c['kind']]}" for name, c in zip(quoted, case.columns)]
    return ", ".join(["the_row INTEGER", *columns])


def table_rows(case):
    for index, cells in enumerate(zip(*case.cells)):
        yield (index, *cells)


def from_rows(case, names, rows, seconds, size):
    place = names.index("the_row")
    rows = sorted(rows, key=lambda row: row[place])
    if case.classes:
        first = names.index("prediction")
        values = numpy.array([row[first + 1 : first + 1 + len(case.classes)] for row in rows], float)
        return values, [str(row[first]) for row in rows], seconds, size
    values = numpy.array([row[-case.expected.shape[1] :] for row in rows], float)
    return values, [], seconds, size


def sqlite(case):
    import sqlite3

    text, size = exported_sql(case, "sqlite")
    connection = sqlite3.connect(":memory:")
    connection.execute(f"CREATE TABLE {TABLE} ({definition(case, 'REAL')})")
    marks = ", ".join("?" * (len(case.columns) + 1))
    connection.executemany(f"INSERT INTO {TABLE} VALUES ({marks})", table_rows(case))
    start = time.perf_counter()
    cursor = connection.execute(text)
    rows = cursor.fetchall()
    seconds = time.perf_counter() - start
    return from_rows(case, [d[0] for d in cursor.description], rows, seconds, size)


def duckdb(case):
    try:
        import duckdb as library
    except ImportError:
        return None
    text, size = exported_sql(case, "duckdb")
    connection = library.connect(":memory:", config={"threads": 1})
    connection.execute(f"CREATE TABLE {TABLE} ({definition(case, 'DOUBLE')})")
    marks = ", ".join("?" * (len(case.columns) + 1))
    connection.executemany(f"INSERT INTO {TABLE} VALUES ({marks})", list(table_rows(case)))
    start = time.perf_counter()
    connection.execute(text)
    rows = connection.fetchall()
    seconds = time.perf_counter() - start
    return from_rows(case, [d[0] for d in connection.description], rows, seconds, size)


class Postgres:
    """A server in a temporary folder, on a socket there."""

    def __init__(self, programs):
        self.programs = programs
        self.folder = Path(tempfile.mkdtemp(prefix="exports-postgres-"))
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres")
        data = self.folder / "data"
        self.run("initdb", "-D", data, "-E", "UTF8", "--no-locale", "-A", "trust", "-U", "postgres")
        options = f"-c listen_addresses='' -k {self.folder}"
        self.run("pg_ctl", "-D", data, "-o", options, "-w", "-l", self.folder / "log", "start")

    def run(self, program, *arguments, **more):
        command = [str(self.programs / program), *map(str, arguments)]
        if os.geteuid() == 0:
            command = ["runuser", "-u", "postgres", "--", *command]
        return subprocess.run(
            command, check=True, capture_output=True, text=True, cwd=self.folder, **more
        )

    def ask(self, text):
        flags = ["-h", self.folder, "-U", "postgres", "-d", "postgres", "-X", "-q", "-v"]
        return self.run("psql", *flags, "ON_ERROR_STOP=1", input=text).stdout

    def stop(self):
        self.run("pg_ctl", "-D", self.folder / "data", "-m", "immediate", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)


def postgres(case):
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not versions:
        return None
    import csv
    import io

    text, size = exported_sql(case, "postgres")
    server = Postgres(versions[-1])
    try:
        rows = io.StringIO()
        csv.writer(rows, lineterminator="\n").writerows(
            [["" if cell is None else cell for cell in row] for row in table_rows(case)]
        )
        script = (
            f"CREATE TABLE {TABLE} ({definition(case, 'double precision')});\n"
            f"COPY {TABLE} FROM STDIN WITH (FORMAT csv);\n{rows.getvalue()}\\.\n"
        )
        server.ask(script)
        start = time.perf_counter()
        query = f"SET max_parallel_workers_per_gather = 0;\n\\pset format csv\n{text}"
        printed_rows = list(csv.reader(io.StringIO(server.ask(query))))
        seconds = time.perf_counter() - start
    finally:
        server.stop()
    names, *rows = printed_rows
    place = names.index("the_row")
    for row in rows:
        row[place] = int(row[place])
    return from_rows(case, names, rows, seconds, size)


FORMATS = {
    "onnx": onnx,
    "c": c,
    "rust": rust,
    "python": python,
    "torch": torch,
    "sqlite": sqlite,
    "duckdb": duckdb,
    "postgres": postgres,
}

# Those that compute by SQL.
DATABASES = ("sqlite", "duckdb", "postgres")
