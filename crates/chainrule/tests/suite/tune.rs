//! The search for settings and cross-validation: they depend on the seed alone, and go on where they stopped.

use std::sync::Mutex;

use chainrule::data::{Dataset, Examples, Request, Source, SplitRequest};
use chainrule::train::{Recipe, Tune, Tuned, Usual};
use chainrule::{Init, Mlp, Trainer};

fn examples() -> Examples {
    Request::new(Source::parse("moons:rows=120").unwrap()).read().unwrap()
}

fn parts() -> (Examples, Dataset<f32>, Dataset<f32>) {
    let examples = examples();
    let parts = examples.split(&SplitRequest { validation: 0.25, ..SplitRequest::default() }).unwrap();
    let fitted = examples.fit(&parts.train, examples.usual_scaling()).unwrap();
    let [train, validation] =
        [&parts.train, &parts.validation].map(|rows| examples.dataset::<f32>(rows, &fitted).unwrap());
    (examples, train, validation)
}

fn tune(threads: usize) -> Tune {
    let usual = Tune::for_table(120, examples().task().usual_loss());
    Tune { candidates: 5, epochs: 4, threads, ..usual }
}

#[test]
fn a_search_depends_on_its_seed_and_not_on_threads() {
    let (_, train, validation) = parts();
    let run = |tune: Tune| tune.run(&train, &validation, Vec::new(), |_| {}).unwrap();
    let found = run(tune(1));
    assert_eq!(found, run(tune(3)));
    assert_ne!(found, run(Tune { seed: 43, ..tune(1) }));
    assert_eq!(found.len(), 5);
    // Those of later rounds first, and of each the lower loss.
    assert!(found.windows(2).all(|pair| (pair[1].round, pair[0].score) <= (pair[0].round, f64::INFINITY)));
    assert!(found[0].score <= found[1].score && found[0].epochs == 4);
}

#[test]
fn what_is_known_is_not_trained_again() {
    let (_, train, validation) = parts();
    let all = Mutex::new(Vec::new());
    let keep = |tuned: &Tuned| all.lock().unwrap().push(tuned.clone());
    let found = tune(1).run(&train, &validation, Vec::new(), keep).unwrap();
    let all = all.into_inner().unwrap();
    assert!(all.len() > 5, "{}", all.len());
    for known in [0, 1, 4, all.len()] {
        let trained = Mutex::new(0);
        let again = tune(2).run(&train, &validation, all[..known].to_vec(), |_| *trained.lock().unwrap() += 1).unwrap();
        assert_eq!((again, trained.into_inner().unwrap()), (found.clone(), all.len() - known));
    }
    // Results of other settings are no use.
    let mut other = all.clone();
    other.iter_mut().for_each(|tuned| tuned.candidate.lr *= 2.0);
    assert_eq!(tune(1).run(&train, &validation, other, |_| {}).unwrap(), found);
}

#[test]
fn each_row_is_tested_on_in_one_fold() {
    let examples = examples();
    let usual = Usual::for_table(examples.rows());
    let config = usual.config(examples.task().usual_loss()).unwrap().epochs(5);
    let network = |init: Init| {
        move |inputs: usize, outputs: usize| {
            Ok(Mlp::builder(inputs).dense(8).relu().dense(outputs).init(init).build()?)
        }
    };
    let run = |init: Init, threads: usize| {
        let trainer = Trainer::new(config.clone().threads(threads)).unwrap();
        let split = SplitRequest { validation: 0.1, ..SplitRequest::default() };
        Recipe::of(&examples, &usual).cross_validate::<f32>(&trainer, &examples, (4, split), network(init)).unwrap()
    };
    let folds = run(usual.init, 1);
    assert_eq!((folds.len(), folds.iter().map(|fold| fold.rows).sum::<usize>()), (4, 120));
    assert_eq!(folds, run(usual.init, 2));
    assert_ne!(folds, run(Init::HeUniform, 1));
}
