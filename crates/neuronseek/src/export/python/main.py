def computed(columns):
    """What `restored` gives for all rows."""
    with np.errstate(all="ignore"):
        return np.concatenate([restored(outputs_of(inputs)) for inputs in blocks(columns)])


def main_values():
    """Predicts the rows of a CSV file."""
    columns = csv_columns()
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows(computed(columns).tolist())


def main_classes():
    """Predicts the rows of a CSV file."""
    columns = csv_columns()
    writer = csv.writer(sys.stdout, lineterminator="\n")
    probabilities = predict_proba(columns)
    writer.writerow(["prediction"] + ["p_" + name for name in CLASSES])
    for number, row in zip(decided(probabilities), probabilities.tolist()):
        writer.writerow([CLASSES[number]] + row)


def csv_columns():
    """The columns of the CSV file that is the first argument, else of standard input, as lists of
    texts, by name."""
    sys.stdin.reconfigure(encoding="utf-8-sig", newline="")
    sys.stdout.reconfigure(encoding="utf-8")
    path = sys.argv[1] if len(sys.argv) > 1 else None
    with open(path, encoding="utf-8-sig", newline="") if path else sys.stdin as file:
        records = [record or [""] for record in csv.reader(file)]
    if not records:
        sys.exit("there is no header")
    header = [name.strip() or f"column {k + 1}" for k, name in enumerate(records[0])]
    if len(header) > 1:
        records = [record for record in records if record != [""]]
    for number, record in enumerate(records):
        if len(record) != len(header):
            sys.exit(f"record {number + 1} has {len(record)} cells, the header {len(header)}")
    return {name: [record[k] for record in records[1:]] for k, name in enumerate(header)}
