//! Rows beyond memory: whatever the bound, the same weights, the same preprocessing, the same split.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use chainrule::data::{Memory, Missing, Request, Scaling, Source, SplitRequest, write_npy, write_npy_labels};
use chainrule::train::Usual;
use chainrule::{Mlp, Model, Scalar, Task, Trainer, weights_sha256};

/// More than a bounded table keeps in memory.
const ROWS: usize = 12_000;

/// Numbers that look random and are the same everywhere.
fn draw(state: &mut u64) -> f64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 11) as f64 / (1_u64 << 53) as f64
}

/// Four numbers with holes, two columns of words, a target of values and one of classes.
fn csv(rows: usize) -> String {
    let (mut text, mut state) = ("a,b,c,d,town,garden,price,kind\n".to_owned(), 7);
    for row in 0..rows {
        let [a, b, c, d, other] = [(); 5].map(|()| draw(&mut state));
        let town = ["Ulm", "Bonn", "Trier", "Jena"][(other * 4.0) as usize];
        let garden = if other > 0.3 { "yes" } else { "no" };
        let hole = |at: usize, value: f64| if row % 11 == at { String::new() } else { format!("{value:.3}") };
        let price = 3.0 * a - b * c + other;
        let kind = if price > 2.0 {
            "dear"
        } else if price > 1.0 {
            "fair"
        } else {
            "cheap"
        };
        let (a, b, c) = (hole(3, a), hole(5, 1e6 * b), hole(20, c));
        writeln!(text, "{a},{b},{c},{:.0},{town},{garden},{price:.3},{kind}", d * 50.0).unwrap();
    }
    text
}

/// All that was learned.
#[derive(Debug, PartialEq)]
struct Learned {
    weights: String,
    model: String,
    content: String,
    notes: Vec<String>,
    score: f64,
}

fn learned<T: Scalar>(request: &Request, scaling: Scaling) -> Learned {
    let examples = request.read().unwrap();
    let split = SplitRequest { validation: 0.1, by: examples.usual_split(), ..SplitRequest::default() };
    let parts = examples.split(&split).unwrap();
    let fitted = examples.fit(&parts.train, scaling).unwrap();
    let [train, validation, test] =
        [&parts.train, &parts.validation, &parts.test].map(|rows| examples.dataset::<T>(rows, &fitted).unwrap());
    let task = examples.task();
    let network = Mlp::builder(train.cols()).dense(8).relu().dense(examples.outputs()).seed(3).build_as::<T>().unwrap();
    let mut usual = Usual::for_table(ROWS);
    usual.epochs = 2;
    let trainer = Trainer::new(usual.config(task.usual_loss()).unwrap()).unwrap();
    let mut model = trainer.fit(network, &train, Some(&validation), ()).unwrap().model;
    model.split = Some(examples.remember(&split));
    Learned {
        weights: weights_sha256(&model.mlp),
        model: format!("{:?} {:?} {:?} {:?}", model.schema, model.preprocess, model.target, model.split),
        content: examples.content(),
        notes: examples.notes().to_vec(),
        score: model.evaluate(&test).unwrap().loss,
    }
}

/// The same with several bounds as without, and no scratch file is left.
fn is_the_same<T: Scalar>(request: &Request, scaling: Scaling, bounds: &[u64]) {
    let folder = tempfile::tempdir().unwrap();
    let want = learned::<T>(request, scaling);
    for &bytes in bounds {
        let bounded = request.clone().memory(Memory::new(bytes).in_folder(folder.path()));
        assert_eq!(learned::<T>(&bounded, scaling), want, "{bytes} bytes, {scaling}, {}", T::NAME);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}

fn written(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) -> Source {
    let path: PathBuf = folder.join(name);
    fs::write(&path, bytes).unwrap();
    Source::File(path)
}

/// Too little for anything but what has to be in memory; some of it; all of it.
const BOUNDS: [u64; 3] = [400_000, 3_000_000, 100_000_000];

#[test]
fn numbers_words_and_missing_values_of_a_csv_give_the_same_model_with_any_bound() {
    let folder = tempfile::tempdir().unwrap();
    let source = written(folder.path(), "houses.csv", csv(ROWS));
    let request = |target: &str, missing: Missing| {
        let mut request = Request::new(source.clone()).target(target);
        request.missing = Some(missing);
        request.drop = vec![if target == "price" { "kind" } else { "price" }.to_owned()];
        request
    };
    is_the_same::<f32>(&request("price", Missing::Median), Scaling::Standardize, &BOUNDS);
    is_the_same::<f64>(&request("kind", Missing::Indicator), Scaling::Robust, &BOUNDS[..2]);
    is_the_same::<f32>(&request("kind", Missing::Mean), Scaling::Minmax, &BOUNDS[..1]);
    is_the_same::<f64>(&request("price", Missing::MostFrequent), Scaling::None, &BOUNDS[..1]);
    is_the_same::<f32>(&request("price", Missing::Drop), Scaling::Robust, &BOUNDS[..1]);
    let mut grouped = request("price", Missing::Median);
    (grouped.group, grouped.row_weights) = (Some("town".to_owned()), Some("d".to_owned()));
    is_the_same::<f32>(&grouped, Scaling::Standardize, &[500_000]);
}

#[test]
fn several_files_compressed_ones_and_labels_of_their_own_are_bounded_too() {
    let folder = tempfile::tempdir().unwrap();
    let text = csv(ROWS);
    let (header, rows) = text.split_once('\n').unwrap();
    let middle = rows[..rows.len() / 2].rfind('\n').unwrap() + 1;
    let parts = [&rows[..middle], &rows[middle..]].map(|rows| format!("{header}\n{rows}"));
    let mut paths = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        let path = folder.path().join(format!("part-{at}.csv.gz"));
        let mut packed = flate2::write::GzEncoder::new(fs::File::create(&path).unwrap(), flate2::Compression::fast());
        std::io::Write::write_all(&mut packed, part.as_bytes()).unwrap();
        packed.finish().unwrap();
        paths.push(path);
    }
    let mut request = Request::new(Source::Files(paths)).target("kind");
    (request.missing, request.task) = (Some(Missing::Median), Some(Task::Classification));
    is_the_same::<f32>(&request, Scaling::Standardize, &BOUNDS[..2]);
    let prices: String = rows.lines().map(|row| format!("{}\n", row.split(',').nth(6).unwrap())).collect();
    let numbers: String = rows.lines().map(|row| format!("{}\n", row.split(',').nth(3).unwrap())).collect();
    written(folder.path(), "prices.csv", prices);
    let mut request = Request::new(written(folder.path(), "numbers.csv", numbers));
    request.labels = Some(folder.path().join("prices.csv"));
    is_the_same::<f32>(&request, Scaling::Standardize, &BOUNDS[..1]);
}

#[test]
fn arrays_of_numbers_and_of_bytes_and_images_are_bounded_too() {
    const COLS: usize = 12;
    let folder = tempfile::tempdir().unwrap();
    let mut state = 1;
    let cells: Vec<f32> = (0..ROWS * COLS).map(|_| draw(&mut state) as f32).collect();
    let labels: Vec<u32> = cells.chunks_exact(COLS).map(|row| u32::from(row[0] + row[5] > 1.0)).collect();
    let path = |name: &str| folder.path().join(name);
    write_npy(path("x.npy"), ROWS, COLS, &cells).unwrap();
    write_npy_labels(path("y.npy"), &labels).unwrap();
    let mut request = Request::new(Source::File(path("x.npy")));
    request.labels = Some(path("y.npy"));
    is_the_same::<f32>(&request, Scaling::Standardize, &BOUNDS);
    is_the_same::<f64>(&request, Scaling::Robust, &BOUNDS[..1]);

    let bytes: Vec<u8> = cells.iter().map(|cell| (cell * 255.0) as u8).collect();
    let mut idx = vec![0, 0, 8, 3];
    [ROWS as u32, 3, 4].iter().for_each(|dim| idx.extend(dim.to_be_bytes()));
    idx.extend(&bytes);
    request.source = written(folder.path(), "images.idx", idx);
    // A share of it is more than all images.
    is_the_same::<f32>(&request, Scaling::Scale(1.0 / 255.0), &[300_000, 3_000_000]);
    is_the_same::<f32>(&request, Scaling::Standardize, &[300_000]);
    let header =
        format!("{:<117}\n", format!("{{'descr': '|u1', 'fortran_order': False, 'shape': ({ROWS}, {COLS}), }}"));
    let npy = [&b"\x93NUMPY\x01\x00\x76\x00"[..], header.as_bytes(), &bytes].concat();
    request.source = written(folder.path(), "bytes.npy", &npy);
    is_the_same::<f32>(&request, Scaling::Scale(1.0 / 255.0), &[300_000]);
    // What comes after the bytes that were claimed, and what is missing of them.
    for (name, bytes) in [("long.npy", [&npy[..], &[0]].concat()), ("short.npy", npy[..npy.len() - 1].to_vec())] {
        request.source = written(folder.path(), name, bytes);
        let bounded = request.clone().memory(Memory::new(300_000));
        let [message, want] = [&bounded, &request].map(|request| request.read().unwrap_err().to_string());
        assert_eq!(message, want);
    }
}

#[test]
fn columns_one_behind_the_other_are_refused_where_memory_does_not_hold_them() {
    let folder = tempfile::tempdir().unwrap();
    let header = format!("{:<117}\n", "{'descr': '<f8', 'fortran_order': True, 'shape': (1000, 4), }");
    let npy = [&b"\x93NUMPY\x01\x00\x76\x00"[..], header.as_bytes(), &[0; 32_000]].concat();
    let mut request = Request::new(written(folder.path(), "x.npy", npy)).target("1");
    request.task = Some(Task::Regression);
    assert!(request.read().is_ok() && request.clone().memory(Memory::new(1 << 20)).read().is_ok());
    let message = request.memory(Memory::new(100_000)).read().unwrap_err().to_string();
    assert!(message.contains("numpy.ascontiguousarray"), "{message}");
}

#[test]
fn a_bound_that_is_too_small_is_refused_with_one_that_suffices() {
    let folder = tempfile::tempdir().unwrap();
    let mut request = Request::new(written(folder.path(), "houses.csv", csv(1000))).target("price");
    request.missing = Some(Missing::Median);
    let message = request.clone().memory(Memory::new(1000)).read().unwrap_err().to_string();
    let figure = message.split("at least ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap();
    let figure: u64 = figure.parse().unwrap();
    assert!(figure > 1000, "{message}");
    assert!(request.clone().memory(Memory::new(figure - 1)).read().is_err());
    assert!(request.memory(Memory::new(figure)).read().is_ok());
}

#[cfg(target_os = "linux")]
#[test]
fn scratch_files_lie_where_they_shall_and_have_no_name_that_a_killed_process_would_leave() {
    let folder = tempfile::tempdir().unwrap();
    let scratch = folder.path().join("scratch of this test");
    fs::create_dir(&scratch).unwrap();
    let mut request = Request::new(written(folder.path(), "houses.csv", csv(ROWS))).target("price");
    request.missing = Some(Missing::Median);
    let open = || {
        let links = fs::read_dir("/proc/self/fd").unwrap();
        let targets = links.filter_map(|link| fs::read_link(link.unwrap().path()).ok());
        targets.filter(|target| target.to_string_lossy().contains("scratch of this test")).count()
    };
    let examples = request.memory(Memory::new(400_000).in_folder(&scratch)).read().unwrap();
    assert!(open() >= 2, "numbers and words");
    assert_eq!(fs::read_dir(&scratch).unwrap().count(), 0);
    drop(examples);
    assert_eq!(open(), 0);
}

#[test]
fn predictions_are_the_same_with_any_bound() {
    let folder = tempfile::tempdir().unwrap();
    let mut request = Request::new(written(folder.path(), "houses.csv", csv(ROWS))).target("price");
    (request.missing, request.drop) = (Some(Missing::Median), vec!["kind".to_owned()]);
    let examples = request.read().unwrap();
    let all: Vec<usize> = (0..examples.rows()).collect();
    let data = examples.dataset::<f32>(&all, &examples.fit(&all, Scaling::Standardize).unwrap()).unwrap();
    let network = Mlp::builder(data.cols()).dense(4).tanh().dense(1).seed(1).build().unwrap();
    let model = Model::new(network, chainrule::Loss::Mse).described_by(&data);
    let predicted = |request: &Request| {
        let (features, _) = request.read_features(&model).unwrap();
        assert_eq!(features.rows(), ROWS);
        (model.predict(&features).unwrap(), features.select(&[5, 2, 9_000]).unwrap().data().into_owned())
    };
    assert_eq!(predicted(&request.clone().memory(Memory::new(1_000_000))), predicted(&request));
}
