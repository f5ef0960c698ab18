//! The options about data that several commands share: how text is read, and which columns are what.

use std::path::{Path, PathBuf};

use chainrule::data::{
    Decimal, Delimiter, Examples, Fitted, Memory, Missing, Request, Schema, Source, TextFormat, Unknown,
};
use chainrule::{Loss, Task};
use clap::Args;
use clap::builder::TypedValueParser;

use crate::escape::typed;
use crate::failure::Failure;
use crate::known;
use crate::limits::{in_units, limits};
use crate::values::{self, Parsed};

/// Delimiters that have names.
const DELIMITERS: &[&str] = &["comma", "semicolon", "tab", "pipe", "spaces"];

/// How text files are read, those of a command that are text. What is not given is told by the first lines, and shown.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Data")]
pub(crate) struct TextArgs {
    /// What separates the cells of text files: comma, semicolon, tab, pipe, spaces (runs of them), or a character. Refused, as --decimal,
    /// --header and --skip-lines, where no file of the command is text [default: told by the first lines]
    #[arg(long, value_name = "WHAT", value_parser = known::hinted(delimiter, DELIMITERS), hide_possible_values = true)]
    delimiter: Option<Delimiter>,
    /// How fractions are written in text files: point or comma [default: told by the first lines]
    #[arg(long, value_name = "SIGN", value_parser = decimal())]
    decimal: Option<Decimal>,
    /// Whether the first line of text files names the columns [default: told by the first lines]
    #[arg(long, value_name = "YES/NO", value_parser = yes_or_no())]
    header: Option<bool>,
    /// Lines above the table that text files begin with and that are passed over: titles, comments
    #[arg(long, value_name = "N", default_value = "0")]
    skip_lines: usize,
    /// Columns whose numbers, or amounts such as $5, are names of categories, by name or by number from 1, separated by commas; one of
    /// the file of --labels by its name, or by FILE:NUMBER
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    categories: Vec<String>,
    /// Columns in which NA, NaN, null, ? and the like are texts as any others, such as NA for Namibia: only an empty cell is a
    /// missing value there
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    na_as_text: Vec<String>,
}

impl TextArgs {
    /// The options that are given and say how text is read: of other files they say nothing.
    pub(crate) fn given(&self) -> Vec<&'static str> {
        let given = [
            ("--delimiter", self.delimiter.is_some()),
            ("--decimal", self.decimal.is_some()),
            ("--header", self.header.is_some()),
            ("--skip-lines", self.skip_lines > 0),
        ];
        given.iter().filter(|(_, is_given)| *is_given).map(|(option, _)| *option).collect()
    }

    /// The same, and the one that says which columns are categories, of any file.
    pub(crate) fn given_of_any(&self) -> Vec<&'static str> {
        self.given().into_iter().chain(self.of_columns()).collect()
    }

    /// Those that say what columns hold.
    fn of_columns(&self) -> impl Iterator<Item = &'static str> {
        let of_columns = [("--categories", &self.categories), ("--na-as-text", &self.na_as_text)];
        of_columns.into_iter().filter(|(_, columns)| !columns.is_empty()).map(|(option, _)| option)
    }

    /// The options that other commands need for the same file, as they are typed, each behind a blank.
    fn needed_again(&self) -> String {
        let mut words = Vec::new();
        if let Some(delimiter) = self.delimiter {
            let name = match delimiter {
                Delimiter::Byte(byte) if !matches!(byte, b',' | b';' | b'\t' | b'|') => char::from(byte).to_string(),
                named => named.to_string(),
            };
            words.extend(["--delimiter".to_owned(), name]);
        }
        if let Some(decimal) = self.decimal {
            let name = if decimal == Decimal::Comma { "comma" } else { "point" };
            words.extend(["--decimal".to_owned(), name.to_owned()]);
        }
        if self.skip_lines > 0 {
            words.extend(["--skip-lines".to_owned(), self.skip_lines.to_string()]);
        }
        if let Some(header) = self.header {
            words.extend(["--header".to_owned(), if header { "yes" } else { "no" }.to_owned()]);
        }
        for (option, columns) in [("--categories", &self.categories), ("--na-as-text", &self.na_as_text)] {
            if !columns.is_empty() {
                words.extend([option.to_owned(), columns.join(",")]);
            }
        }
        words.iter().map(|word| format!(" {}", typed(word))).collect()
    }

    pub(crate) fn format(&self) -> TextFormat {
        let TextArgs { delimiter, decimal, header, skip_lines, categories, na_as_text } = self.clone();
        TextFormat { delimiter, decimal, header, categories, na_as_text, skip_lines, ..TextFormat::default() }
    }
}

/// Which columns are learned, and from which.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Data")]
pub(crate) struct ColumnArgs {
    /// The columns of --data that are predicted, by name or by number from 1, separated by commas
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    pub(crate) target: Vec<String>,
    /// A file of its own with the targets, a row for each row of --data
    #[arg(long, value_name = "FILE")]
    pub(crate) labels: Option<PathBuf>,
    /// The columns that are learned from [default: all but the target, and texts that only name the rows]
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    features: Option<Vec<String>>,
    /// Columns to leave out; with --features all others are
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',', conflicts_with = "features")]
    drop: Vec<String>,
    /// What is predicted: classification, binary (yes or no), multi-label, regression [default: from the model, --loss, or
    /// the target: texts and up to 20 different whole numbers are classes]
    #[arg(long, value_name = "TASK", value_parser = known::task(), hide_possible_values = true)]
    pub(crate) task: Option<Task>,
    /// What to do about missing values (empty, NA, NaN, null, ?): mean, median, most-frequent, drop (their rows), or
    /// indicator (the median and a column that marks them) [default: refuse them]
    #[arg(long, value_name = "HOW", value_parser = known::missing(), hide_possible_values = true)]
    missing: Option<Missing>,
    #[command(flatten)]
    text: TextArgs,
}

impl ColumnArgs {
    /// What is asked for about missing values.
    pub(crate) fn missing(&self) -> Option<Missing> {
        self.missing
    }

    /// The options that say how text is read, of those that are given.
    pub(crate) fn of_text(&self) -> Vec<&'static str> {
        self.text.given()
    }

    /// The options about text that other commands need for the same file, as they are typed, each behind a blank.
    pub(crate) fn needed_again(&self) -> String {
        // Of which columns may be in the file of labels, and the model knows its own.
        let unlabelled = TextArgs { categories: Vec::new(), na_as_text: Vec::new(), ..self.text.clone() };
        if self.labels.is_some() { unlabelled.needed_again() } else { self.text.needed_again() }
    }

    /// All options that are given.
    pub(crate) fn given(&self) -> Vec<&'static str> {
        let given = [
            ("--target", !self.target.is_empty()),
            ("--labels", self.labels.is_some()),
            ("--features", self.features.is_some()),
            ("--drop", !self.drop.is_empty()),
            ("--task", self.task.is_some()),
            ("--missing", self.missing.is_some()),
        ];
        let given = given.iter().filter(|(_, is_given)| *is_given).map(|(option, _)| *option);
        given.chain(self.text.given_of_any()).collect()
    }

    /// Those that are given and are about columns or what stands in them, which images do not have.
    pub(crate) fn of_tables(&self) -> Vec<&'static str> {
        let of_tables = ["--target", "--features", "--drop", "--missing", "--categories", "--na-as-text"];
        self.given().into_iter().filter(|option| of_tables.contains(option)).collect()
    }

    /// The option that names the columns that are learned from or left out, if one is given.
    pub(crate) fn chosen(&self) -> Option<&'static str> {
        self.given().into_iter().find(|option| matches!(*option, "--features" | "--drop"))
    }

    /// The same, or the one that says which of them are categories.
    pub(crate) fn chosen_features(&self) -> Option<&'static str> {
        self.chosen().or(self.text.of_columns().next())
    }

    /// A request for the rows of a source.
    pub(crate) fn request(&self, source: &Source, labels: Option<&Path>, loss: Option<Loss>) -> Request {
        let mut request = Request::new(source.clone());
        request.labels = labels.map(Path::to_path_buf);
        request.format = self.text.format();
        request.target = self.target.clone();
        request.features = self.features.clone();
        request.drop = self.drop.clone();
        request.task = self.task;
        request.loss = loss;
        request.missing = self.missing;
        request.limits = limits();
        request
    }
}

/// How much memory rows may take.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Data")]
pub(crate) struct MemoryArgs {
    /// Keep the memory that rows take below this: 512M, 2G, ...; the rest goes to scratch files, which are deleted even if the
    /// command is killed. The result does not depend on it. The program, its threads and the network take some 100M more
    /// [default: all rows in memory]
    #[arg(long, value_name = "SIZE", value_parser = crate::limits::size)]
    memory: Option<u64>,
    /// The folder of the scratch files, best on a fast disk: they take 8 bytes for each number that is read, and 4 (8 in f64)
    /// for each feature [default: TMPDIR, or /tmp]
    #[arg(long, value_name = "FOLDER", requires = "memory")]
    scratch: Option<PathBuf>,
}

impl MemoryArgs {
    /// The options as they are typed again, each behind a blank.
    pub(crate) fn needed_again(&self) -> String {
        let memory = self.memory.map(|bytes| format!(" --memory {}", in_units(bytes)));
        let scratch =
            self.scratch.as_ref().map(|folder| format!(" --scratch {}", typed(&folder.display().to_string())));
        memory.unwrap_or_default() + &scratch.unwrap_or_default()
    }

    pub(crate) fn memory(&self) -> Option<Memory> {
        let memory = Memory::new(self.memory?);
        Some(match &self.scratch {
            Some(folder) => memory.in_folder(folder),
            None => memory,
        })
    }
}

/// What only training asks of data.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Data")]
pub(crate) struct FittingArgs {
    /// What predictions do about a category that training did not see: error (refuse it), or zeros
    /// [default: error, or from --init's file]
    #[arg(long, value_name = "HOW", value_parser = unknown())]
    unknown: Option<Unknown>,
    /// Keep rows with the same value in this column together when they are split
    #[arg(long, value_name = "COLUMN")]
    group: Option<String>,
    /// A column that says how much each row counts while the network learns
    #[arg(long, value_name = "COLUMN")]
    row_weights: Option<String>,
    /// Columns of numbers, the target of a regression among them, that are learned as ln(1 + x): prices, areas, counts. Undone
    /// in predictions and figures
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    log1p: Vec<String>,
}

impl FittingArgs {
    /// Whether logarithms are asked for.
    pub(crate) fn takes_logarithms(&self) -> bool {
        !self.log1p.is_empty()
    }

    /// Whether a category that training did not see is no error.
    pub(crate) fn takes_unknown(&self) -> bool {
        self.unknown == Some(Unknown::Zeros)
    }

    /// What is asked for about categories that training did not see.
    pub(crate) fn unknown(&self) -> Option<Unknown> {
        self.unknown
    }

    /// Refuses what is asked about categories where there are none.
    pub(crate) fn refuse_unknown_of_none(&self, examples: &Examples, fitted: &Fitted) -> Result<(), Failure> {
        let has_some = |schema: &Schema| (0..schema.column_names().len()).any(|at| schema.categories(at).is_some());
        match self.takes_unknown() && examples.is_table() && !fitted.schema().is_some_and(has_some) {
            true => Err(Self::no_categories()),
            false => Ok(()),
        }
    }

    /// Why `--unknown` is refused where no column has categories.
    pub(crate) fn no_categories() -> Failure {
        Failure::Usage(
            "--unknown is about categories, and no column that is learned from has some: leave it out, or name some by --categories"
                .to_owned(),
        )
    }

    /// The column that keeps rows together, if one is given.
    pub(crate) fn group(&self) -> Option<&str> {
        self.group.as_deref()
    }

    /// The column that says how much each row counts, if one is given.
    pub(crate) fn row_weights(&self) -> Option<&str> {
        self.row_weights.as_deref()
    }

    /// The options that are given.
    pub(crate) fn given(&self) -> Vec<&'static str> {
        let given = [
            ("--unknown", self.unknown.is_some()),
            ("--group", self.group.is_some()),
            ("--row-weights", self.row_weights.is_some()),
            ("--log1p", !self.log1p.is_empty()),
        ];
        given.iter().filter(|(_, is_given)| *is_given).map(|(option, _)| *option).collect()
    }

    /// The options that are given, with what they say.
    pub(crate) fn words(&self) -> Vec<String> {
        let FittingArgs { unknown, group, row_weights, log1p } = self;
        let listed = [
            unknown.map(|unknown| format!("--unknown {unknown:?}").to_lowercase()),
            group.as_ref().map(|group| format!("--group {group}")),
            row_weights.as_ref().map(|column| format!("--row-weights {column}")),
            (!log1p.is_empty()).then(|| format!("--log1p {}", log1p.join(","))),
        ];
        listed.into_iter().flatten().collect()
    }

    /// The request with these options applied.
    pub(crate) fn applied_to(&self, mut request: Request) -> Request {
        let FittingArgs { unknown, group, row_weights, log1p } = self.clone();
        request.unknown = unknown.unwrap_or(Unknown::Error);
        (request.group, request.row_weights, request.log1p) = (group, row_weights, log1p);
        request
    }
}

fn delimiter(text: &str) -> Parsed<Delimiter> {
    Delimiter::parse(text).ok_or_else(|| {
        "expected comma, semicolon, tab, pipe, blank, or a character that is no letter, digit, quote, sign or point"
            .to_owned()
    })
}

fn decimal() -> impl TypedValueParser<Value = Decimal> {
    values::one_of(&[("point", Decimal::Point), ("comma", Decimal::Comma)])
}

fn yes_or_no() -> impl TypedValueParser<Value = bool> {
    values::one_of(&[("yes", true), ("no", false)])
}

fn unknown() -> impl TypedValueParser<Value = Unknown> {
    values::one_of(&[("error", Unknown::Error), ("zeros", Unknown::Zeros)])
}
