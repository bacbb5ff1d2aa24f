use std::collections::HashSet;

/// Words that cannot be the name of a member in C, C++ or Rust, or are macros of some systems.
const RESERVED: &str = "abstract alignas alignof and and_eq as asm async atomic_cancel \
    atomic_commit atomic_noexcept auto await become bitand bitor bool box break case catch char \
    char16_t char32_t char8_t class co_await co_return co_yield compl concept const const_cast \
    consteval constexpr constinit continue crate decltype default delete do double dyn \
    dynamic_cast else enum errno explicit export extern false far final float fn for friend gen \
    goto i386 if impl in inline int interface let linux long loop macro match mod module move mut \
    mutable namespace near new noexcept not not_eq nullptr operator or or_eq override priv \
    private protected pub ref reflexpr register reinterpret_cast requires restrict return self \
    short signed sizeof small static static_assert static_cast struct super switch synchronized \
    template this thread_local throw trait true try type typedef typeid typename typeof union \
    unix unsafe unsigned unsized use using virtual void volatile wchar_t where while xor xor_eq \
    yield";

/// Names of members of a row in C and Rust, one a column: ASCII letters in lower case, digits and
/// single underscores; all different, none a word of these languages.
pub fn identifiers<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let reserved: HashSet<&str> = RESERVED.split_whitespace().collect();
    let mut taken = HashSet::new();
    names
        .map(|name| {
            let mut plain = plain(name);
            if reserved.contains(plain.as_str()) {
                plain.push('_');
            }
            let mut own = plain.clone();
            let mut count = 1;
            while !taken.insert(own.clone()) {
                count += 1;
                own = format!("{}_{count}", plain.trim_end_matches('_'));
            }
            own
        })
        .collect()
}

/// Words of letters and digits in lower case, with underscores between them.
fn plain(name: &str) -> String {
    let mut plain = String::new();
    let mut before = ' ';
    for letter in name.chars() {
        let begins = letter.is_ascii_uppercase() && before.is_ascii_lowercase();
        let follows = letter.is_ascii_alphanumeric() && !before.is_ascii_alphanumeric();
        if !plain.is_empty() && (begins || follows) {
            plain.push('_');
        }
        if letter.is_ascii_alphanumeric() {
            plain.push(letter.to_ascii_lowercase());
        }
        before = letter;
    }
    match plain.chars().next() {
        None => "column".to_string(),
        Some('0'..='9') => format!("column_{plain}"),
        Some(_) => plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_safe_and_different() {
        let names = [
            "a b",
            "a_b",
            "a  b",
            "type",
            "fn",
            "type_",
            "2nd Floor",
            "größe",
            "年齢",
            "",
            "GrLivArea",
            "ID",
            "_x_",
            "double",
            "*/",
            "a_b_2",
        ];
        let expected = [
            "a_b",
            "a_b_2",
            "a_b_3",
            "type_",
            "fn_",
            "type_2",
            "column_2nd_floor",
            "gr_e",
            "column",
            "column_2",
            "gr_liv_area",
            "id",
            "x",
            "double_",
            "column_3",
            "a_b_2_2",
        ];
        assert_eq!(identifiers(names.into_iter()), expected);
    }
}
