import tempfile
import unittest
from pathlib import Path

import results
import summary


class Page(unittest.TestCase):
    def test_ranks_missing_results_and_numbers_are_told(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            for table, ours, theirs in (("a", 0.1, 0.2), ("b", 0.5, 0.4), ("c", 0.3, None)):
                row = {"table": table, "split": 0, "status": "done", "fit_cpu_s": 2.0}
                results.append(folder / "r.csv", {**row, "method": "ours", "nmse": ours})
                row |= {"method": "theirs", "nmse": theirs}
                if theirs is None:
                    row |= {"status": "limit", "note": "not finished within 8 s"}
                results.append(folder / "also.csv", row)
            arguments = [str(folder / "r.csv"), "--also", str(folder / "also.csv")]
            arguments += ["--methods", "ours,theirs", "--name", "ours=Ours", "--no-figures"]
            summary.main([*arguments, "--out", str(folder), "--stem", "page"])
            text = (folder / "page.md").read_text()
        self.assertIn("| Ours | 3 of 3 | 1.50 | 1.33 | 1.50 | - | 2 | - |", text)
        self.assertIn("| theirs | 2 of 3 | 1.50 | 1.67 | 1.50 | - | 2 | - |", text)
        self.assertIn("* theirs, 1 not finished within 8 s: c 0", text)
        self.assertIn("| c | 0 | nmse | **0.3000** | limit |", text)
        self.assertIn("| theirs | 2 | 1 | 1 | 0.875 | 1 of 2 |", text)


if __name__ == "__main__":
    unittest.main()
