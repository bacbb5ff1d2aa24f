import contextlib
import io
import json
import stat
import sys
import tempfile
import unittest
from pathlib import Path

import process
import results
import run
from test_protocol import write_table

# A stand-in for the command: answers as `neuronseek fit --json` does, and counts its calls.
STAND_IN = """#!{python}
import json, sys
with open({calls!r}, "a") as file:
    file.write(" ".join(sys.argv[1:]) + "\\n")
if "--fail" in sys.argv:
    sys.exit("error: no such flag")
test = {{"nmse": 0.25, "rmse": 0.5, "r2": 0.75, "mse": 0.25}}
rows = {{"total": 846, "training": 500, "validation": 187, "test": {test}}}
print(json.dumps({{"metrics": {{"test": test}}, "rows_by_use": rows, "parameters": 7, "neuron": "x"}}))
"""


class Run(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        write_table(self.folder, 846)
        self.calls, self.out = self.folder / "calls", self.folder / "out.csv"
        self.stand_in(159)

    def stand_in(self, test):
        self.binary = self.folder / "neuronseek"
        text = STAND_IN.format(python=sys.executable, calls=str(self.calls), test=test)
        self.binary.write_text(text)
        self.binary.chmod(self.binary.stat().st_mode | stat.S_IXUSR)

    def run_it(self, *more):
        arguments = ["--data", str(self.folder), "--out", str(self.out), "--splits", "1"]
        with contextlib.redirect_stdout(io.StringIO()):
            run.main([*arguments, "--binary", str(self.binary), *more])

    def test_a_fit_is_recorded_and_not_run_again(self):
        self.run_it()
        self.run_it()
        (row,) = results.read_results(self.out)
        self.assertEqual(results.key(row), ("small", 1, "neuronseek"))
        self.assertEqual((row["n_train"], row["n_test"], row["nmse"]), (687, 159, 0.25))
        (call,) = self.calls.read_text().splitlines()
        self.assertIn("--target y --split 1 --threads 1 --json", call)

    def test_an_interrupted_line_is_run_again(self):
        self.run_it()
        self.out.write_text(self.out.read_text()[:-5])
        self.run_it()
        self.assertEqual(len(results.read_results(self.out)), 1)
        self.assertEqual(len(self.calls.read_text().splitlines()), 2)

    def test_flags_have_a_label_of_their_own(self):
        self.run_it()
        self.run_it("--flags=--profile best", "--label", "best")
        self.assertEqual([row["method"] for row in results.read_results(self.out)], ["neuronseek", "best"])
        self.assertTrue(self.calls.read_text().endswith("--quiet --profile best\n"))
        with self.assertRaises(SystemExit), contextlib.redirect_stderr(io.StringIO()):
            self.run_it("--flags=--profile best")

    def test_other_test_rows_than_the_protocol_s_are_refused(self):
        self.stand_in(160)
        with self.assertRaisesRegex(SystemExit, "1 fits failed"):
            self.run_it()
        (row,) = results.read_results(self.out)
        self.assertEqual(row["status"], "wrong rows")
        self.assertIsNone(results.loss(row))

    def test_a_failure_says_why_and_is_run_again_on_demand(self):
        with self.assertRaises(SystemExit):
            self.run_it("--flags=--fail", "--label", "f")
        (row,) = results.read_results(self.out)
        self.assertEqual((row["status"], row["note"]), ("failed", "exit 1: error: no such flag"))
        with self.assertRaises(SystemExit):
            self.run_it("--flags=--fail", "--label", "f", "--retry")
        self.assertEqual(len(self.calls.read_text().splitlines()), 2)

    def test_bad_requests_are_refused(self):
        for more in (["--methods", "magic"], ["--methods", "linear", "--budget", "5m"]):
            with self.assertRaises(SystemExit), contextlib.redirect_stderr(io.StringIO()):
                self.run_it(*more)
        self.assertFalse(self.out.exists())


class Limits(unittest.TestCase):
    def test_times(self):
        self.assertEqual([run.seconds(t) for t in ("90", "90s", "5m", "1h")], [90, 90, 300, 3600])
        with self.assertRaises(Exception):
            run.seconds("soon")

    def test_a_process_ends_at_its_limit(self):
        ended = process.run_limited([sys.executable, "-c", "while True: pass"], 1)
        self.assertTrue(ended.limited)
        self.assertTrue(0.5 < ended.cpu < 4)

    def test_output_errors_and_seconds_are_kept(self):
        program = "import sys; print(sum(range(10**7))); sys.exit('error: done')"
        ended = process.run_limited([sys.executable, "-c", program], 60)
        self.assertEqual(json.loads(ended.output), sum(range(10**7)))
        self.assertEqual((ended.code, ended.errors, ended.limited), (1, "error: done\n", False))
        self.assertGreater(ended.cpu, 0.01)


if __name__ == "__main__":
    unittest.main()
