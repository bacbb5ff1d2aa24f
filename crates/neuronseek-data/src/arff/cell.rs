//! One cell after another of a line.

use super::Problem;

/// A cell as it stands in a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cell {
    /// Without quotes and escapes.
    pub text: String,
    /// Whether it stood in quotes.
    pub quoted: bool,
    /// Its first letter in the line, counted from 0.
    pub at: usize,
}

impl Cell {
    /// Whether the cell says that its value is missing.
    pub fn is_missing(&self) -> bool {
        !self.quoted && self.text == "?"
    }
}

/// A place in a line.
pub(super) struct Cursor {
    letters: Vec<char>,
    at: usize,
}

impl Cursor {
    /// The start of a line.
    pub fn new(line: &str) -> Cursor {
        Cursor {
            letters: line.chars().collect(),
            at: 0,
        }
    }

    /// The place, counted in letters from 0.
    pub fn at(&self) -> usize {
        self.at
    }

    /// The letter here.
    pub fn peek(&self) -> Option<char> {
        self.letters.get(self.at).copied()
    }

    /// Goes past white space; a comment, which a `%` here begins, goes to the end of the line.
    pub fn skip_blank(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
        if self.peek() == Some('%') {
            self.at = self.letters.len();
        }
    }

    /// Goes past this letter if it is here.
    pub fn take(&mut self, letter: char) -> bool {
        let here = self.peek() == Some(letter);
        self.at += usize::from(here);
        here
    }

    /// Whether the line has a comma outside quotes from here on.
    pub fn has_comma(&self) -> bool {
        let mut quote = None;
        let mut letters = self.letters[self.at..].iter();
        while let Some(&letter) = letters.next() {
            match quote {
                Some(_) if letter == '\\' => {
                    letters.next();
                }
                Some(open) if letter == open => quote = None,
                Some(_) => {}
                None if letter == ',' => return true,
                None if letter == '\'' || letter == '"' => quote = Some(letter),
                None => {}
            }
        }
        false
    }

    /// Reads a cell that one of `ends` ends when it stands outside quotes, or the end of the
    /// line. With `spaces`, white space may stand within a cell without quotes and does not end
    /// it. White space around the cell is not part of it. The letter that ends it stays.
    pub fn cell(&mut self, ends: &[char], spaces: bool) -> Result<Cell, Problem> {
        self.skip_blank();
        let at = self.at;
        match self.peek() {
            Some(quote @ ('\'' | '"')) => {
                self.at += 1;
                let text = self.quoted(quote)?;
                let after = self.at;
                self.skip_blank();
                let apart = after < self.at && !spaces;
                match self.peek() {
                    Some(letter) if !apart && !ends.contains(&letter) => Err(Problem::new(
                        self.at,
                        format!(
                            "\"{letter}\" after the closing quote; escape a quote within a text as \\{quote}"
                        ),
                    )),
                    _ => Ok(Cell {
                        text,
                        quoted: true,
                        at,
                    }),
                }
            }
            _ => {
                let open =
                    |letter: char| !ends.contains(&letter) && (spaces || !letter.is_whitespace());
                while self.peek().is_some_and(open) {
                    self.at += 1;
                }
                let text: String = self.letters[at..self.at].iter().collect();
                let text = text.trim_end().to_string();
                if text.is_empty() {
                    return Err(Problem::new(
                        at,
                        "a value is missing; ARFF marks a missing value with ?",
                    ));
                }
                Ok(Cell {
                    text,
                    quoted: false,
                    at,
                })
            }
        }
    }

    /// The rest of a text in quotes; the opening one is behind.
    fn quoted(&mut self, quote: char) -> Result<String, Problem> {
        let opened = self.at - 1;
        let mut text = String::new();
        while let Some(letter) = self.peek() {
            self.at += 1;
            match letter {
                '\\' => text.push(self.escape()?),
                _ if letter == quote => return Ok(text),
                _ => text.push(letter),
            }
        }
        Err(Problem::new(opened, "this quote is not closed in its line"))
    }

    /// What stands for the letters after a backslash.
    fn escape(&mut self) -> Result<char, Problem> {
        let at = self.at;
        let Some(letter) = self.peek() else {
            return Err(Problem::new(at, "the line ends after a backslash"));
        };
        self.at += 1;
        Ok(match letter {
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let digits: Option<String> = self
                    .letters
                    .get(self.at..self.at + 4)
                    .map(|digits| digits.iter().collect());
                let code = digits.and_then(|digits| u32::from_str_radix(&digits, 16).ok());
                let Some(letter) = code.and_then(char::from_u32) else {
                    return Err(Problem::new(
                        at,
                        "\\u needs four hexadecimal digits of a letter",
                    ));
                };
                self.at += 4;
                letter
            }
            other => other,
        })
    }
}
