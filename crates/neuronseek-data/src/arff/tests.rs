use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;

const SMALL: &str = "\
% of flowers
@RELATION 'iris, small'

@attribute 'petal length' REAL
@attribute petal_width integer [0, 9]
@attribute name string
@attribute seen date 'yyyy-MM-dd'
@attribute class {setosa, 'iris versicolor' , \"it's\"}
@DATA
1.4, 2, 'a \\'quoted\\' name', 2020-01-02, setosa
% between
?,?,'?',\"2020-01-03\",'iris versicolor' % after
-1e3 , +.5 ,\tplain words , ?, \"it's\"\r
{0 7, 2 'tab\\tend\\\\ \\u00e9', 3 2021-01-01}
";

fn table(text: &str) -> Vec<Vec<Option<String>>> {
    let arff = read(text.as_bytes(), "a.arff").unwrap_or_else(|error| panic!("{error}"));
    let columns = arff.table.columns().iter();
    let columns: Vec<Vec<_>> = columns.map(|column| column.texts()).collect();
    (0..arff.table.rows())
        .map(|row| {
            columns
                .iter()
                .map(|c| c[row].as_deref().map(str::to_string))
                .collect()
        })
        .collect()
}

fn error(text: &str) -> (usize, usize, String) {
    let error = read(text.as_bytes(), "a.arff").unwrap_err();
    let shown = error.to_string();
    let start = format!("a.arff, line {}, column {}: ", error.line, error.column);
    assert!(shown.starts_with(&start), "{shown}");
    (error.line, error.column, error.problem)
}

/// A file of a numeric, a nominal and a text attribute with these rows.
fn with_rows(rows: &str) -> String {
    format!(
        "@relation r\n@attribute n numeric\n@attribute c {{x, 'y z'}}\n@attribute t string\n@data\n{rows}"
    )
}

#[test]
fn every_part_of_the_format_is_read() {
    let arff = read(SMALL.as_bytes(), "a.arff").unwrap();
    assert_eq!(arff.relation, "iris, small");
    let names: Vec<&str> = arff.attributes.iter().map(|a| a.name.as_str()).collect();
    assert_eq!(
        names,
        ["petal length", "petal_width", "name", "seen", "class"]
    );
    let values = ["setosa", "iris versicolor", "it's"].map(str::to_string);
    assert_eq!(arff.attributes[4].kind, Kind::Nominal(values.to_vec()));
    assert_eq!(arff.attributes[3].kind, Kind::Date);
    let some = |text: &str| Some(text.to_string());
    let expected = [
        [
            some("1.4"),
            some("2"),
            some("a 'quoted' name"),
            some("2020-01-02"),
            some("setosa"),
        ],
        [
            None,
            None,
            some("?"),
            some("2020-01-03"),
            some("iris versicolor"),
        ],
        [
            some("-1e3"),
            some("+.5"),
            some("plain words"),
            None,
            some("it's"),
        ],
        [
            some("7"),
            some("0"),
            some("tab\tend\\ é"),
            some("2021-01-01"),
            some("setosa"),
        ],
    ];
    assert_eq!(table(SMALL), expected);
    assert_eq!(
        arff.table
            .column("petal length")
            .unwrap()
            .numbers()
            .unwrap()[2],
        -1000.0
    );
    // Windows line ends and a byte order mark change nothing.
    let windows = format!("\u{feff}{}", SMALL.replace('\n', "\r\n"));
    assert_eq!(table(&windows), expected);
}

#[test]
fn white_space_separates_where_there_is_no_comma() {
    let expected = [[Some("1"), Some("y z"), Some("a,b")].map(|cell| cell.map(str::to_string))];
    assert_eq!(table(&with_rows("1\t'y z'   \"a,b\"\n")), expected);
    assert_eq!(table(&with_rows("1,'y z','a,b'\n")), expected);
    assert_eq!(table(&with_rows("1, y z, 'a,b'\n")), expected);
    assert_eq!(table(&with_rows("1, y z, 'a,b',\n")), expected);
}

#[test]
fn a_percent_sign_within_a_cell_is_a_letter() {
    assert_eq!(table(&with_rows("1,x,10%\n"))[0][2].as_deref(), Some("10%"));
    assert_eq!(
        table(&with_rows("1,x,a %b\n"))[0][2].as_deref(),
        Some("a %b")
    );
    assert_eq!(error(&with_rows("1,x,%b\n")).0, 6);
}

#[test]
fn errors_say_line_and_column() {
    for (text, line, column, part) in [
        ("", 1, 1, "no ARFF file"),
        ("a,b\n1,2\n", 1, 1, "\"a,b\" where @relation"),
        ("@relation r\n@data\n", 2, 1, "before any @attribute"),
        ("@attribute a real\n", 2, 1, "cut off"),
        ("@attribute a\n", 1, 13, "has no type"),
        ("@attribute a wide\n", 1, 14, "\"wide\" is no type"),
        ("@attribute a relational\n", 1, 14, "tables within cells"),
        ("@attribute a {x, y\n", 1, 19, "not closed by }"),
        ("@attribute a {x,,y}\n", 1, 17, "value is missing"),
        (
            "@attribute a {x} z\n",
            1,
            18,
            "\"z\" where the line should end",
        ),
        ("@attribute 'a real\n", 1, 12, "quote is not closed"),
        (
            "@attribute a real\n@attribute a real\n",
            2,
            1,
            "second attribute \"a\"",
        ),
    ] {
        let (l, c, problem) = error(text);
        assert_eq!((l, c), (line, column), "{text}: {problem}");
        assert!(problem.contains(part), "{text}: {problem}");
    }
    for (row, column, part) in [
        ("1,x", 4, "2 values for 3 attributes"),
        ("1 x", 4, "2 values for 3 attributes"),
        ("1,x,a,b", 7, "more values than the 3"),
        ("1,x,a,,", 7, "more values than the 3"),
        ("1,x,a,{2}", 7, "weights of rows"),
        ("1,,a", 3, "a value is missing"),
        ("one,x,a", 1, "\"one\" is no finite number"),
        ("nan,x,a", 1, "no finite number"),
        ("1e999,x,a", 1, "no finite number"),
        (
            "1,z,a",
            3,
            "\"z\" is none of the declared values of attribute \"c\"",
        ),
        ("1,X,a", 3, "none of the declared"),
        ("1,x,'a", 5, "quote is not closed"),
        ("1,x,'a'b", 8, "\"b\" after the closing quote"),
        ("1,x,'a\\u12'", 8, "four hexadecimal digits"),
        ("1,x,'\\ud800'", 7, "four hexadecimal digits"),
        ("1,x,'a\\", 8, "ends after a backslash"),
        ("{0 1, 1 x}", 1, "leaves out \"t\""),
        ("{3 1}", 2, "\"3\" is no position of an attribute, 0 to 2"),
        ("{-1 1}", 2, "no position"),
        ("{2 a, 2 b}", 7, "given twice"),
        ("{2 a", 5, "not closed by }"),
        ("{2 a} {3}", 7, "after the closing }"),
        ("{2}", 3, "value is missing"),
    ] {
        let (l, c, problem) = error(&with_rows(&format!("?,?,?\n{row}\n")));
        assert_eq!((l, c), (7, column), "{row}: {problem}");
        assert!(problem.contains(part), "{row}: {problem}");
    }
    let mut bytes = with_rows("1,x,a\n1,x,").into_bytes();
    bytes.extend(b"\xe9t\xe9\n");
    let error = read(&bytes, "latin").unwrap_err();
    assert_eq!((error.line, error.column), (7, 5), "{error}");
}

/// A text as ARFF writes it.
fn quoted(text: &str, quote: char) -> String {
    let mut result = quote.to_string();
    for letter in text.chars() {
        match letter {
            '\n' => result.push_str("\\n"),
            '\r' => result.push_str("\\r"),
            '\\' | '\'' | '"' | '%' => result.extend(['\\', letter]),
            letter => result.push(letter),
        }
    }
    result.push(quote);
    result
}

#[derive(Debug, Clone)]
struct Row {
    number: Option<f64>,
    class: Option<usize>,
    text: Option<String>,
}

fn row() -> impl Strategy<Value = Row> {
    let number = prop::option::of(prop::num::f64::NORMAL | prop::num::f64::ZERO);
    let text = prop::option::of("\\PC{1,12}|[ ,'\"%{}?\\\\\n\r\t]{1,6}");
    (number, prop::option::of(0..3usize), text).prop_map(|(number, class, text)| Row {
        number,
        class,
        text,
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(
        rows in prop::collection::vec(row(), 0..20),
        classes in prop::collection::hash_set("\\PC{1,8}", 3),
        double in any::<bool>(),
        sparse in any::<bool>(),
    ) {
        let quote = if double { '"' } else { '\'' };
        let classes: Vec<String> = classes.into_iter().collect();
        let list: Vec<String> = classes.iter().map(|class| quoted(class, quote)).collect();
        let mut file = format!(
            "@relation r\n@attribute 'a number' real\n@attribute c {{{}}}\n@attribute t string\n@data\n",
            list.join(",")
        );
        let mut expected = Vec::new();
        for row in &rows {
            let number = row.number.map(|number| format!("{number:e}"));
            let class = row.class.map(|class| classes[class].clone());
            let missing = || "?".to_string();
            let cells = [
                number.clone().unwrap_or_else(missing),
                class.as_ref().map_or_else(missing, |class| quoted(class, quote)),
                row.text.as_ref().map_or_else(missing, |text| quoted(text, quote)),
            ];
            file += &match sparse {
                true => format!("{{2 {},0 {}, 1 {} }}\n", cells[2], cells[0], cells[1]),
                false => format!("{}\n", cells.join(", ")),
            };
            expected.push(vec![number, class, row.text.clone()]);
        }
        prop_assert_eq!(table(&file), expected);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "(@[a-z]{0,9}|[ {}'\",%?0-9a\\\\\n]|\\PC){0,60}") {
        let _ = read(text.as_bytes(), "a");
    }
}

/// Cuts, repeats and changes bytes of a good file: every outcome but a panic is right, an error
/// lies in the file, and a table is rectangular.
#[test]
fn mutations_never_panic() {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    let alphabet = b"@{}'\",%?\\\n\r\t 09aeu-.\xc3\xff\x00";
    let (mut read_well, mut refused) = (0, 0);
    for _ in 0..20_000 {
        let mut bytes = SMALL.as_bytes().to_vec();
        for _ in 0..random.random_range(1..4) {
            let at = random.random_range(0..bytes.len());
            match random.random_range(0..4) {
                0 => bytes.truncate(at.max(1)),
                1 => bytes[at] = alphabet[random.random_range(0..alphabet.len())],
                2 => bytes.insert(at, alphabet[random.random_range(0..alphabet.len())]),
                _ => {
                    let end = (at + random.random_range(1..30)).min(bytes.len());
                    let piece = bytes[at..end].to_vec();
                    let to = random.random_range(0..bytes.len());
                    bytes.splice(to..to, piece);
                }
            }
        }
        match read(&bytes, "a") {
            Ok(arff) => {
                read_well += 1;
                assert_eq!(arff.attributes.len(), arff.table.columns().len());
            }
            Err(error) => {
                refused += 1;
                let lines = bytes.split(|&byte| byte == b'\n').collect::<Vec<_>>();
                let line = lines[error.line - 1];
                assert!(error.column <= line.len() + 1, "{error}");
            }
        }
    }
    assert!(read_well > 1000 && refused > 1000, "{read_well} {refused}");
}
