use std::str::FromStr;

use thiserror::Error;

use super::{Expression, MOST_OPERATIONS, Operation};

/// Parentheses, signs and powers may be nested this deep.
const DEEPEST: usize = 100;

/// Why a text is no expression.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("at character {position} of the formula: {reason}")]
pub struct ParseError {
    /// Counts characters from 1.
    pub position: usize,
    /// What is wrong.
    pub reason: String,
}

impl Expression {
    /// Reads an expression: numbers, `+ - * / ^` (also `**`), parentheses, `pi`, functions
    /// (`sin cos tan asin acos atan tanh exp log ln sqrt abs sigmoid`, and `min(a, b)`,
    /// `max(a, b)`, `pow(a, b)`, `div(a, b)`), and the given names, the first of which is input 0.
    ///
    /// # Errors
    /// Names and signs that are unknown, a formula that ends early or is too long or deep.
    pub fn parse(text: &str, names: &[&str]) -> Result<Expression, ParseError> {
        read(text, &|name| names.iter().position(|known| *known == name))
    }
}

impl FromStr for Expression {
    type Err = ParseError;

    /// As [`Expression::parse`] with the inputs `x1`, `x2`, ...
    fn from_str(text: &str) -> Result<Expression, ParseError> {
        read(text, &|name| {
            let digits = name.strip_prefix('x')?;
            let plain = !digits.starts_with('0') && digits.len() <= 7;
            let number: usize = digits.parse().ok().filter(|_| plain)?;
            number.checked_sub(1)
        })
    }
}

fn read(text: &str, input: &dyn Fn(&str) -> Option<usize>) -> Result<Expression, ParseError> {
    let mut parser = Parser {
        characters: text.chars().collect(),
        position: 0,
        depth: 0,
        input,
    };
    let expression = parser.sum()?;
    match parser.next() {
        None => Ok(expression),
        Some(character) => Err(parser.error(&format!("\"{character}\" is not expected here"))),
    }
}

struct Parser<'a> {
    characters: Vec<char>,
    position: usize,
    depth: usize,
    input: &'a dyn Fn(&str) -> Option<usize>,
}

impl Parser<'_> {
    fn error(&self, reason: &str) -> ParseError {
        ParseError {
            position: self.position + 1,
            reason: reason.to_string(),
        }
    }

    /// The next character that is no space, not yet taken.
    fn next(&mut self) -> Option<char> {
        while self.characters.get(self.position)?.is_whitespace() {
            self.position += 1;
        }
        self.characters.get(self.position).copied()
    }

    fn take(&mut self, character: char) -> bool {
        let found = self.next() == Some(character);
        self.position += usize::from(found);
        found
    }

    fn expect(&mut self, character: char) -> Result<(), ParseError> {
        if self.take(character) {
            Ok(())
        } else {
            Err(self.error(&format!("a \"{character}\" is missing")))
        }
    }

    fn joined(
        &self,
        operation: Operation,
        left: &Expression,
        right: &Expression,
    ) -> Result<Expression, ParseError> {
        if left.size() + right.size() >= MOST_OPERATIONS {
            return Err(self.error("the formula is too long"));
        }
        Ok(Expression::binary(operation, left, right))
    }

    fn sum(&mut self) -> Result<Expression, ParseError> {
        let mut left = self.product()?;
        loop {
            let operation = match self.next() {
                Some('+') => Operation::Add,
                Some('-') => Operation::Subtract,
                _ => return Ok(left),
            };
            self.position += 1;
            let right = self.product()?;
            left = self.joined(operation, &left, &right)?;
        }
    }

    fn product(&mut self) -> Result<Expression, ParseError> {
        let mut left = self.signed()?;
        loop {
            let operation = match self.next() {
                Some('*') => Operation::Multiply,
                Some('/') => Operation::Divide,
                _ => return Ok(left),
            };
            self.position += 1;
            let right = self.signed()?;
            left = self.joined(operation, &left, &right)?;
        }
    }

    fn signed(&mut self) -> Result<Expression, ParseError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.error("the formula is nested too deep"));
        }
        let result = if self.take('-') {
            let argument = self.signed()?;
            match argument.operations() {
                [Operation::Constant(value)] => Expression::constant(-value),
                _ => Expression::unary(Operation::Negate, &argument),
            }
        } else if self.take('+') {
            self.signed()?
        } else {
            self.power()?
        };
        self.depth -= 1;
        Ok(result)
    }

    fn power(&mut self) -> Result<Expression, ParseError> {
        let base = self.atom()?;
        let starred =
            self.next() == Some('*') && self.characters.get(self.position + 1) == Some(&'*');
        if starred {
            self.position += 2;
        } else if !self.take('^') {
            return Ok(base);
        }
        // Powers are taken from the right: a^b^c is a^(b^c).
        let exponent = self.signed()?;
        self.joined(Operation::Power, &base, &exponent)
    }

    fn atom(&mut self) -> Result<Expression, ParseError> {
        match self.next() {
            Some('(') => {
                self.position += 1;
                let inside = self.sum()?;
                self.expect(')')?;
                Ok(inside)
            }
            Some(character) if character.is_ascii_digit() || character == '.' => self.number(),
            Some(character) if character.is_alphabetic() || character == '_' => self.name(),
            Some(character) => Err(self.error(&format!("\"{character}\" is not expected here"))),
            None => Err(self.error("the formula ends where a number or a name should stand")),
        }
    }

    fn number(&mut self) -> Result<Expression, ParseError> {
        let start = self.position;
        let digits = |parser: &mut Self| {
            while parser.at().is_some_and(|c| c.is_ascii_digit()) {
                parser.position += 1;
            }
        };
        digits(self);
        if self.at() == Some('.') {
            self.position += 1;
            digits(self);
        }
        if matches!(self.at(), Some('e' | 'E')) {
            let before = self.position;
            self.position += 1;
            if matches!(self.at(), Some('+' | '-')) {
                self.position += 1;
            }
            let first = self.position;
            digits(self);
            if self.position == first {
                self.position = before;
            }
        }
        let text: String = self.characters[start..self.position].iter().collect();
        match text.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(Expression::constant(value)),
            _ => {
                self.position = start;
                Err(self.error(&format!("\"{text}\" is not a number")))
            }
        }
    }

    fn at(&self) -> Option<char> {
        self.characters.get(self.position).copied()
    }

    fn name(&mut self) -> Result<Expression, ParseError> {
        let start = self.position;
        while self.at().is_some_and(|c| c.is_alphanumeric() || c == '_') {
            self.position += 1;
        }
        let name: String = self.characters[start..self.position].iter().collect();
        if let Some(index) = (self.input)(&name) {
            return Ok(Expression::input(index));
        }
        let two = match name.as_str() {
            "min" => Some(Operation::Min),
            "max" => Some(Operation::Max),
            "pow" => Some(Operation::Power),
            "div" => Some(Operation::Divide),
            _ => None,
        };
        let function = Operation::FUNCTIONS
            .iter()
            .find(|(known, _)| *known == name);
        if let Some(operation) = two {
            self.expect('(')?;
            let left = self.sum()?;
            self.expect(',')?;
            let right = self.sum()?;
            self.expect(')')?;
            return self.joined(operation, &left, &right);
        }
        if let Some((_, operation)) = function {
            self.expect('(')?;
            let argument = self.sum()?;
            self.expect(')')?;
            return Ok(Expression::unary(*operation, &argument));
        }
        if name == "pi" {
            return Ok(Expression::constant(std::f64::consts::PI));
        }
        self.position = start;
        Err(self.error(&format!("\"{name}\" is neither an input nor a function")))
    }
}
