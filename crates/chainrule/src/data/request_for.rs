//! What is read for a model that exists: it knows its columns, categories, classes and task.

use std::sync::Arc;

use chainrule_kernel::Scalar;

use super::encoder::Wanted;
use super::examples::Examples;
use super::features::Features;
use super::fitted::Fitted;
use super::request::Request;
use super::roles::refuse_number_categories;
use super::schema::{Located, Schema};
use super::source::Whole;
use super::table::{TableRows, TextFormat};
use super::target_columns::TargetRequest;
use crate::{Error, Model, Result};

impl Request {
    /// Reads features and targets to evaluate a model on: the model knows its targets, classes and task, unless the request
    /// says otherwise.
    ///
    /// # Errors
    /// As [`Request::read`], and for labels that are none of the model's classes.
    pub fn read_for<T: Scalar>(&self, model: &Model<T>) -> Result<Examples> {
        let mut request = self.clone();
        let is_models_own = request.target.is_empty() && request.labels.is_none() && !request.source.has_targets();
        if is_models_own {
            request.target = model.target.names.clone();
        }
        request.task = request.task.or(model.task);
        request.missing = request.missing.or(model.schema.as_ref().and_then(|schema| schema.missing()));
        request.group = request.group.or(model.split.as_ref().and_then(|split| split.group.clone()));
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
        let whole = request.source.read_whole(&request.format, request.within())?;
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
        let mut request = self.clone();
        request.task = Some(learned.task());
        let schema = fitted.schema();
        if let Some(schema) = schema {
            request.format = schema.known_to(&self.format, true);
        }
        request.read_as(TargetRequest { schema, ..learned.target.known(&learned.target_names) })
    }

    /// The format, with what a model knows.
    fn format_for<T: Scalar>(&self, model: &Model<T>, has_targets: bool) -> TextFormat {
        match &model.schema {
            Some(schema) => schema.known_to(&self.format, has_targets),
            None => TextFormat { for_model: true, ..self.format.clone() },
        }
    }

    /// Whether the source has the columns that this model predicts. Those of a model without names nobody knows.
    ///
    /// # Errors
    /// Those of the readers.
    pub fn has_targets_of<T: Scalar>(&self, model: &Model<T>) -> Result<bool> {
        let wanted = model.target.names();
        if wanted.is_empty() {
            return Ok(false);
        }
        match self.source.read_whole(&self.format_for(model, true), self.within())? {
            Whole::Bytes(..) => Ok(false),
            Whole::Table(table) => {
                let names = table.names();
                Ok(wanted.iter().all(|name| names.place(name).is_some()))
            }
        }
    }

    /// Reads features alone, for this model to predict from, and says in words what was taken for granted. The columns that
    /// it was trained on are found by their names, or by their order where there are no names; others are passed over.
    ///
    /// # Errors
    /// When a column that the model was trained on is not there, a category is unknown, or a value is missing that the model
    /// was not told how to fill.
    pub fn read_features<T: Scalar>(&self, model: &Model<T>) -> Result<(Features<T>, Vec<String>)> {
        let table = match self.source.read_whole(&self.format_for(model, false), self.within())? {
            // Of a source with two parts, those to test on.
            Whole::Bytes(train, test) => {
                let features = test.unwrap_or(train).features.into_type()?;
                return Ok((features, Vec::new()));
            }
            Whole::Table(table) => table,
        };
        let mut notes = table.notes().to_vec();
        let plain;
        let schema = match &model.schema {
            Some(schema) => {
                refuse_number_categories(&table, &table.names().find_all(&self.format.categories)?)?;
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
            notes.extend(located.into_iter().chain(schema.filled(&table, &columns)));
        }
        if !extra.is_empty() {
            let listed = extra.iter().take(12).map(String::as_str).collect::<Vec<_>>().join(", ");
            let more = if extra.len() > 12 { ", ..." } else { "" };
            notes.push(format!("note: columns passed over: {listed}{more}"));
        }
        let wanted = Wanted {
            table: &table,
            rows: TableRows::All(table.rows()),
            preprocess: &model.preprocess,
            takes_unknown: false,
            memory: self.memory.as_ref(),
        };
        Ok((schema.features(wanted)?, notes))
    }
}
