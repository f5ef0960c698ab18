//! Worked examples: a small TOML file that says everything about a training step, so that anyone can follow it.
//!
//! The keys are listed in `crates/chainrule/examples/worked/README.md`, beside examples.

mod answers;
mod layers;
mod learning;
mod rows;

use std::io::Read;
use std::path::Path;

use chainrule_explain::trace::{Trace, TraceRequest, trace};
use chainrule_kernel::{MatRef, Scalar};
use chainrule_model::{Init, Mlp};

use answers::Answers;
use layers::LayerOf;
use learning::Learning;
use rows::{Rows, as_type};

use super::shown::Shown;
use crate::located::{File, Table};
use crate::{DType, Error, Place, Result};

/// The longest file that is read: an example is for reading, and `/dev/zero` never ends.
const LONGEST: u64 = 16 << 20;

/// The most numbers and keys of an example: its parameters, which are at most 2^20, and a quarter of that for the rest.
/// Each is held with its place in the file, some 150 bytes: 200 MB.
const VALUES_MAX: usize = (1 << 20) + (1 << 18);

/// A worked example, checked as a whole: what it says can be computed.
///
/// ```
/// use chainrule::trace::{Example, Shown};
///
/// let example = Example::parse("neuron.toml", r#"
///     inputs = [[1.0, 2.0]]
///     layers = [{ weights = [[0.5], [-1.0]], bias = [2.0], activation = "relu" }]
/// "#)?;
/// let trace = example.trace(None, Shown::default())?;
/// let a1 = trace.steps[0].quantity("forward", "A1").unwrap();
/// assert_eq!((a1.equation().as_str(), a1.value.values()), ("A1 = relu(Z1)", &[0.5][..]));
///
/// let error = Example::parse("neuron.toml", "inputs = [[1.0, 2.0]]\nlayer = 3").unwrap_err().to_string();
/// assert!(error.starts_with("neuron.toml, line 2, column 1: found unknown key \"layer\", did you mean \"layers\"?"));
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    title: String,
    notes: String,
    dtype: DType,
    digits: Option<usize>,
    x: Rows,
    layers: Vec<LayerOf>,
    init: Init,
    seed: u64,
    /// What the output should be and how that is learned, unless there is a forward pass only.
    answers: Option<(Answers, Learning)>,
}

const KEYS: &[&str] = &[
    "title",
    "notes",
    "dtype",
    "digits",
    "inputs",
    "targets",
    "labels",
    "layers",
    "init",
    "seed",
    "loss",
    "optimizer",
    "clip-norm",
    "clip-value",
    "steps",
];

/// The keys that mean something only where there are targets or labels.
const LEARNING_KEYS: &[&str] = &["loss", "optimizer", "clip-norm", "clip-value", "steps"];

impl Example {
    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be read, and those of [`Example::parse`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let mut bytes = Vec::new();
        let read = std::fs::File::open(path).and_then(|file| file.take(LONGEST + 1).read_to_end(&mut bytes));
        read.map_err(Error::io("read", path))?;
        let origin = path.display().to_string();
        if bytes.len() as u64 > LONGEST {
            let expected = format!("a worked example, of at most {LONGEST} bytes");
            return Err(Error::format(&origin, Place::Byte(LONGEST), "more bytes", expected));
        }
        let text = str::from_utf8(&bytes).map_err(|error| {
            let at = error.valid_up_to();
            Error::format(&origin, Place::Byte(at as u64), format!("{:#04x}", bytes[at]), "text in UTF-8")
        })?;
        Self::parse(&origin, text)
    }

    /// Reads the text of a file; errors name `origin`.
    ///
    /// # Errors
    /// [`Error::Format`] with the line and column, when it is no TOML, a key is missing or unknown, a value is of the
    /// wrong type, out of its range, or of a shape that does not fit the others, or there are more than 1,310,720 numbers.
    pub fn parse(origin: &str, text: &str) -> Result<Self> {
        let file = File { origin, text };
        // What stands before a value, or between two.
        let mut values = text.bytes().enumerate().filter(|(_, byte)| matches!(byte, b',' | b'=' | b'['));
        if let Some((at, _)) = values.nth(VALUES_MAX) {
            let expected = format!("at most {VALUES_MAX}, as an example is for reading");
            return Err(file.error(at, "more numbers and keys", expected));
        }
        let root = file.parse()?;
        let root = Table::new(file, 0, root.get_ref(), KEYS)?;
        let words = |key| root.get(key).map_or(Ok(""), |value| value.string("a string")).map(str::to_owned);
        let dtype = root.get("dtype").map_or(Ok(DType::F64), |value| match value.string("\"f32\" or \"f64\"")? {
            "f32" => Ok(DType::F32),
            "f64" => Ok(DType::F64),
            name => Err(layers::unknown(&value, "element type", name, &["f32", "f64"])),
        })?;
        let type_holds: fn(f64) -> bool = match dtype {
            DType::F32 => |value| (value as f32).is_finite(),
            DType::F64 => |_| true,
        };
        let digits = root.get("digits").map(|value| value.whole(1..=17)).transpose()?;
        let x = Rows::read(&root.need("inputs", "[[1, 2], [3, 4]], say")?, type_holds)?;
        let layers = layers::read(&root, x.cols, type_holds)?;
        let example = Example {
            title: words("title")?,
            notes: words("notes")?,
            dtype,
            digits: digits.map(|digits| digits as usize),
            answers: Self::answers(&root, x.rows, &layers, type_holds)?,
            init: root.get("init").map_or(Ok(Init::Auto), |value| layers::init(&value))?,
            seed: root.get("seed").map_or(Ok(0), |value| value.whole(0..=u64::MAX))?,
            x,
            layers,
        };
        Ok(example)
    }

    fn answers(
        root: &Table<'_>,
        rows: usize,
        layers: &[LayerOf],
        type_holds: fn(f64) -> bool,
    ) -> Result<Option<(Answers, Learning)>> {
        let Some((answers, value)) = Answers::read(root, type_holds)? else {
            return match LEARNING_KEYS.iter().find_map(|key| Some((key, root.get(key)?))) {
                Some((key, value)) => Err(value.error(format!("{key} and no answers"), "targets or labels as well")),
                None => Ok(None),
            };
        };
        let learning = Learning::read(root)?;
        let last = layers.last().expect("at least one layer");
        answers.check(&value, rows, last.outputs, learning.loss)?;
        if let (Err(_), Some(layer)) = (learning.loss.check_after(last.activation.as_ref()), last.activation) {
            let loss = root.need("loss", "")?;
            let (found, expected) = (format!("{} behind {layer}", learning.loss), format!("no {layer}"));
            return Err(loss.error(found, expected + ": the loss applies it itself"));
        }
        Ok(Some((answers, learning)))
    }

    /// The type that it is to be computed in.
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// How many significant digits its author wants to be shown.
    pub fn digits(&self) -> Option<usize> {
        self.digits
    }

    /// How many steps it asks for; `None` where it has no targets.
    pub fn steps(&self) -> Option<usize> {
        self.answers.as_ref().map(|(_, learning)| learning.steps)
    }

    /// Computes it, with another number of steps if that is wanted.
    ///
    /// # Errors
    /// When steps are wanted of an example without targets or optimiser, when the step to be shown is not taken, or when memory does
    /// not suffice.
    pub fn trace(&self, steps: Option<usize>, shown: Shown) -> Result<Trace> {
        match self.dtype {
            DType::F32 => self.traced::<f32>(steps, shown),
            DType::F64 => self.traced::<f64>(steps, shown),
        }
    }

    fn traced<T: Scalar>(&self, steps: Option<usize>, shown: Shown) -> Result<Trace> {
        let mut mlp = self.network::<T>()?;
        let x = self.x.as_type::<T>();
        let mut request = TraceRequest::forward(MatRef::new(&x, self.x.rows, self.x.cols));
        request.steps = steps.or(self.steps()).unwrap_or(0);
        let update = self.answers.as_ref().and_then(|(_, learning)| learning.update);
        if request.steps > 0 && update.is_none() {
            let missing = if self.answers.is_some() { "an optimizer" } else { "targets or labels" };
            let found = format!("{} of an example without {missing}", request.steps);
            return Err(Error::Argument { name: "steps", found, expected: "0".to_owned() });
        }
        request.update = update.unwrap_or(request.update);
        let values;
        if let Some((answers, learning)) = &self.answers {
            values = answers.values::<T>();
            request.targets = Some(answers.targets(&values, self.x.rows));
            request.loss = learning.loss;
        }
        request.shown = shown.of(request.steps)?;
        let mut trace = trace(&mut mlp, &request)?;
        (trace.title, trace.notes) = (self.title.clone(), self.notes.clone());
        Ok(trace)
    }

    fn network<T: Scalar>(&self) -> Result<Mlp<T>> {
        let mut builder = Mlp::builder(self.x.cols).init(self.init).seed(self.seed);
        for layer in &self.layers {
            builder = builder.dense(layer.outputs);
            if let Some(activation) = layer.activation {
                builder = builder.layer(activation);
            }
        }
        let mut mlp = builder.build_as::<T>()?;
        let places: Vec<_> = mlp.dense_layers().map(|layer| (layer.params, layer.b.len())).collect();
        for ((params, outputs), layer) in places.into_iter().zip(&self.layers) {
            let (w, b) = mlp.params_mut()[params.clone()].split_at_mut(params.len() - outputs);
            if let Some(given) = &layer.w {
                w.copy_from_slice(&given.as_type::<T>());
            }
            if let Some(given) = &layer.b {
                b.copy_from_slice(&as_type::<T>(given));
            }
        }
        Ok(mlp)
    }
}
