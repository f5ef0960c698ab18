//! A model as a handle holds it: in its element type, with its names as C has them.

use std::ffi::CString;

use chainrule::{DType, Loss, Model, ModelFile, Scalar, Task};

use crate::convert::converted;
use crate::guard::c_text;
use crate::status::{CHAINRULE_ERROR_DATA, CHAINRULE_ERROR_UNSUPPORTED, Failure};
use crate::types::{
    CHAINRULE_F32, CHAINRULE_F64, CHAINRULE_TASK_BINARY, CHAINRULE_TASK_CLASSIFICATION, CHAINRULE_TASK_MULTI_LABEL,
    CHAINRULE_TASK_REGRESSION, CHAINRULE_TASK_UNKNOWN, ChainruleModelInfo,
};

/// A model in its element type.
#[derive(Debug, Clone)]
pub(crate) enum AnyModel {
    Single(Model<f32>),
    Double(Model<f64>),
}

/// Calls `$body` with the model as `$model`.
macro_rules! each {
    ($any:expr, $model:ident => $body:expr) => {
        match $any {
            $crate::held::AnyModel::Single($model) => $body,
            $crate::held::AnyModel::Double($model) => $body,
        }
    };
}
pub(crate) use each;

/// A model and its names. It never changes.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) model: AnyModel,
    pub(crate) names: Names,
}

/// What a model calls things, for as long as it lives.
#[derive(Debug)]
pub(crate) struct Names {
    pub(crate) layers: CString,
    pub(crate) loss: CString,
    pub(crate) classes: Vec<CString>,
    pub(crate) targets: Vec<CString>,
    pub(crate) columns: Vec<CString>,
    /// Of each column; none of one of numbers.
    pub(crate) categories: Vec<Vec<CString>>,
}

impl From<AnyModel> for Held {
    fn from(model: AnyModel) -> Self {
        let names = each!(&model, model => names(model));
        Held { model, names }
    }
}

impl Held {
    /// A new model of a network in words.
    pub(crate) fn new(network: &str, loss: &str, element: u32, seed: u64) -> Result<Self, Failure> {
        let builder = network.parse::<chainrule::MlpBuilder>()?.seed(seed);
        let loss: Loss = loss.parse()?;
        let model = match element {
            CHAINRULE_F32 => AnyModel::Single(checked(Model::new(builder.build_as()?, loss))?),
            CHAINRULE_F64 => AnyModel::Double(checked(Model::new(builder.build_as()?, loss))?),
            other => {
                let expected = "expected CHAINRULE_F32 or CHAINRULE_F64";
                return Err(Failure::argument(format!("element is {other}; {expected}")));
            }
        };
        Ok(model.into())
    }

    /// The model of a file, in the element type that it holds.
    pub(crate) fn of_file(file: chainrule::Result<ModelFile>) -> Result<Self, Failure> {
        let read = || {
            let file = file?;
            Ok(match file.dtype() {
                DType::F64 => AnyModel::Double(file.model(None)?),
                _ => AnyModel::Single(file.model(None)?),
            })
        };
        read().map(Held::from).map_err(Failure::of_file)
    }

    /// The same with other names of its classes.
    pub(crate) fn with_class_names(&self, names: &[&str]) -> Result<Self, Failure> {
        let expected = each!(&self.model, model => if model.is_classifier() { model.mlp.outputs() } else { 0 });
        if expected == 0 {
            let text = "the model predicts no classes; expected one trained with cross-entropy";
            return Err(Failure::new(CHAINRULE_ERROR_UNSUPPORTED, text));
        }
        if names.len() != expected {
            let expected = format!("expected {expected}, one for each output");
            return Err(Failure::argument(format!("names_len is {}; {expected}", names.len())));
        }
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        each!(&self.model, model => model.check_class_names(&names))
            .map_err(|error| Failure::argument(error.to_string()))?;
        Ok(match &self.model {
            AnyModel::Single(model) => AnyModel::Single(same(model)?.with_class_names(names)).into(),
            AnyModel::Double(model) => AnyModel::Double(same(model)?.with_class_names(names)).into(),
        })
    }

    /// The same with other weights and biases, and nothing of the run that the old ones are from.
    pub(crate) fn with_parameters<U: Scalar>(&self, parameters: &[U]) -> Result<Self, Failure> {
        Ok(match &self.model {
            AnyModel::Single(model) => AnyModel::Single(with_parameters(model, parameters)?).into(),
            AnyModel::Double(model) => AnyModel::Double(with_parameters(model, parameters)?).into(),
        })
    }

    /// The bytes of its file, each time the same.
    pub(crate) fn bytes(&self) -> Result<Vec<u8>, Failure> {
        each!(&self.model, model => model.to_bytes()).map_err(Failure::of_file)
    }

    /// All weights and biases.
    pub(crate) fn parameters<U: Scalar>(&self) -> Result<Vec<U>, Failure> {
        each!(&self.model, model => converted(model.mlp.params()))
    }

    /// The categories of a column; none of one of numbers.
    pub(crate) fn categories(&self, column: usize) -> Result<&[CString], Failure> {
        let columns = self.info().columns;
        if column >= columns {
            let expected = format!("expected one below {columns}, the number of columns");
            return Err(Failure::argument(format!("column is {column}; {expected}")));
        }
        Ok(self.names.categories.get(column).map_or(&[], Vec::as_slice))
    }

    pub(crate) fn info(&self) -> ChainruleModelInfo {
        let (columns, inputs, outputs, parameters, task, element) = each!(&self.model, model => (
            model.columns(),
            model.mlp.inputs(),
            model.mlp.outputs(),
            model.mlp.params().len(),
            task_of(model),
            element(model),
        ));
        let (size, classes) = (size_of::<ChainruleModelInfo>(), self.names.classes.len());
        ChainruleModelInfo { size, columns, inputs, outputs, classes, parameters, element, task }
    }
}

/// A copy to be trained: without what is said of the run that the model comes from.
pub(crate) fn copy<T: Scalar>(model: &Model<T>) -> Result<Model<T>, Failure> {
    let mut copy = Model::new(model.mlp.try_clone()?, model.loss);
    copy.preprocess = model.preprocess.clone();
    copy.task = model.task;
    copy.class_names = model.class_names.clone();
    copy.schema = model.schema.clone();
    copy.target = model.target.clone();
    copy.stored_rows = model.stored_rows.clone();
    Ok(copy)
}

/// A copy with all of it.
fn same<T: Scalar>(model: &Model<T>) -> Result<Model<T>, Failure> {
    let mut same = copy(model)?;
    same.split = model.split.clone();
    same.facts = model.facts.clone();
    Ok(same)
}

fn with_parameters<T: Scalar, U: Scalar>(model: &Model<T>, parameters: &[U]) -> Result<Model<T>, Failure> {
    let expected = model.mlp.params().len();
    if parameters.len() != expected {
        let expected = format!("expected {expected}, the weights and biases of the model");
        return Err(Failure::argument(format!("parameters_len is {}; {expected}", parameters.len())));
    }
    if let Some(at) = parameters.iter().position(|number| !T::from_f64(number.to_f64()).is_finite()) {
        let expected = format!("expected finite numbers within the range of {}", T::NAME);
        let text = format!("parameters has {} at index {at}; {expected}", parameters[at]);
        return Err(Failure::new(CHAINRULE_ERROR_DATA, text));
    }
    let mut changed = copy(model)?;
    let to = changed.mlp.params_mut().iter_mut();
    to.zip(parameters).for_each(|(to, from)| *to = T::from_f64(from.to_f64()));
    Ok(changed)
}

/// Refuses a loss that the network cannot be trained with.
fn checked<T: Scalar>(model: Model<T>) -> Result<Model<T>, Failure> {
    let last = model.mlp.layers().last();
    let is_softmax = matches!(last, Some(chainrule::Layer::Softmax | chainrule::Layer::LogSoftmax));
    if is_softmax && model.loss == Loss::CrossEntropy {
        let text = "cross-entropy takes logits: leave out the softmax at the end of the network";
        return Err(Failure::argument(text));
    }
    Ok(model)
}

fn element<T: Scalar>(_: &Model<T>) -> u32 {
    if T::NAME == "f64" { CHAINRULE_F64 } else { CHAINRULE_F32 }
}

/// What is predicted, as the header numbers it.
fn task_of<T: Scalar>(model: &Model<T>) -> u32 {
    match model.task {
        Some(Task::Classification) => CHAINRULE_TASK_CLASSIFICATION,
        Some(Task::Binary) => CHAINRULE_TASK_BINARY,
        Some(Task::MultiLabel) => CHAINRULE_TASK_MULTI_LABEL,
        Some(Task::Regression) => CHAINRULE_TASK_REGRESSION,
        _ if model.is_classifier() => CHAINRULE_TASK_CLASSIFICATION,
        _ => CHAINRULE_TASK_UNKNOWN,
    }
}

fn names<T: Scalar>(model: &Model<T>) -> Names {
    let texts = |names: &[String]| names.iter().map(|name| c_text(name)).collect::<Vec<_>>();
    let layers = model.mlp.layers().iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let classes = match (&model.class_names, model.target.answers()) {
        (Some(names), _) => texts(names),
        (None, Some(answers)) => answers.iter().map(|answer| c_text(answer)).collect(),
        (None, None) => Vec::new(),
    };
    let columns = model.schema.as_ref().map(|schema| schema.column_names()).unwrap_or_default();
    let categories = |column| {
        let schema = model.schema.as_ref()?;
        Some(schema.categories(column)?.into_iter().map(c_text).collect::<Vec<_>>())
    };
    Names {
        layers: c_text(&layers),
        loss: c_text(&model.loss.to_string()),
        classes,
        targets: texts(model.target.names()),
        categories: (0..columns.len()).map(|column| categories(column).unwrap_or_default()).collect(),
        columns: texts(&columns),
    }
}

/// The name with this index.
pub(crate) fn nth<'a>(names: &'a [CString], index: usize, what: &str) -> Result<&'a CString, Failure> {
    match names.get(index) {
        Some(name) => Ok(name),
        None if names.is_empty() => {
            Err(Failure::new(CHAINRULE_ERROR_UNSUPPORTED, format!("the model has no names of {what}")))
        }
        None => {
            let expected = format!("expected one below {}, the number of {what}", names.len());
            Err(Failure::argument(format!("index is {index}; {expected}")))
        }
    }
}
