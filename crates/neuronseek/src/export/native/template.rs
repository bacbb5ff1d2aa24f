//! Code that stands in files of its own language, of which a program gets what it needs.
//!
//! A line `//# name` begins a piece. A line that ends in `//? a b` stays where `a` or `b` is asked
//! for, without that mark.

use std::collections::BTreeSet;

/// What is asked for.
pub type Flags = BTreeSet<&'static str>;

/// The pieces with their names.
fn pieces(template: &str) -> impl DoubleEndedIterator<Item = (&str, &str)> {
    let parts: Vec<&str> = template.split("//# ").skip(1).collect();
    parts
        .into_iter()
        .filter_map(|part| part.split_once('\n'))
        .map(|(name, text)| (name.trim(), text.trim_end()))
}

/// The lines that stay.
fn kept(text: &str, flags: &Flags) -> String {
    let mut kept = String::new();
    for line in text.lines() {
        match line.split_once("//? ") {
            None => kept.push_str(line),
            Some((line, asked)) if asked.split(' ').any(|flag| flags.contains(flag)) => {
                kept.push_str(line.trim_end());
            }
            Some(_) => continue,
        }
        kept.push('\n');
    }
    kept
}

/// The pieces whose names are asked for.
pub fn asked(template: &str, flags: &Flags) -> String {
    let mut text = String::new();
    for (_, piece) in pieces(template).filter(|(name, _)| flags.contains(name)) {
        text.push_str(&kept(piece, flags));
        text.push('\n');
    }
    text
}

/// The pieces that are called by `code` or by a later piece that is; pieces stand behind those
/// that they call.
pub fn called(template: &str, flags: &Flags, code: &str) -> String {
    let mut texts: Vec<String> = Vec::new();
    for (name, piece) in pieces(template).rev() {
        if calls(code, name) || texts.iter().any(|text| calls(text, name)) {
            texts.push(kept(piece, flags));
        }
    }
    texts.reverse();
    texts.join("\n")
}

/// Whether a function of this name is called outside of comments.
fn calls(code: &str, name: &str) -> bool {
    let called = format!("{name}(");
    let plain = |line: &'_ str| -> usize {
        let comments = ["//", "/*"].map(|start| line.find(start).unwrap_or(line.len()));
        comments[0].min(comments[1])
    };
    let mut lines = code.lines().filter(|line| line.contains(&called));
    lines.any(|line| {
        let line = &line[..plain(line)];
        line.match_indices(&called).any(|(at, _)| {
            let before = line[..at].chars().next_back();
            !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '.' || c == ':')
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: &str = "//# one\none() {\n  a //? x y\n  b //? z\n}\n\n//# two\ntwo() { one() }\n\n\
                            //# three\nthree() {}\n";

    #[test]
    fn programs_get_what_they_call() {
        let flags = Flags::from(["y", "three"]);
        let both = "one() {\n  a\n}\n\ntwo() { one() }\n";
        assert_eq!(called(TEMPLATE, &flags, "x = two(3)"), both);
        assert_eq!(
            called(TEMPLATE, &flags, "x = other_two(3) /* two(3) */\n// two(3)"),
            ""
        );
        assert_eq!(asked(TEMPLATE, &flags), "three() {}\n\n");
    }
}
