use super::*;

fn column(cells: &[&str]) -> Column {
    Column::of_texts("c", cells.iter().map(|cell| Some(*cell)))
}

fn kind(cells: &[&str]) -> Kind {
    of(&column(cells)).unwrap()
}

fn message(cells: &[&str]) -> String {
    of(&column(cells)).unwrap_err().to_string()
}

#[test]
fn the_kinds() {
    assert_eq!(kind(&["1", "2.5", "-3e4", ""]), Kind::Numeric);
    assert_eq!(kind(&["true", "False", "TRUE", ""]), Kind::Boolean);
    assert_eq!(kind(&["y", "N"]), Kind::Boolean);
    assert_eq!(kind(&["no", "no"]), Kind::Boolean);
    assert_eq!(kind(&["a", "b", "a"]), Kind::Category);
    assert_eq!(kind(&["yes", "off"]), Kind::Category, "two spellings");
    assert_eq!(kind(&["2024-01-31", "2024/02/01 10:00"]), Kind::Date);
    assert_eq!(kind(&["10:00", "10:30"]), Kind::Date);
    assert_eq!(kind(&["01/31/2024", "02/01/2024"]), Kind::Category);
    assert_eq!(kind(&["nan", "a", "b"]), Kind::Category);
}

#[test]
fn identifiers_are_many_texts_that_all_differ() {
    let texts: Vec<String> = (0..11).map(|row| format!("u{row}")).collect();
    let mut texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    assert_eq!(kind(&texts), Kind::Identifier);
    assert_eq!(kind(&texts[..10]), Kind::Category);
    texts.push("u0");
    assert_eq!(kind(&texts), Kind::Category);
}

#[test]
fn words_for_missing_are_missing_among_numbers_only() {
    assert_eq!(kind(&["1", "None", "2", "?"]), Kind::Numeric);
    let numbers = column(&["1", "None", "2"]).numbers().unwrap();
    assert!(numbers[1].is_nan());
    assert_eq!(kind(&["none", "guarantor", "none"]), Kind::Category);
    let texts = column(&["none", "guarantor"]);
    assert_eq!(texts.text(0).as_deref(), Some("none"));
    assert_eq!(kind(&["true", "None", "false"]), Kind::Boolean);
    assert_eq!(kind(&["None", "None"]), Kind::Category);
}

#[test]
fn codes_that_are_partly_numbers_are_categories() {
    let doors = ["2", "3", "4", "5more"].repeat(30);
    assert_eq!(kind(&doors), Kind::Category);
    let codes = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "E"].repeat(20);
    assert_eq!(kind(&codes), Kind::Category);
}

#[test]
fn a_few_texts_among_measurements_are_refused() {
    let texts: Vec<String> = (0..40).map(|row| format!("{row}.5")).collect();
    let mut cells: Vec<&str> = texts.iter().map(String::as_str).collect();
    cells[17] = "1,5";
    assert_eq!(
        message(&cells),
        ", data row 18, column \"c\": \"1,5\" is not a number, though nearly all cells of the \
         column are; mend it, read it as missing with --missing 1,5, or take the column as text \
         with --kind c=category"
    );
}

#[test]
fn numbers_with_commas_are_refused() {
    let expected = ", data row 2, column \"c\": \"1,5\" is not a number because of its comma; \
        write a decimal point and no separators of thousands, or take the column as text with \
        --kind c=category";
    assert_eq!(message(&["2", "1,5", "", "3,25"]), expected);
    assert_eq!(kind(&["a,b", "1,5"]), Kind::Category);
    assert_eq!(kind(&[",5", "5,", ","]), Kind::Category);
}

#[test]
fn a_slip_among_dates_or_truth_values_is_refused() {
    let mut cells = vec!["2024-01-31"; 300];
    cells[200] = "2024-02-31";
    assert!(message(&cells).contains("data row 201, column \"c\": \"2024-02-31\" is not a date,"));
    let mut cells = vec!["yes"; 300];
    cells[299] = "yse";
    assert!(message(&cells).contains("data row 300, column \"c\": \"yse\" is not true or false,"));
}

#[test]
fn dates_and_truth_values_become_numbers() {
    let dates = column(&["1970-01-02", ""]).dates().unwrap();
    assert_eq!(dates[0], 86400.0);
    assert!(dates[1].is_nan());
    let error = column(&["1970-01-02", "soon"]).dates().unwrap_err();
    assert_eq!(
        error.to_string(),
        ", data row 2, column \"c\": \"soon\" is not a date; mend the cell or read it as missing \
         with --missing soon"
    );
    let truths = column(&["Yes", "no", "1", "0.0", "T"]).booleans().unwrap();
    assert_eq!(truths, [1.0, 0.0, 1.0, 0.0, 1.0]);
    let error = column(&["yes", "2"]).booleans().unwrap_err();
    assert!(
        error.to_string().contains("\"2\" is not true or false;"),
        "{error}"
    );
}

#[test]
fn numbers_in_memory_have_kinds_and_texts_too() {
    let numbers = Column::of_numbers("c", vec![1.0, f64::NAN, 0.5]);
    assert_eq!(of(&numbers).unwrap(), Kind::Numeric);
    assert_eq!(numbers.text(0).as_deref(), Some("1"));
    assert_eq!(numbers.text(1), None);
    assert!(
        numbers
            .dates()
            .unwrap_err()
            .to_string()
            .contains("\"1\" is not a date")
    );
    assert_eq!(
        Column::of_numbers("c", vec![1.0, 0.0]).booleans().unwrap(),
        [1.0, 0.0]
    );
    assert!(
        numbers
            .booleans()
            .unwrap_err()
            .to_string()
            .contains("data row 3")
    );
    let empty = Column::of_numbers("c", vec![f64::NAN]);
    assert!(
        of(&empty)
            .unwrap_err()
            .to_string()
            .contains("every cell is missing")
    );
}

#[test]
fn names_are_read_back() {
    for kind in Kind::ALL {
        assert_eq!(kind.to_string().parse::<Kind>(), Ok(kind));
        assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{kind}\""));
    }
    assert!(
        "number"
            .parse::<Kind>()
            .unwrap_err()
            .starts_with("\"number\" is not a kind")
    );
}
