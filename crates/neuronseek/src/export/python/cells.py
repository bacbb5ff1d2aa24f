def read(columns):
    """The columns that the model needs, by name: float64 arrays (NaN is missing), or arrays of
    texts (None is missing)."""
    absent = [name for name, _ in COLUMNS if name not in columns]
    if absent:
        raise ValueError("missing columns: " + ", ".join(absent))
    cells = {name: reader(columns[name], name) for name, reader in COLUMNS}
    if len({len(column) for column in cells.values()}) > 1:
        raise ValueError("the columns have different lengths")
    return cells


def is_none(cell):
    """Whether a cell holds nothing: None, NaN, NaT, or a text that means "missing"."""
    if isinstance(cell, str):
        return cell.strip() in ("", "NA", "N/A", "null", "NULL")
    return cell is None or type(cell).__name__ == "NAType" or bool(cell != cell)


def is_missing(cells):
    """One truth value a row."""
    if cells.dtype == object:
        return np.array([cell is None for cell in cells], dtype=bool)
    return np.isnan(cells)


def converted(values, name, convert):
    """A float64 array of any sequence; `convert` reads what is no number yet."""
    array = np.asarray(values)
    if array.dtype.kind == "M":
        array = (array - np.datetime64(0, "s")) / np.timedelta64(1, "s")
    elif array.dtype.kind not in "biuf":
        blank = ("None", "none", "NONE", "na", "n/a", "Na", "Null", "<NA>", "#N/A", "NIL", "nil", "?")
        numbers = np.full(len(array), np.nan)
        for row, cell in enumerate(array.tolist() if array.dtype.kind in "US" else array):
            if not is_none(cell) and not (isinstance(cell, str) and cell.strip() in blank):
                try:
                    numbers[row] = convert(cell)
                except (ValueError, TypeError):
                    raise ValueError(f"column {name!r}, row {row}: {cell!r} is of another kind") from None
        array = numbers
    array = array.astype(np.float64)
    if np.isinf(array).any():
        raise ValueError(f"column {name!r} has a number that is not finite")
    return array


def numbers(values, name):
    """A column of numbers."""
    return converted(values, name, float)


def truths(values, name):
    """A column of truth values: 1 and 0."""
    array = converted(values, name, truth)
    if not np.isin(array[~np.isnan(array)], (0, 1)).all():
        raise ValueError(f"column {name!r} has a number that is neither 0 nor 1")
    return array


def truth(cell):
    """1 for true and 0 for false in the usual spellings."""
    word = str(cell).strip().lower()
    if word in ("true", "yes", "t", "y", "on"):
        return 1.0
    return 0.0 if word in ("false", "no", "f", "n", "off") else float(cell)


def dates(values, name):
    """A column of dates: seconds since 1970-01-01T00:00:00Z."""
    return converted(values, name, seconds)


def seconds(cell):
    """A number, a date, a datetime, a datetime64, or one of them in digits: 2024-01-31, 2024/1/31,
    31.01.2024 or 20240131, with or without a time (10:11, 10:11:12.5) and a zone (Z, +02:00); a
    time alone. Without a zone UTC is meant."""
    if isinstance(cell, np.datetime64):
        return (cell - np.datetime64(0, "s")) / np.timedelta64(1, "s")
    if isinstance(cell, datetime.datetime):
        return (cell if cell.tzinfo else cell.replace(tzinfo=datetime.timezone.utc)).timestamp()
    if isinstance(cell, datetime.date):
        return (cell - datetime.date(1970, 1, 1)).days * 86400.0
    found = DATE.fullmatch(cell.strip()) if isinstance(cell, str) else None
    if not found or not any(found.group("y", "y2", "y3", "h")):
        return float(cell)
    part = found.groupdict("0")
    day = 0.0
    for year, month, date in (("y", "m", "d"), ("y2", "m2", "d2"), ("y3", "m3", "d3")):
        if found.group(year):
            moment = datetime.date(int(part[year]), int(part[month]), int(part[date]))
            day = (moment - datetime.date(1970, 1, 1)).days * 86400.0
    if int(part["h"]) > 23 or int(part["min"]) > 59 or float(part["s"]) >= 61:
        raise ValueError(cell)
    offset = int(part["zh"]) * 3600 + int(part["zm"]) * 60
    offset = -offset if part["zone"].startswith("-") else offset
    return day + int(part["h"]) * 3600 + int(part["min"]) * 60 + float(part["s"]) - offset


DATE = re.compile(
    r"(?:(?P<y>\d{4})(?P<by>[-/.])(?P<m>\d\d?)(?P=by)(?P<d>\d\d?)"
    r"|(?P<d2>\d\d?)\.(?P<m2>\d\d?)\.(?P<y2>\d{4})"
    r"|(?P<y3>\d{4})(?P<m3>\d\d)(?P<d3>\d\d))?"
    r"(?:(?:^|[Tt ])(?P<h>\d\d?):(?P<min>\d\d)(?::(?P<s>\d\d(?:\.\d+)?))?"
    r" ?(?P<zone>[zZ]|UTC|[+-](?P<zh>\d\d):?(?P<zm>\d\d)?)?)?",
    re.ASCII,
)


def texts(values, name):
    """A column of texts without spaces at either end."""
    array = np.asarray(values, dtype=object)
    return np.array([None if is_none(cell) else text(cell) for cell in array] + [None], dtype=object)[:-1]


def text(cell):
    """A cell as text: 1 and 1.0 are both "1"."""
    if isinstance(cell, (bool, np.bool_)):
        return "true" if cell else "false"
    if not isinstance(cell, (int, float, np.number)):
        return str(cell).strip()
    if cell == 0 or 1e-5 <= abs(cell) < 1e16:
        return np.format_float_positional(float(cell), trim="-")
    return np.format_float_scientific(float(cell), trim="-", exp_digits=1).replace("e+", "e")
