def levels(cells, keys, unseen):
    """The place of each cell among the keys."""
    places = {key: place for place, key in enumerate(keys)}
    return np.array([places.get(cell, unseen) for cell in cells.tolist()], dtype=np.int64)


def bins(cells, edges, unseen):
    """How many of the ascending edges are at most the cell."""
    return np.searchsorted(edges, cells, side="right")


def coded(cells, find, keys, unseen, missing):
    """The place of each cell, a missing one's included; -1 is no place."""
    return np.where(is_missing(cells), missing, find(cells, keys, unseen))


def numbered(combinations):
    """From combinations of places to their numbers."""
    return {places: number for number, places in enumerate(combinations)}


def grouped(places, numbers):
    """The number of each row's combination of places; -1 is none."""
    rows = zip(*(coding.tolist() for coding in places))
    return np.array([numbers.get(row, -1) for row in rows], dtype=np.int64)


def number(block, column, fill):
    """The number itself."""
    cells = block.cells[column]
    return np.where(np.isnan(cells), fill, cells)


def missing(block, column):
    """1 where the cell is missing."""
    return is_missing(block.cells[column])


def days(block, column, fill):
    """Days since 1970."""
    return number(block, column, fill) / 86400.0


def year(block, column, fill, wave):
    """Sine or cosine of the place in the year."""
    return wave(2 * np.pi * np.mod(days(block, column, fill) / 365.2425, 1.0))


def week(block, column, fill, wave):
    """Sine or cosine of the place in the week, by days from Monday."""
    return wave(2 * np.pi * np.mod(np.floor(days(block, column, fill)) + 3.0, 7.0) / 7.0)


def day(block, column, fill, wave):
    """Sine or cosine of the time of the day."""
    return wave(2 * np.pi * np.mod(days(block, column, fill), 1.0))


def has_place(block, coding, place):
    """1 where the cell has the place."""
    return block.places[coding] == place


def place_or(block, coding, otherwise):
    """The place itself, or a number where there is none."""
    places = block.places[coding]
    return np.where(places < 0, otherwise, places)


def of_group(block, grouping, values, otherwise):
    """What the target is like in the row's group, or another number where there is none."""
    return np.array(values + [otherwise])[block.groups[grouping]]


def encode(columns):
    """The model's inputs, rows x inputs, from a mapping of column names to sequences."""
    return encoded(read(columns))


def blocks(columns):
    """The same, some rows at a time."""
    cells = read(columns)
    for start in range(0, max(rows_of(cells), 1), ROWS):
        yield encoded({name: column[start : start + ROWS] for name, column in cells.items()})


def rows_of(cells):
    """How many rows there are."""
    return len(next(iter(cells.values()), ()))
