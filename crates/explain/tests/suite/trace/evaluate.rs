//! Evaluates formulas as they are printed: plain loops over the text of the signs and the numbers of the quantities, in
//! f64. It knows nothing of how a trace is made.

use chainrule_explain::trace::{Formula, Matrix, Term};
use chainrule_model::network::parse_activation;
use chainrule_model::{MatRef, Mlp, Workspace};

/// A matrix; a single number is 1 x 1.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Numbers {
    pub(crate) rows: usize,
    pub(crate) cols: usize,
    pub(crate) values: Vec<f64>,
}

impl Numbers {
    fn scalar(value: f64) -> Self {
        Numbers { rows: 1, cols: 1, values: vec![value] }
    }

    fn of(matrix: &Matrix, transposed: bool) -> Self {
        let (rows, cols) = (matrix.rows(), matrix.cols());
        match transposed {
            false => Numbers { rows, cols, values: matrix.values().to_vec() },
            true => Self::from_fn(cols, rows, |i, j| matrix.get(j, i)),
        }
    }

    fn from_fn(rows: usize, cols: usize, element: impl Fn(usize, usize) -> f64) -> Self {
        let element = &element;
        Numbers { rows, cols, values: (0..rows).flat_map(|i| (0..cols).map(move |j| element(i, j))).collect() }
    }

    fn at(&self, i: usize, j: usize) -> f64 {
        self.values[i * self.cols + j]
    }

    fn map(&self, f: impl Fn(f64) -> f64) -> Self {
        Numbers { values: self.values.iter().map(|&v| f(v)).collect(), ..*self }
    }

    /// Element by element; a single row, column or number serves for all.
    fn zip(&self, other: &Self, f: impl Fn(f64, f64) -> f64) -> Self {
        let (rows, cols) = (self.rows.max(other.rows), self.cols.max(other.cols));
        let fits = |side: &Self| [1, rows].contains(&side.rows) && [1, cols].contains(&side.cols);
        assert!(fits(self) && fits(other), "{}x{} with {}x{}", self.rows, self.cols, other.rows, other.cols);
        let get = |side: &Self, i: usize, j: usize| side.at(i.min(side.rows - 1), j.min(side.cols - 1));
        Self::from_fn(rows, cols, |i, j| f(get(self, i, j), get(other, i, j)))
    }

    fn product(&self, other: &Self) -> Self {
        assert_eq!(self.cols, other.rows, "the inner sides of a product");
        Self::from_fn(self.rows, other.cols, |i, j| (0..self.cols).map(|k| self.at(i, k) * other.at(k, j)).sum())
    }

    fn sum_of_rows(&self) -> Self {
        Self::from_fn(1, self.cols, |_, j| (0..self.rows).map(|i| self.at(i, j)).sum())
    }

    fn sum_of_each_row(&self) -> Self {
        Self::from_fn(self.rows, 1, |i, _| (0..self.cols).map(|j| self.at(i, j)).sum())
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Value(Numbers),
    Word(String),
    Sign(char),
}

/// The value of a formula. `gradient_norm` is what `|all gradients|` stands for, `classes` the width of one-hot rows.
pub(crate) fn evaluate(formula: &Formula, gradient_norm: f64, classes: usize) -> Numbers {
    let mut tokens = Vec::new();
    for term in &formula.0 {
        match term {
            Term::Value { value, transposed, .. } => tokens.push(Token::Value(Numbers::of(value, *transposed))),
            Term::Sign(sign) => lex(&sign.text, gradient_norm, &mut tokens),
        }
    }
    let mut parser = Parser { tokens, at: 0, classes };
    let value = parser.comparison();
    assert_eq!(parser.at, parser.tokens.len(), "left over in {}", formula.text());
    value
}

fn lex(text: &str, gradient_norm: f64, tokens: &mut Vec<Token>) {
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        let length = if let Some(behind) = rest.strip_prefix("|all gradients|") {
            tokens.push(Token::Value(Numbers::scalar(gradient_norm)));
            rest.len() - behind.len()
        } else if first.is_ascii_digit() {
            // The longest that reads as a number: `1e-6` and not 1.
            let ends = (1..=rest.len()).rev().filter(|end| rest.is_char_boundary(*end));
            let length = ends.into_iter().find(|end| rest[..*end].parse::<f64>().is_ok()).unwrap();
            tokens.push(Token::Value(Numbers::scalar(rest[..length].trim().parse().unwrap())));
            length
        } else if first.is_alphabetic() {
            let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
            tokens.push(Token::Word(rest[..length].to_owned()));
            length
        } else {
            tokens.push(Token::Sign(first));
            first.len_utf8()
        };
        rest = rest[length..].trim_start();
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    classes: usize,
}

impl Parser {
    fn is(&self, sign: char) -> bool {
        self.tokens.get(self.at) == Some(&Token::Sign(sign))
    }

    fn take(&mut self, sign: char) -> bool {
        let found = self.is(sign);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, sign: char) {
        assert!(self.take(sign), "{sign} is missing at {} of {:?}", self.at, self.tokens);
    }

    fn comparison(&mut self) -> Numbers {
        let left = self.sum();
        let truth = |is_true: bool| f64::from(u8::from(is_true));
        if self.take('>') {
            return left.zip(&self.sum(), |a, b| truth(a > b));
        }
        if self.take('=') {
            return left.zip(&self.sum(), |a, b| truth(a == b));
        }
        left
    }

    fn sum(&mut self) -> Numbers {
        let mut left = if self.take('-') { self.product().map(|v| -v) } else { self.product() };
        loop {
            if self.take('+') {
                left = left.zip(&self.product(), |a, b| a + b);
            } else if self.take('-') {
                left = left.zip(&self.product(), |a, b| a - b);
            } else {
                return left;
            }
        }
    }

    fn product(&mut self) -> Numbers {
        let mut left = self.power();
        loop {
            if self.take('*') {
                left = left.zip(&self.power(), |a, b| a * b);
            } else if self.take('/') {
                left = left.zip(&self.power(), |a, b| a / b);
            } else if matches!(self.tokens.get(self.at), Some(Token::Value(_) | Token::Word(_))) {
                left = left.product(&self.power());
            } else {
                return left;
            }
        }
    }

    fn power(&mut self) -> Numbers {
        let base = self.atom();
        if self.take('^') { base.zip(&self.atom(), f64::powf) } else { base }
    }

    fn atom(&mut self) -> Numbers {
        if self.take('(') {
            let inside = self.comparison();
            self.expect(')');
            return inside;
        }
        let token = self.tokens[self.at].clone();
        self.at += 1;
        match token {
            Token::Value(numbers) => numbers,
            Token::Word(name) => self.call(name),
            Token::Sign(sign) => panic!("{sign} at {} of {:?}", self.at, self.tokens),
        }
    }

    fn call(&mut self, mut name: String) -> Numbers {
        let mut is_slope = self.take('\'');
        self.expect('(');
        let mut first = self.comparison();
        // A second bracket follows: what stood in the first is the function's own number.
        let closed = self.take(')');
        let is_number = closed && !is_slope;
        is_slope |= closed && self.take('\'');
        if is_number && (is_slope || self.is('(')) {
            name = format!("{name}({})", first.values[0]);
            self.expect('(');
            first = self.comparison();
            self.expect(')');
        } else if !closed {
            self.expect(',');
            let second = self.comparison();
            self.expect(')');
            return first.zip(&second, if name == "min" { f64::min } else { f64::max });
        }
        match name.as_str() {
            "log" => first.map(f64::ln),
            "abs" => first.map(f64::abs),
            "sign" => first.map(|v| if v == 0.0 { 0.0 } else { v.signum() }),
            "exp" => first.map(f64::exp),
            "sqrt" => first.map(f64::sqrt),
            "sum" => Numbers::scalar(first.values.iter().sum()),
            "mean" => Numbers::scalar(first.values.iter().sum::<f64>() / first.values.len() as f64),
            "sum_of_rows" => first.sum_of_rows(),
            "sum_of_each_row" => first.sum_of_each_row(),
            "mean_of_rows" => first.sum_of_rows().map(|sum| sum / first.rows as f64),
            "mean_of_each_row" => first.sum_of_each_row().map(|sum| sum / first.cols as f64),
            "one_hot" => {
                Numbers::from_fn(first.rows, self.classes, |i, j| f64::from(u8::from(first.at(i, 0) == j as f64)))
            }
            "argmax_of_rows" => Numbers::from_fn(first.rows, 1, |i, _| {
                let row = &first.values[i * first.cols..(i + 1) * first.cols];
                row.iter().position(|v| row.iter().all(|other| other <= v)).unwrap() as f64
            }),
            "softmax" => {
                let powers = first.map(f64::exp);
                powers.zip(&powers.sum_of_each_row(), |p, sum| p / sum)
            }
            "log_softmax" => {
                let sums = first.map(f64::exp).sum_of_each_row();
                first.zip(&sums, |z, sum| z - sum.ln())
            }
            _ if is_slope => {
                // From the left, as at a kink the slope below counts; of second order.
                let f = |z| activation(&name, z);
                first.map(|z| {
                    // Not beyond a kink that is very near.
                    let h = if name.contains("relu") && z != 0.0 { (z.abs() / 4.0).min(1e-6) } else { 1e-6 };
                    (3.0 * f(z) - 4.0 * f(z - h) + f(z - 2.0 * h)) / (2.0 * h)
                })
            }
            _ => first.map(|z| activation(&name, z)),
        }
    }
}

/// Any activation that the model knows, of one number: asked of a network that does nothing else.
fn activation(name: &str, z: f64) -> f64 {
    let activation = parse_activation(name).unwrap_or_else(|error| panic!("{error}"));
    let mut mlp = Mlp::builder(1).dense(1).activation(activation).build_as::<f64>().unwrap();
    mlp.params_mut().copy_from_slice(&[1.0, 0.0]);
    let mut workspace = Workspace::new(&mlp, 1);
    mlp.forward(MatRef::new(&[z], 1, 1), &mut workspace).unwrap().get(0, 0)
}
