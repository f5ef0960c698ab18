//! Whatever is saved can be loaded, and is then the same: random networks, whole and spoilt in every way that a model
//! can be. A file that was there before a refused save stays as it was.

use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::path::Path;

use chainrule::data::Preprocess;
use chainrule::strategies::{Network, losses, networks};
use chainrule::{Activation, Layer, Loss, Mlp, Model, ModelFile, Scalar};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, RngSeed, TestRunner};

/// A way to spoil a model; the place is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Poison {
    Nothing,
    Parameter(f64),
    Running(f64),
    Variance,
    Batches,
    Huber(f64),
    Factor(f64),
    Width,
    Deviation(f64),
    Names(usize),
    Alike,
    Control(char),
}

fn poisons() -> impl Strategy<Value = Poison> {
    use Poison::*;
    let (nan, inf) = (f64::NAN, f64::INFINITY);
    let spoilt = vec![
        Parameter(nan),
        Parameter(inf),
        Parameter(-inf),
        Running(nan),
        Running(inf),
        Variance,
        Batches,
        Huber(nan),
        Huber(-1.0),
        Huber(0.0),
        Factor(nan),
        Factor(inf),
        Factor(0.0),
        Width,
        Deviation(nan),
        Deviation(0.0),
        Names(1),
        Names(100),
        Alike,
        Control('\n'),
        Control('\u{1b}'),
        Control('\0'),
        Control('\u{202e}'),
    ];
    prop_oneof![Just(Nothing), select(spoilt)]
}

/// A model with everything that a file can hold.
fn whole<T: Scalar>(network: &Network, loss: Loss, named: bool) -> Model<T> {
    let mut model = Model::new(network.build::<T>(), loss);
    let inputs = network.inputs;
    model.preprocess = match network.seed % 3 {
        0 => Preprocess::None,
        1 => Preprocess::Scale { factor: 1.0 / 255.0 },
        _ => Preprocess::Standardize { mean: vec![0.1; inputs], std: vec![1.0 / 3.0; inputs] },
    };
    model.class_names = named.then(|| (0..network.outputs()).map(|class| format!("{class}, \"é\"")).collect());
    model
}

/// Spoils it, and says whether it could be: not every network has what would be spoilt.
fn spoil<T: Scalar>(model: &mut Model<T>, poison: Poison, at: Index) -> bool {
    let (inputs, outputs) = (model.mlp.inputs(), model.mlp.outputs());
    let put = |values: &mut [T], value: f64| match values.is_empty() {
        true => false,
        false => {
            values[at.index(values.len())] = T::from_f64(value);
            true
        }
    };
    let mut names: Vec<String> = (0..outputs).map(|class| class.to_string()).collect();
    match poison {
        Poison::Nothing => return false,
        Poison::Parameter(value) => return put(model.mlp.params_mut(), value),
        Poison::Running(value) => return put(model.mlp.running_mut(), value),
        Poison::Variance => match model.mlp.running_mut().last_mut() {
            Some(variance) => *variance = T::from_f64(-1e-30),
            None => return false,
        },
        Poison::Batches => match model.mlp.batches_mut().last_mut() {
            Some(batches) => *batches = 1 << 63,
            None => return false,
        },
        Poison::Huber(delta) => model.loss = Loss::Huber(delta),
        Poison::Factor(factor) => model.preprocess = Preprocess::Scale { factor },
        Poison::Width => {
            model.preprocess = Preprocess::Standardize { mean: vec![0.0; inputs + 1], std: vec![1.0; inputs + 1] };
        }
        Poison::Deviation(value) => {
            let mut std = vec![1.0; inputs];
            std[at.index(inputs)] = value;
            model.preprocess = Preprocess::Standardize { mean: vec![0.0; inputs], std };
        }
        Poison::Names(more) => {
            names.extend((0..more).map(|name| format!("more {name}")));
            model.class_names = Some(names);
        }
        Poison::Alike if outputs < 2 => return false,
        Poison::Alike => {
            names[outputs - 1] = names[at.index(outputs - 1)].clone();
            model.class_names = Some(names);
        }
        Poison::Control(c) => {
            names[at.index(outputs)].push(c);
            model.class_names = Some(names);
        }
    }
    true
}

fn same<T: Scalar>(a: &Model<T>, b: &Model<T>) -> bool {
    let bits = |values: &[T]| values.iter().map(|value| value.to_f64().to_bits()).collect::<Vec<_>>();
    bits(a.mlp.params()) == bits(b.mlp.params())
        && bits(a.mlp.running()) == bits(b.mlp.running())
        && a.mlp.batches() == b.mlp.batches()
        && a.mlp.layers() == b.mlp.layers()
        && (&a.preprocess, a.loss, &a.class_names) == (&b.preprocess, b.loss, &b.class_names)
}

fn saved_is_loaded<T: Scalar>(path: &Path, network: &Network, loss: Loss, named: bool, poison: Poison, at: Index) {
    let good = whole::<T>(network, loss, named);
    good.save(path).unwrap();
    assert!(same(&Model::load(path).unwrap(), &good));
    let before = fs::read(path).unwrap();
    let mut spoilt = good;
    if spoil(&mut spoilt, poison, at) {
        let error = spoilt.save(path).unwrap_err().to_string();
        assert!(error.contains("saves.safetensors") && error.contains("expected"), "{poison:?}: {error}");
        assert!(!error.chars().any(char::is_control), "{error:?}");
        assert_eq!(fs::read(path).unwrap(), before, "{poison:?} replaced a good file");
    }
}

#[test]
fn a_model_that_saves_loads_the_same_and_one_that_cannot_be_loaded_is_not_saved() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("saves.safetensors");
    let mut config = Config { failure_persistence: None, ..Config::default() };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = 300;
    }
    let seed = match config.rng_seed {
        RngSeed::Fixed(seed) => seed,
        RngSeed::Random => RandomState::new().hash_one(0u8),
    };
    config.rng_seed = RngSeed::Fixed(seed);
    let cases = (networks(), losses(), any::<bool>(), poisons(), any::<Index>());
    let result = TestRunner::new(config).run(&cases, |(network, loss, named, poison, at)| {
        saved_is_loaded::<f32>(&path, &network, loss, named, poison, at);
        saved_is_loaded::<f64>(&path, &network, loss, named, poison, at);
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}\nthe same cases again: PROPTEST_RNG_SEED={seed}");
    }
}

fn refused<T: Scalar>(model: &Model<T>) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m");
    let error = model.save(&path).unwrap_err().to_string();
    assert!(!path.exists(), "{error}");
    error.replace(path.to_str().unwrap(), "m")
}

fn small() -> Mlp<f32> {
    Mlp::builder(2).dense(3).batch_norm().relu().dense(2).seed(1).build().unwrap()
}

#[test]
fn a_refusal_names_the_file_the_module_the_place_and_what_to_do() {
    let mut mlp = small();
    mlp.params_mut()[6] = f32::INFINITY;
    let message = refused(&Model::new(mlp, Loss::Mse));
    assert!(message.starts_with("m, module 0: found inf in the bias of a dense layer, column 1, expected finite"));
    assert!(message.ends_with("train it with a smaller learning rate, scaled features or clipped gradients"));
    let mut mlp = small();
    mlp.params_mut()[4] = f32::NAN;
    let message = refused(&Model::new(mlp, Loss::Mse));
    assert!(message.starts_with("m, module 0: found NaN in the weights of a dense layer, input 2, output 2, expected"));
    let mut mlp = small();
    mlp.running_mut()[4] = f32::NAN;
    let message = refused(&Model::new(mlp, Loss::Mse));
    assert!(message.starts_with("m, module 1: found NaN in the running variance of batch_norm, column 2"));
    let mut model = Model::new(small(), Loss::Mse);
    model.preprocess = Preprocess::Standardize { mean: vec![0.0; 9], std: vec![1.0; 9] };
    assert!(refused(&model).contains("9 means and 9 deviations"));
    model.preprocess = Preprocess::None;
    model.class_names = Some(vec!["a".to_owned()]);
    assert_eq!(refused(&model), "m: found 1 class names, expected 2, one for each class");
    let message = refused(&Model::new(small(), Loss::Huber(f64::NAN)));
    assert!(message.starts_with("m, header: found the delta of huber is NaN; expected a finite number above 0"));
}

#[test]
fn a_slope_that_f32_does_not_hold_is_saved_as_f64_alone() {
    let network = Layer::Activation(Activation::LeakyRelu(1e300));
    let builder = || Mlp::builder(2).dense(2).layer(network).seed(1);
    let message = builder().build().unwrap_err().to_string();
    assert!(message.contains("slope of leaky_relu") && message.contains("1e300"), "{message}");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m");
    Model::new(builder().build_as::<f64>().unwrap(), Loss::Mse).save(&path).unwrap();
    assert!(Model::<f64>::load(&path).is_ok());
    assert!(Model::<f32>::load(&path).unwrap_err().to_string().contains("range of f32"));
}

#[test]
fn a_softmax_that_the_loss_would_apply_again_is_saved_and_loaded_all_the_same() {
    let model = Model::new(Mlp::builder(2).dense(2).softmax().seed(1).build().unwrap(), Loss::CrossEntropy);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m");
    model.save(&path).unwrap();
    assert!(same(&Model::load(&path).unwrap(), &model));
}

#[test]
fn numbers_that_overflow_the_type_of_the_reader_and_types_of_no_weight_are_refused() {
    let file = |dtype: &str, bytes: &[u8]| {
        let json = format!(r#"{{"0.weight":{{"dtype":"{dtype}","shape":[1,1],"data_offsets":[0,{}]}}}}"#, bytes.len());
        [&(json.len() as u64).to_le_bytes(), json.as_bytes(), bytes].concat()
    };
    let wide = ModelFile::parse("m", &file("F64", &1e300f64.to_le_bytes())).unwrap();
    assert_eq!(wide.model::<f64>(None).unwrap().mlp.params(), [1e300, 0.0]);
    let message = wide.model::<f32>(None).unwrap_err().to_string();
    assert!(message.contains("in tensor `0.weight`, expected a finite f32"), "{message}");
    for (dtype, bytes) in [("I64", 8), ("F8_E4M3", 1), ("U8", 1), ("BOOL", 1)] {
        let message = ModelFile::parse("m", &file(dtype, &vec![0; bytes])).unwrap_err().to_string();
        assert!(
            message.contains("expected F32, F64, F16 or BF16, or I8 with scales; convert it before saving"),
            "{dtype}: {message}"
        );
    }
}
