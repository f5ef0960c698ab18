//! What is read for a model that exists: it knows its columns, categories, classes and task.

use std::sync::Arc;

use chainrule_kernel::Scalar;

use super::answerable::{Answerable, unanswered};
use super::coarse::coarse_note;
use super::encoder::Wanted;
use super::examples::Examples;
use super::features::Features;
use super::fitted::Fitted;
use super::request::Request;
use super::roles::refuse_number_categories;
use super::schema::{Located, Schema};
use super::source::Whole;
use super::table::{Cell, Kept, Table, TextFormat};
use super::target_columns::{TargetData, TargetRequest};
use super::target_labels::{are_texts_of_numbers, says_nothing};
use super::usable_rows::is_of_rows_left_out;
use crate::{Error, Model, Result};

/// Rows for a model that exists, with their targets or without.
///
/// ```
/// use chainrule::data::{AsItIs, Request, Source};
/// use chainrule::{Loss, Mlp, Model};
///
/// let model = Model::new(Mlp::<f32>::builder(2).dense(2).build()?, Loss::CrossEntropy);
/// let model = model.with_class_names(["a", "b"].map(str::to_owned).to_vec());
/// let rows = Request::new(Source::parse("moons:rows=50")?).read_as_it_is(&model)?;
/// assert!(matches!(rows, AsItIs::Labelled(examples) if examples.rows() == 50));
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug)]
pub enum AsItIs<T> {
    /// With them.
    Labelled(Box<Examples>),
    /// Without, as [`Request::read_features`] returns them.
    Unlabelled {
        /// Ready for the model.
        features: Features<T>,
        /// What was taken for granted, in words.
        notes: Vec<String>,
    },
}

/// Whether what was read has the columns that this model predicts.
fn has_targets_of<T: Scalar>(whole: &Whole, model: &Model<T>) -> bool {
    let wanted = model.target.names();
    match whole {
        Whole::Table(table) if !wanted.is_empty() => {
            let names = table.names();
            wanted.iter().all(|name| names.place(name).is_some())
        }
        _ => false,
    }
}

impl Request {
    /// Reads features and targets to evaluate a model on: the model knows its targets, classes and task, unless the request
    /// says otherwise.
    ///
    /// # Errors
    /// As [`Request::read`], and for labels that are none of the model's classes.
    pub fn read_for<T: Scalar>(&self, model: &Model<T>) -> Result<Examples> {
        let request = self.apart()?;
        let whole = request.source.read_whole(&request.format_for(model, true), request.within())?;
        request.examples_for(whole, model)
    }

    /// As [`read_for`](Self::read_for), or as [`read_features`](Self::read_features) where nobody names targets and those of the
    /// model are not there: of what can be read once, such as standard input.
    ///
    /// # Errors
    /// Those of the one or the other.
    pub fn read_as_it_is<T: Scalar>(&self, model: &Model<T>) -> Result<AsItIs<T>> {
        let request = self.apart()?;
        // Of a model whose targets have no names nobody finds them.
        let may_have_targets = !request.takes_models_targets() || !model.target.names().is_empty();
        let whole = request.source.read_whole(&request.format_for(model, may_have_targets), request.within())?;
        let has_targets = !request.takes_models_targets() || has_targets_of(&whole, model);
        Ok(match has_targets {
            true => AsItIs::Labelled(Box::new(request.examples_for(whole, model)?)),
            false => {
                let (features, notes) = request.features_for(whole, model)?;
                AsItIs::Unlabelled { features, notes }
            }
        })
    }

    /// Whether the model alone says what the targets are.
    fn takes_models_targets(&self) -> bool {
        self.target.is_empty() && self.labels.is_none() && !self.source.has_targets()
    }

    /// The examples of what has been read.
    fn examples_for<T: Scalar>(&self, whole: Whole, model: &Model<T>) -> Result<Examples> {
        let mut request = self.clone();
        let is_models_own = self.takes_models_targets();
        if is_models_own {
            request.target = model.target.names.clone();
        }
        request.task = request.task.or(model.task);
        request.missing = request.missing.or(model.schema.as_ref().and_then(|schema| schema.missing()));
        // Rows without the column of groups are asked about all the same, but not split again.
        let names_group = |group: &String| matches!(&whole, Whole::Table(table) if table.names().find(group).is_ok());
        let its_group = model.split.as_ref().and_then(|split| split.group.clone()).filter(names_group);
        request.group = request.group.or(its_group);
        // Of a model without names, classes are numbers from 0.
        let numbers: Vec<String>;
        let names = match &model.class_names {
            Some(names) => names,
            None => {
                numbers = (0..model.mlp.outputs()).map(|class| class.to_string()).collect();
                &numbers
            }
        };
        let known = TargetRequest {
            class_names: Some(names),
            are_numbered: model.class_names.is_none(),
            answers: model.target.answers(),
            target_names: model.target.names(),
            // A model of another library says nothing of signs.
            signs: model.schema.as_ref().map(|_| &*model.target.signs),
            schema: model.schema.as_deref(),
            ..TargetRequest::default()
        };
        request.format = self.format_for(model, true);
        // Images of another size are another source, whatever their labels.
        if let Whole::Bytes(bytes, _) = &whole
            && bytes.features.cols() != model.mlp.inputs()
        {
            return Err(Error::Shape {
                origin: request.source.to_string(),
                found: format!("{} columns", bytes.features.cols()),
                expected: format!("{}, the inputs of the network", model.mlp.inputs()),
            });
        }
        if let (Whole::Table(table), true) = (&whole, is_models_own) {
            let names = table.names();
            let is_unknown = |name: &&String| names.find(name).is_err();
            if let Some(name) = request.target.iter().find(is_unknown) {
                return Err(Error::Shape {
                    origin: table.origin().to_owned(),
                    found: format!("no column {name:?}, which the model's target is"),
                    expected: "it in the rows, or a file of targets (--labels FILE); without targets a model is asked by predict, \
                               explain --row N and graph"
                        .to_owned(),
                });
            }
        }
        let mut examples = request.targets_of(whole, known)?;
        // Before training it is said among other lines.
        for note in examples.notes.iter_mut().filter(|note| is_of_rows_left_out(note)) {
            *note = format!("note: {note}: rows are counted after that");
        }
        if let (TargetData::Values(values), Some((mean, _)), 4) =
            (&examples.target.data, model.target.scaling(), size_of::<T>())
        {
            let scaled = mean.iter().enumerate().filter(|(column, _)| !model.target.is_log1p(*column));
            examples
                .notes
                .extend(scaled.filter_map(|(column, &mean)| coarse_note(values, column, mean, &examples.target_names)));
        }
        if let ([given], [learned]) = (&examples.target_names[..], model.target.names())
            && given != learned
        {
            let note = format!("note: {given} is taken for what the model learned as {learned}");
            examples.notes.push(note);
        }
        Ok(examples)
    }

    /// Reads features and targets to test on what is learned from these examples: with the same targets, classes and task, and by
    /// the columns that were fitted. Numbers are read as there, and a note says where they lack the sign of money or percent that
    /// those had.
    ///
    /// # Errors
    /// As [`Request::read_like`]; when a column that was fitted is not there, or its numbers have another sign.
    pub fn read_to_test(&self, learned: &Examples, fitted: &Fitted) -> Result<Examples> {
        let mut request = self.apart()?.into_owned();
        request.task = Some(learned.task());
        // Rows are only learned from by group and weight.
        (request.group, request.row_weights) = (None, None);
        if let Some((table, ..)) = learned.table() {
            // Columns that are asked for by number are those of the rows that are learned from.
            let format = &mut request.format;
            let features = request.features.iter_mut();
            for columns in features.chain([&mut request.drop, &mut format.categories, &mut format.na_as_text]) {
                *columns = named(table, columns)?;
            }
        }
        let schema = fitted.schema();
        if let Some(schema) = schema {
            request.format = schema.known_to(&request.format, true);
            let answers = learned.target.answers.iter().flatten();
            if learned.class_names().into_iter().flatten().chain(answers.clone()).any(|class| says_nothing(class)) {
                request.format.known_na_as_text.extend_from_slice(&learned.target_names);
            }
            if are_texts_of_numbers(learned.class_names().into_iter().flatten().chain(answers).map(String::as_str)) {
                request.format.known_categories.extend_from_slice(&learned.target_names);
            }
        }
        request.read_as(TargetRequest { schema, is_test: true, ..learned.target.known(&learned.target_names) })
    }

    /// The format, with what a model knows.
    pub(super) fn format_for<T: Scalar>(&self, model: &Model<T>, has_targets: bool) -> TextFormat {
        let mut format = match &model.schema {
            Some(schema) => schema.known_to(&self.format, has_targets),
            None => TextFormat { for_model: true, ..self.format.clone() },
        };
        // Where all columns have names, others than the model's are passed over.
        let columns = model.schema.iter().flat_map(|schema| &schema.columns);
        let names: Option<Vec<String>> = columns.map(|column| column.name.clone()).collect();
        if let (Some(names), true, true) = (names, model.schema.is_some(), self.features.is_none()) {
            let group = model.split.as_ref().and_then(|split| split.group.as_ref());
            let asked =
                [&self.target, &model.target.names].into_iter().flatten().chain(&self.group).chain(group).cloned();
            format.used = Some(names.into_iter().chain(asked).collect());
        }
        let answers = model.target.answers.iter().flatten();
        let classes = model.class_names.iter().flatten().chain(answers);
        if has_targets && classes.clone().any(|class| says_nothing(class)) {
            match self.labels.is_none() {
                // As they are typed, by name or by number.
                true => format.na_as_text.extend_from_slice(&self.target),
                false => format.known_na_as_text.extend_from_slice(&self.target),
            }
            format.known_na_as_text.extend_from_slice(&model.target.names);
        }
        // Classes that were read as texts are read so again.
        if has_targets && are_texts_of_numbers(classes.map(String::as_str)) {
            match self.labels.is_none() {
                true => format.categories.extend_from_slice(&self.target),
                false => format.known_categories.extend_from_slice(&self.target),
            }
            format.known_categories.extend_from_slice(&model.target.names);
        }
        format
    }

    /// Whether the source has the columns that this model predicts. Those of a model without names nobody knows.
    ///
    /// # Errors
    /// Those of the readers.
    pub fn has_targets_of<T: Scalar>(&self, model: &Model<T>) -> Result<bool> {
        if model.target.names().is_empty() {
            return Ok(false);
        }
        let whole = self.source.read_whole(&self.format_for(model, true), self.within())?;
        Ok(has_targets_of(&whole, model))
    }

    /// Reads features alone, for this model to predict from, and says in words what was taken for granted. The columns that
    /// it was trained on are found by their names, or by their order where there are no names; others are passed over.
    ///
    /// # Errors
    /// When a column that the model was trained on is not there, a category is unknown, or a value is missing that the model
    /// was not told how to fill.
    pub fn read_features<T: Scalar>(&self, model: &Model<T>) -> Result<(Features<T>, Vec<String>)> {
        self.features_for(self.source.read_whole(&self.format_for(model, false), self.within())?, model)
    }

    /// The features of what has been read.
    fn features_for<T: Scalar>(&self, whole: Whole, model: &Model<T>) -> Result<(Features<T>, Vec<String>)> {
        let Answerable { features, notes, .. } = self.answerable(whole, model, false)?;
        Ok((features, notes))
    }

    /// The same, without rows that lack a value where those are to be dropped.
    pub(super) fn answerable<T: Scalar>(&self, whole: Whole, model: &Model<T>, drops: bool) -> Result<Answerable<T>> {
        let table = match whole {
            // Of a source with two parts, those to test on.
            Whole::Bytes(train, test) => {
                let features = test.unwrap_or(train).features.into_type()?;
                return Ok(Answerable { features, lacking: Vec::new(), notes: Vec::new() });
            }
            Whole::Table(table) => table,
        };
        let mut notes = table.notes().to_vec();
        let plain;
        let schema = match &model.schema {
            Some(schema) => {
                refuse_number_categories(&table, &table.names(), &self.format)?;
                schema
            }
            None => {
                let names = table.names();
                let targets = names.find_all(&self.target)?;
                let roles = self.roles(&table, &names, &targets, None, &mut notes);
                let columns = match (&self.features, self.drop.is_empty() && self.target.is_empty()) {
                    (None, true) => (0..table.cols()).collect(),
                    _ => roles?.features,
                };
                if table.has_names() && columns.len() > 1 {
                    let named = columns.iter().take(12).map(|&at| table.title(at)).collect::<Vec<_>>().join(", ");
                    let more = if columns.len() > 12 { ", ..." } else { "" };
                    notes.push(format!(
                        "note: the model does not name its inputs: columns are taken in order: {named}{more}"
                    ));
                }
                plain = Arc::new(Schema::of_numbers(&columns, table.cols()));
                &plain
            }
        };
        let Located { extra, notes: located, columns } = schema.locate(&table)?;
        // Of a model that knows no columns it has been said.
        if model.schema.is_some() {
            notes.extend(located);
            let filled = schema.filled(&table, &columns, " as in training").map(|filled| format!("note: {filled}"));
            notes.extend(filled.into_iter().chain(schema.unknown(&table, &columns)));
            notes.extend(schema.answers_as_numbers(&table, &columns));
        }
        if !extra.is_empty() {
            let listed = extra.iter().take(12).map(String::as_str).collect::<Vec<_>>().join(", ");
            let more = if extra.len() > 12 { ", ..." } else { "" };
            notes.push(format!("note: columns passed over: {listed}{more}"));
        }
        let (mut rows, mut lacking) = (Kept::All(table.rows()), Vec::new());
        if drops && columns.iter().any(|&at| table.columns()[at].missing > 0) {
            let mut cursor = table.cursor(&columns);
            rows.retain(|row| {
                let cells = cursor.at(row);
                let is_whole = columns.iter().all(|&column| cells.cell(column) != Cell::Missing);
                lacking.extend((!is_whole).then_some(row));
                is_whole
            });
            table.check_read()?;
            notes.extend(lacking.first().map(|first| unanswered(lacking.len(), *first)));
        }
        if rows.rows().len() == 0 {
            return Err(Error::Empty { origin: table.origin().to_owned(), what: "rows without missing values" });
        }
        let wanted = Wanted {
            table: &table,
            rows: rows.rows(),
            preprocess: &model.preprocess,
            takes_unknown: false,
            memory: self.memory.as_ref(),
        };
        Ok(Answerable { features: schema.features(wanted)?, lacking, notes })
    }
}

/// The same columns by their names, where they have some.
fn named(table: &Table, columns: &[String]) -> Result<Vec<String>> {
    let found = table.names().find_all(columns)?;
    Ok(found.into_iter().map(|column| table.title(column)).collect())
}
