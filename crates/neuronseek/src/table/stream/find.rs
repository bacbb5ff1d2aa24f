//! From what a user gives (paths, patterns, directories) to files.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::super::error::TableError;

/// What the tables of a directory end with, before the ending of a compression.
const TEXTS: [&str; 2] = [".csv", ".tsv"];

/// The files that `given` means: a file itself, those that a pattern matches, those of a directory.
///
/// # Errors
/// When a path is standard input, a pattern matches nothing, a directory has no table or cannot be
/// read. Whether a file exists is not looked at.
pub(super) fn files(given: &[PathBuf]) -> Result<Vec<PathBuf>, TableError> {
    let mut files = Vec::new();
    for path in given {
        if path.as_os_str() == "-" {
            return Err(TableError::ReadOnce {
                source_name: "standard input".to_string(),
            });
        }
        if is_pattern(path) && !path.exists() {
            let matches = matches(path)?;
            if matches.is_empty() {
                return Err(TableError::NoFiles {
                    pattern: path.display().to_string(),
                    what: "no file matches",
                    advice: "check the pattern (* stands for any characters but /, ? for one)",
                });
            }
            for path in matches {
                add(path, &mut files)?;
            }
        } else {
            add(path.clone(), &mut files)?;
        }
    }
    match files.is_empty() {
        false => Ok(files),
        true => Err(TableError::NoFiles {
            pattern: "no path".to_string(),
            what: "no file is given",
            advice: "give the path of a table",
        }),
    }
}

/// Adds a file, or those of a directory.
fn add(path: PathBuf, files: &mut Vec<PathBuf>) -> Result<(), TableError> {
    if !path.is_dir() {
        files.push(path);
        return Ok(());
    }
    let before = files.len();
    let tables = entries(&path)?.into_iter().filter(|name| is_table(name));
    files.extend(
        tables
            .map(|name| path.join(name))
            .filter(|file| !file.is_dir()),
    );
    match files.len() > before {
        true => Ok(()),
        false => Err(TableError::NoFiles {
            pattern: path.display().to_string(),
            what: "this directory has no file that ends with .parquet, .csv or .tsv (.gz, .zst)",
            advice: "give the paths of the tables, or a pattern such as 'data/*'",
        }),
    }
}

/// Whether a file of a directory is a table, by its name.
fn is_table(name: &str) -> bool {
    let name = name.to_lowercase();
    let text = name.strip_suffix(".gz").or(name.strip_suffix(".zst"));
    let text = text.unwrap_or(&name);
    let ends = name.ends_with(".parquet") || TEXTS.iter().any(|ending| text.ends_with(ending));
    ends && !name.starts_with(['.', '_'])
}

/// The names in a directory, sorted; those that are not UTF-8 left out.
fn entries(directory: &Path) -> Result<Vec<String>, TableError> {
    let names = |directory: &Path| -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(directory)? {
            names.extend(entry?.file_name().into_string());
        }
        names.sort_unstable();
        Ok(names)
    };
    names(directory).map_err(|cause| TableError::Open {
        source_name: directory.display().to_string(),
        cause,
    })
}

fn is_pattern(path: &Path) -> bool {
    path.to_str()
        .is_some_and(|path| path.contains(['*', '?', '[']))
}

/// The paths that a pattern matches, sorted by name.
fn matches(pattern: &Path) -> Result<Vec<PathBuf>, TableError> {
    let mut found = vec![PathBuf::new()];
    for part in pattern.components() {
        let text = part.as_os_str().to_str().unwrap_or_default();
        let special = matches!(part, Component::Normal(_)) && is_pattern(Path::new(text));
        let mut next = Vec::new();
        for path in found {
            if !special {
                next.push(path.join(part));
                continue;
            }
            let here = match path.as_os_str().is_empty() {
                true => Path::new("."),
                false => path.as_path(),
            };
            if !here.is_dir() {
                continue;
            }
            let names = entries(here)?.into_iter();
            let hidden = text.starts_with('.');
            let names = names.filter(|name| hidden || !name.starts_with('.'));
            next.extend(
                names
                    .filter(|name| fits(text, name))
                    .map(|name| path.join(name)),
            );
        }
        found = next;
    }
    found.retain(|path| path.exists());
    found.sort_unstable();
    Ok(found)
}

/// Whether a name fits a pattern of `*` (any characters), `?` (one) and `[ab0-9]`, `[!ab]` (one of
/// these, one other than these). A bracket that is not closed stands for itself.
fn fits(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (
        Vec::from_iter(pattern.chars()),
        Vec::from_iter(name.chars()),
    );
    let (mut at, mut here) = (0, 0);
    // Behind the last star, and the first character that it has not swallowed yet.
    let mut star: Option<(usize, usize)> = None;
    while here < name.len() {
        if pattern.get(at) == Some(&'*') {
            star = Some((at + 1, here));
            at += 1;
        } else if let Some(length) = one(&pattern[at..], name[here]) {
            (at, here) = (at + length, here + 1);
        } else if let Some((behind, swallowed)) = star {
            star = Some((behind, swallowed + 1));
            (at, here) = (behind, swallowed + 1);
        } else {
            return false;
        }
    }
    pattern[at..].iter().all(|&character| character == '*')
}

/// The length of the first element of a pattern if the character fits it.
fn one(pattern: &[char], character: char) -> Option<usize> {
    match pattern {
        ['?', ..] => Some(1),
        ['[', rest @ ..] => match class(rest) {
            Some((negated, members, length)) => {
                (contains(members, character) != negated).then_some(length + 1)
            }
            None => (character == '[').then_some(1),
        },
        [same, ..] => (*same == character).then_some(1),
        [] => None,
    }
}

/// What stands in brackets, and its length with the closing one.
fn class(rest: &[char]) -> Option<(bool, &[char], usize)> {
    let negated = matches!(rest, ['!' | '^', ..]);
    let start = usize::from(negated);
    // A bracket right at the start is a member.
    let end = rest.iter().skip(start + 1).position(|&c| c == ']')? + start + 1;
    Some((negated, &rest[start..end], end + 1))
}

fn contains(members: &[char], character: char) -> bool {
    let mut members = members;
    loop {
        members = match members {
            [from, '-', to, ..] if (*from..=*to).contains(&character) => return true,
            [_, '-', _, rest @ ..] => rest,
            [one, ..] if *one == character => return true,
            [_, rest @ ..] => rest,
            [] => return false,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, name, fit) in [
            ("*.csv", "a.csv", true),
            ("*.csv", ".csv", true),
            ("*.csv", "a.csv.gz", false),
            ("a*b*c", "aXbYbc", true),
            ("a*b*c", "aXcYb", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("é?", "éü", true),
            ("[a-c0-9].csv", "7.csv", true),
            ("[a-c0-9].csv", "d.csv", false),
            ("[!a].csv", "b.csv", true),
            ("[!a].csv", "a.csv", false),
            ("[]].csv", "].csv", true),
            ("[a.csv", "[a.csv", true),
            ("[a-]x", "-x", true),
            ("**", "", true),
            ("", "a", false),
        ] {
            assert_eq!(fits(pattern, name), fit, "{pattern} {name}");
        }
    }

    #[test]
    fn tables_of_a_directory_by_name() {
        for name in ["a.parquet", "a.CSV", "a.tsv.gz", "a.csv.zst"] {
            assert!(is_table(name), "{name}");
        }
        for name in [
            ".a.csv",
            "_a.parquet",
            "a.txt",
            "a.parquet.gz",
            "_SUCCESS",
            "a.gz",
        ] {
            assert!(!is_table(name), "{name}");
        }
    }
}
