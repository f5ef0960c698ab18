//! The rows of a model's data that `--part` selects.

use std::collections::HashSet;
use std::path::Path;

use chainrule::data::{Dataset, Examples, Parts, Split, SplitRequest};
use chainrule::{Model, Scalar};

use crate::data::{Named, all_rows};
use crate::escape::shown;
use crate::failure::Failure;
use crate::output::{plural, tell};
use crate::values::Part;

/// What is asked for.
pub(crate) struct Chosen<'a> {
    /// The file of the model.
    pub(crate) model: &'a Path,
    pub(crate) named: Named<'a>,
    pub(crate) part: Option<Part>,
    pub(crate) holdout: Option<f64>,
    pub(crate) seed: Option<u64>,
}

impl Chosen<'_> {
    /// The rows that --part selects, and what they are called.
    pub(crate) fn rows<T: Scalar>(&self, model: &mut Model<T>) -> Result<(Dataset<T>, String), Failure> {
        let (data, name, _) = self.rows_and_holes(model, None)?;
        Ok((data, name))
    }

    /// The same, and the places of the model's columns in which one of the rows, counted from 0, holds nothing.
    pub(crate) fn rows_and_holes<T: Scalar>(
        &self,
        model: &mut Model<T>,
        asked: Option<usize>,
    ) -> Result<(Dataset<T>, String, Vec<usize>), Failure> {
        let examples = self.named.read_for(model)?;
        self.of_examples(&examples, model, asked)
    }

    /// The same of rows that have been read.
    pub(crate) fn of_examples<T: Scalar>(
        &self,
        examples: &Examples,
        model: &Model<T>,
        asked: Option<usize>,
    ) -> Result<(Dataset<T>, String, Vec<usize>), Failure> {
        let own = examples.test();
        let part = self.part.unwrap_or(if own.is_some() { Part::Test } else { Part::All });
        let is_asked = self.holdout.is_some() || self.seed.is_some();
        if self.seed.is_some() && (part == Part::All || own.is_some() && self.holdout.is_none()) {
            let source = self.named.source;
            return Err(Failure::Usage(match part {
                Part::All => "--seed splits the rows into train and test; --part all is both".to_owned(),
                _ => format!(
                    "--seed splits rows, and {source} has two parts of its own: leave it out, or give --holdout, too"
                ),
            }));
        }
        let seen = match (&model.split, own) {
            (Some(split), None) if part == Part::All => {
                examples.split_again(split).map_or(0, |parts| split.learned(&parts).count())
            }
            _ => 0,
        };
        let parts = match (&model.split, own) {
            _ if part == Part::All => None,
            (_, Some(_)) if self.holdout.is_none() => None,
            (Some(split), _) if !is_asked => Some(examples.split_again(split)?),
            (split, _) => Some(self.split(part, examples, split.as_ref())?),
        };
        let named = |name: &str, rows: &[usize]| match rows {
            [] => Err(Failure::Usage(format!("the model was trained without a {name} part"))),
            rows => {
                let unknown = examples.unknown_categories(rows, &model.fitted());
                if unknown > 0 {
                    tell(format_args!(
                        "warning: {} have a category that training did not see: taken as none of those that it did",
                        plural(unknown, "row")
                    ));
                }
                let row = asked.and_then(|asked| rows.get(asked));
                let holes = row.map_or_else(Vec::new, |&row| examples.missing_in(row));
                Ok((examples.dataset_for(rows, model)?, name.to_owned(), holes))
            }
        };
        match (part, parts, own) {
            (Part::All, _, None) => {
                let (data, name, holes) = named("all", &all_rows(examples))?;
                let learned = format!("{name} ({seen} of them trained on; the others: --part test)");
                Ok((data, if seen > 0 { learned } else { name }, holes))
            }
            (Part::All, _, Some(_)) => {
                Err(Failure::Usage(format!("{} has two parts: name one with --part train or --part test", self.named.source)))
            }
            (Part::Train, Some(parts), _) => named("train", &parts.train),
            (Part::Validation, _, _) if model.split.as_ref().is_some_and(Split::is_refit) => Err(Failure::Usage(
                "the model has learned from its validation part: it was trained anew on it, for as many epochs as were best; \
                 --part test has rows that it has never seen, and train --no-refit leaves the validation part alone"
                    .to_owned(),
            )),
            (Part::Validation, Some(parts), _) => named("validation", &parts.validation),
            (Part::Test, Some(parts), _) => named("test", &parts.test),
            (Part::Train, None, _) => named("train", &all_rows(examples)),
            (Part::Validation, None, _) => named("validation", &[]),
            (Part::Test, None, own) => {
                let test = own.unwrap_or(examples);
                let holes = asked.map_or_else(Vec::new, |row| test.missing_in(row));
                Ok((test.dataset_for(&all_rows(test), model)?, "test".to_owned(), holes))
            }
        }
    }

    /// The parts by the options given.
    ///
    /// # Errors
    /// When the file knows better, or when neither it nor the options say which rows were tested on.
    fn split(&self, part: Part, examples: &Examples, stored: Option<&Split>) -> Result<Parts, Failure> {
        if self.holdout == Some(0.0) {
            return Err(Failure::Usage("with --holdout 0 there is no test part".to_owned()));
        }
        let model = self.model.display();
        let before = stored.map(|split| (split, examples.split_again(split)));
        if let Some((split, Ok(before))) = &before {
            let then = split.request();
            let (test, seed) = (self.holdout.unwrap_or(then.test), self.seed.unwrap_or(then.seed));
            let parts = examples.split(&SplitRequest { test, seed, ..then })?;
            let learned: HashSet<usize> = split.learned(before).collect();
            let rows = if part == Part::Validation { &parts.validation } else { &parts.test };
            let seen = rows.iter().filter(|row| learned.contains(row)).count();
            if seen > 0 && part != Part::Train {
                return Err(Failure::Usage(format!(
                    "{seen} of the {} rows that --holdout or --seed choose are among those that {model} has learned from: \
                     without the two it is tested on the rows that it has never seen",
                    rows.len()
                )));
            }
            return Ok(parts);
        }
        let (Some(test), Some(seed)) = (self.holdout, self.seed) else {
            return Err(match before {
                Some((_, Err(error))) => error.into(),
                _ => Failure::Usage(format!(
                    "{model} does not say which rows it was tested on: give the safetensors file that train saved, or leave \
                     --part out; or, if you know how its rows were split, give both --holdout SHARE and --seed N (eval)"
                )),
            });
        };
        let why =
            before.and_then(|(_, parts)| parts.err()).map(|error| format!(": {}", shown(error))).unwrap_or_default();
        tell(format_args!(
            "note: rows are split by --holdout and --seed: {} cannot confirm that they were split so when it was trained{why}",
            shown(model)
        ));
        let by = examples.usual_split();
        Ok(examples.split(&SplitRequest { test, seed, by, ..SplitRequest::default() })?)
    }
}
