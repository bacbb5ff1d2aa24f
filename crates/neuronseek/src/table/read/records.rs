//! Cuts delimited text into records and cells.
//!
//! The `csv` crate does this too, but tells neither the line of a record after blank lines or
//! CRLF, nor a quote that is never closed (it swallows the rest of the file into one cell), nor
//! whether a cell was quoted; messages and trimming need all three. The tests compare with it.
//!
//! A record ends at LF, CRLF or CR; blank lines are skipped. A cell whose first character other
//! than a space is `"` extends to the closing quote; `""` inside is a quote; what follows the
//! closing quote up to the separator belongs to the cell. Cells without quotes are trimmed.

use std::io::{self, Read};

use memchr::{memchr, memchr_iter, memchr2, memchr3};

/// The most bytes of one record, so that a quote left open cannot fill the memory.
pub(super) const MAX_RECORD: usize = 64 << 20;

const FIRST_BUFFER: usize = 128 << 10;

/// Why there is no next record.
#[derive(Debug)]
pub(super) enum RecordError {
    /// The reader failed.
    Io(io::Error),
    /// The quote opened in the record that begins at this line is not closed.
    OpenQuote { line: u64 },
    /// The record that begins at this line is longer than [`MAX_RECORD`].
    Long { line: u64 },
}

/// One record.
pub(super) struct Record<'a> {
    /// The line at which it begins, counted from 1.
    pub line: u64,
    bytes: &'a [u8],
    spans: &'a [Span],
}

impl<'a> Record<'a> {
    /// The number of cells.
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// The cells; those without quotes trimmed of spaces and tabs.
    pub fn cells(&self) -> impl Iterator<Item = &'a [u8]> {
        let bytes = self.bytes;
        self.spans.iter().map(move |span| {
            let cell = &bytes[span.start..span.end];
            if span.quoted { cell } else { cell.trim_ascii() }
        })
    }

    /// Whether there is nothing but spaces.
    pub fn is_blank(&self) -> bool {
        matches!(self.spans, [Span { quoted: false, .. }]) && self.bytes.trim_ascii().is_empty()
    }
}

#[derive(Clone, Copy)]
struct Span {
    start: usize,
    end: usize,
    quoted: bool,
}

/// A stream of records.
pub(super) struct Records<R> {
    reader: R,
    separator: u8,
    /// Bytes `start..end` are read and not yet cut.
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// No more bytes come; `failure` says why if it is not the end of the data.
    ended: bool,
    failure: Option<io::Error>,
    /// The line at `start`.
    line: u64,
    /// The last record ended with CR: an LF at `start` belongs to it.
    after_return: bool,
    spans: Vec<Span>,
    /// The cells of a record with quotes, without the quotes.
    unquoted: Vec<u8>,
}

/// How far a record reaches.
enum Extent {
    /// Its bytes with the line end, and how many line ends lie within quotes.
    Whole { length: usize, inner_lines: u64 },
    /// The buffer ends before the record does; within quotes or not.
    Cut { in_quotes: bool },
}

impl<R: Read> Records<R> {
    /// Cuts what `reader` yields; the separator is a comma until it is set.
    pub fn new(reader: R) -> Records<R> {
        Records {
            reader,
            separator: b',',
            buffer: vec![0; FIRST_BUFFER],
            start: 0,
            end: 0,
            ended: false,
            failure: None,
            line: 1,
            after_return: false,
            spans: Vec::new(),
            unquoted: Vec::new(),
        }
    }

    /// The first bytes of the data, many of them unless the data ends before.
    pub fn peek(&mut self) -> &[u8] {
        if self.end == 0 {
            self.fill();
        }
        &self.buffer[self.start..self.end]
    }

    /// Drops bytes that are no cells, such as a byte order mark.
    pub fn skip(&mut self, bytes: usize) {
        self.start = (self.start + bytes).min(self.end);
    }

    /// Sets the separator.
    pub fn separate_at(&mut self, separator: u8) {
        self.separator = separator;
    }

    /// The next record; `None` at the end.
    pub fn next(&mut self) -> Result<Option<Record<'_>>, RecordError> {
        self.skip_blank_lines()?;
        let line = self.line;
        let (length, inner_lines, quoted) = loop {
            if self.start == self.end {
                return match self.failure.take() {
                    Some(failure) => Err(RecordError::Io(failure)),
                    None => Ok(None),
                };
            }
            let in_quotes = match self.extent() {
                (
                    Extent::Whole {
                        length,
                        inner_lines,
                    },
                    quoted,
                ) => {
                    break (length, inner_lines, quoted);
                }
                (Extent::Cut { in_quotes }, _) => in_quotes,
            };
            if self.ended {
                // A whole record would have been given out; this one is cut by a failure, or by
                // the end of the data within quotes.
                return Err(match self.failure.take() {
                    Some(failure) => RecordError::Io(failure),
                    None if in_quotes => RecordError::OpenQuote { line },
                    None => RecordError::Io(io::ErrorKind::UnexpectedEof.into()),
                });
            }
            if self.end - self.start >= MAX_RECORD {
                return Err(RecordError::Long { line });
            }
            self.fill();
        };
        let record = &self.buffer[self.start..self.start + length];
        self.start += length;
        self.line += inner_lines;
        if let Some(b'\n' | b'\r') = record.last() {
            self.line += 1;
            self.after_return = record.last() == Some(&b'\r');
        }
        Ok(Some(Record {
            line,
            bytes: if quoted { &self.unquoted } else { record },
            spans: &self.spans,
        }))
    }

    fn skip_blank_lines(&mut self) -> Result<(), RecordError> {
        loop {
            if self.start == self.end && !self.ended {
                self.fill();
            }
            match self.buffer[self.start..self.end].first() {
                Some(b'\n') if self.after_return => self.after_return = false,
                Some(b'\n') => self.line += 1,
                Some(b'\r') => {
                    self.line += 1;
                    self.after_return = true;
                }
                _ => {
                    self.after_return = false;
                    return Ok(());
                }
            }
            self.start += 1;
        }
    }

    /// Cuts the record at `start` into cells; whether it has quotes.
    fn extent(&mut self) -> (Extent, bool) {
        let bytes = &self.buffer[self.start..self.end];
        let line_end = memchr2(b'\n', b'\r', bytes);
        let quote = memchr(b'"', &bytes[..line_end.unwrap_or(bytes.len())]);
        if quote.is_some() {
            return (self.cut_with_quotes(), true);
        }
        let end = match line_end {
            Some(end) => end,
            None if self.ended && self.failure.is_none() => bytes.len(),
            None => return (Extent::Cut { in_quotes: false }, false),
        };
        self.spans.clear();
        let mut start = 0;
        for position in memchr_iter(self.separator, &bytes[..end]).chain([end]) {
            self.spans.push(Span {
                start,
                end: position,
                quoted: false,
            });
            start = position + 1;
        }
        let whole = Extent::Whole {
            length: end + usize::from(line_end.is_some()),
            inner_lines: 0,
        };
        (whole, false)
    }

    /// Cuts a record that has quotes, into `unquoted`.
    fn cut_with_quotes(&mut self) -> Extent {
        let bytes = &self.buffer[self.start..self.end];
        self.spans.clear();
        self.unquoted.clear();
        let mut at = 0;
        let mut inner_lines = 0;
        loop {
            let start = self.unquoted.len();
            let spaces = bytes[at..].iter().take_while(|&&byte| byte == b' ').count();
            let quoted = bytes.get(at + spaces) == Some(&b'"');
            if quoted {
                at += spaces + 1;
                let Some(length) = take_quoted(&bytes[at..], &mut self.unquoted, self.ended) else {
                    return Extent::Cut { in_quotes: true };
                };
                inner_lines += memchr_iter(b'\n', &bytes[at..at + length]).count() as u64;
                at += length;
            }
            let end = memchr3(self.separator, b'\n', b'\r', &bytes[at..]).map(|end| at + end);
            if end.is_none() && (!self.ended || self.failure.is_some()) {
                return Extent::Cut { in_quotes: false };
            }
            let rest = &bytes[at..end.unwrap_or(bytes.len())];
            let rest = if quoted { rest.trim_ascii_end() } else { rest };
            self.unquoted.extend_from_slice(rest);
            self.spans.push(Span {
                start,
                end: self.unquoted.len(),
                quoted,
            });
            match end {
                Some(end) if bytes[end] == self.separator => at = end + 1,
                _ => {
                    return Extent::Whole {
                        length: end.map_or(bytes.len(), |end| end + 1),
                        inner_lines,
                    };
                }
            }
        }
    }

    /// Reads until the buffer is full, or the data ends.
    fn fill(&mut self) {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        if self.end == self.buffer.len() {
            self.buffer.resize(2 * self.buffer.len(), 0);
        }
        while self.end < self.buffer.len() {
            match self.reader.read(&mut self.buffer[self.end..]) {
                Ok(0) => {
                    self.ended = true;
                    return;
                }
                Ok(length) => self.end += length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.ended = true;
                    self.failure = Some(error);
                    return;
                }
            }
        }
    }
}

/// Copies up to the closing quote and gives back the length with that quote; `None` when it does
/// not come, or when the quote is the last byte and more bytes may follow.
fn take_quoted(bytes: &[u8], target: &mut Vec<u8>, ended: bool) -> Option<usize> {
    let mut at = 0;
    loop {
        let quote = at + memchr(b'"', &bytes[at..])?;
        target.extend_from_slice(&bytes[at..quote]);
        match bytes.get(quote + 1) {
            Some(b'"') => {
                target.push(b'"');
                at = quote + 2;
            }
            None if !ended => return None,
            _ => return Some(quote + 1),
        }
    }
}

#[cfg(test)]
mod tests;
