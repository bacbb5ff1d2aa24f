import tempfile
import unittest
from pathlib import Path

import results

OLD = (
    "table,split,method,n_train,n_test,nmse,rmse,accuracy,log_loss,auc,fit_wall_s,fit_cpu_s\n"
    "abalone,0,linear,3311,866,0.526066,2.225748,,,,0.0,0.0\n"
    "vehicle,2,mlp,678,168,,,0.809524,0.55609,,0.09,0.09\n"
)


class Results(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = Path(self.folder.name) / "deep" / "results.csv"

    def row(self, split, **more):
        return {"table": "t", "split": split, "method": "m", "status": "done", **more}

    def write(self, text):
        self.path.parent.mkdir(exist_ok=True)
        self.path.write_text(text)

    def test_a_file_without_the_later_columns_is_read(self):
        self.write(OLD)
        first, second = results.read_results(self.path)
        self.assertEqual(results.key(first), ("abalone", 0, "linear"))
        self.assertEqual((first["nmse"], first["log_loss"], first["parameters"]), (0.526066, None, None))
        self.assertEqual(results.loss(second), 0.55609)
        self.assertEqual(second["status"], "done")

    def test_what_is_appended_is_read_again(self):
        note = 'a "note", with commas\nand lines'
        results.append(self.path, self.row(0, nmse=1 / 3, parameters=12, note=note))
        results.append(self.path, self.row(1, status="limit"))
        first, second = results.read_results(self.path)
        self.assertAlmostEqual(first["nmse"], 1 / 3, places=9)
        self.assertEqual(first["parameters"], 12)
        self.assertEqual(first["note"], 'a "note", with commas and lines')
        self.assertIsNone(results.loss(second))

    def test_a_cut_last_line_is_left_out_and_then_replaced(self):
        results.append(self.path, self.row(0, nmse=0.5))
        whole = self.path.read_text()
        self.write(whole + "t,1,m,100,2")
        self.assertEqual(len(results.read_results(self.path)), 1)
        results.append(self.path, self.row(2, nmse=0.25))
        self.assertEqual([row["split"] for row in results.read_results(self.path)], [0, 2])
        self.assertTrue(self.path.read_text().startswith(whole))

    def test_a_cut_header_is_replaced(self):
        self.write("table,spl")
        self.assertEqual(results.read_results(self.path), [])
        results.append(self.path, self.row(0, nmse=0.5))
        self.assertEqual(len(results.read_results(self.path)), 1)

    def test_a_bad_line_is_named(self):
        self.write(OLD.replace("0.526066", "half"))
        with self.assertRaisesRegex(SystemExit, "line 2.*half"):
            results.read_results(self.path)

    def test_a_number_that_is_not_finite_is_no_loss(self):
        self.write(OLD.replace("0.526066", "nan"))
        self.assertIsNone(results.loss(results.read_results(self.path)[0]))

    def test_earlier_files_and_later_lines_count(self):
        self.write(OLD)
        other = self.path.with_name("other.csv")
        results.append(other, self.row(0, table="abalone", method="linear", nmse=9.0))
        results.append(other, self.row(0, table="abalone", method="linear", nmse=8.0, parameters=3))
        key = ("abalone", 0, "linear")
        self.assertEqual(results.merge([self.path, other])[key]["nmse"], 0.526066)
        self.assertIsNone(results.merge([self.path, other])[key]["parameters"])
        self.assertEqual(results.merge([other, self.path])[key]["nmse"], 8.0)

    def test_lacking_numbers_come_from_a_later_run_of_the_same_loss(self):
        self.write(OLD)
        other = self.path.with_name("other.csv")
        row = {"table": "abalone", "method": "linear", "nmse": 0.52606601, "parameters": 11}
        results.append(other, self.row(0, fit_cpu_s=5.0, **row))
        merged = results.merge([self.path, other])[("abalone", 0, "linear")]
        self.assertEqual((merged["parameters"], merged["fit_cpu_s"]), (11, 0.0))


if __name__ == "__main__":
    unittest.main()
