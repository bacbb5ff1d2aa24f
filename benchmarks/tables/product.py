"""NeuronSeek by its command: how a table of the protocol is fitted, and what its answer says."""

import json


def fit_command(binary, entry, split, flags):
    """`neuronseek fit` on a table: the default flags, one thread, and `flags` after them."""
    command = [binary, "fit", str(entry.path), "--target", entry.target, "--split", str(split)]
    for column in entry.ignore:
        command += ["--ignore", column]
    return command + ["--threads", "1", "--json", "--quiet", *flags]


def read_answer(text):
    """The columns of a result from the command's JSON document."""
    document = json.loads(text)
    test, rows = document["metrics"]["test"], document["rows_by_use"]
    answer = {
        "n_train": rows["training"] + rows["validation"],
        "n_test": rows["test"],
        "parameters": document["parameters"],
        "note": str(document["neuron"]),
    }
    for name in ("nmse", "rmse", "accuracy", "log_loss", "auc"):
        answer[name] = test.get(name)
    return answer
