//! A random search for settings, by successive halving: many candidates train for a few epochs, the better half of them for
//! twice as many, and so on (Jamieson and Talwalkar 2016, "Non-stochastic Best Arm Identification and Hyperparameter
//! Optimization", algorithm 1). Candidates are drawn at random, not on a grid (Bergstra and Bengio 2012).
//!
//! One network a thread: a candidate computes on a single thread of its own, so the result depends on the seed alone.

use std::cmp::Ordering;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering as Memory};

use chainrule_kernel::Scalar;
use chainrule_model::random::{Purpose, Stream};
use chainrule_model::{Init, Mlp, Optimizer};
use serde::{Deserialize, Serialize};

use super::{EarlyStopping, TrainConfig, Trainer, Usual};
use crate::data::{Dataset, Order};
use crate::{Error, Result};

/// What is searched, and for how long.
///
/// ```
/// # #[cfg(feature = "csv")] {
/// use chainrule::data::{Request, Scaling, Source, SplitRequest};
/// use chainrule::train::{Tune, Tuned};
///
/// let examples = Request::new(Source::parse("iris")?).read()?;
/// let parts = examples.split(&SplitRequest { validation: 0.2, ..SplitRequest::default() })?;
/// let fitted = examples.fit(&parts.train, Scaling::Standardize)?;
/// let train = examples.dataset::<f32>(&parts.train, &fitted)?;
/// let validation = examples.dataset::<f32>(&parts.validation, &fitted)?;
/// let tune = Tune { candidates: 4, epochs: 4, ..Tune::for_table(examples.rows(), examples.task().usual_loss()) };
/// let found = tune.run(&train, &validation, Vec::new(), |_| {})?;
/// assert!(found[0].score <= found[1].score);
/// # }
/// # Ok::<(), chainrule::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Tune {
    /// Candidates in the first round.
    pub candidates: usize,
    /// Epochs of the last round, at most; each round before it has half as many.
    pub epochs: usize,
    /// What draws candidates, initial weights and minibatches.
    pub seed: u64,
    /// Networks that are trained at once; each on one thread.
    pub threads: usize,
    /// The initial weights.
    pub init: Init,
    /// What all candidates share: the loss and its weights, for example.
    pub config: TrainConfig,
}

/// The settings of one network.
///
/// ```
/// use chainrule::train::Candidate;
/// let draw = |number| Candidate::draw(42, number);
/// assert_eq!(draw(3), draw(3));
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// Its number, from 0; it is drawn by it and the seed alone.
    pub number: usize,
    /// The learning rate of AdamW.
    pub lr: f64,
    /// Hidden layers.
    pub hidden: Vec<usize>,
    /// Rows in a minibatch.
    pub batch: usize,
    /// The dropout probability after each hidden layer.
    pub dropout: f64,
    /// Decoupled weight decay, as AdamW's.
    pub weight_decay: f64,
}

/// How a candidate did.
///
/// ```
/// use chainrule::train::{Candidate, Tuned};
/// let tuned = Tuned { candidate: Candidate::draw(42, 0), round: 0, epochs: 5, best_epoch: 5, score: 0.3, accuracy: None };
/// assert!(tuned.score.is_finite());
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tuned {
    /// Its settings.
    pub candidate: Candidate,
    /// The last round that it took part in, from 0.
    pub round: usize,
    /// Epochs that it was given in that round.
    pub epochs: usize,
    /// The best of them.
    pub best_epoch: usize,
    /// The loss on the validation rows after it, lower is better; infinite where the network diverged.
    #[serde(with = "finite_or_none")]
    pub score: f64,
    /// The accuracy there, of classes.
    pub accuracy: Option<f64>,
}

/// JSON has no infinity.
mod finite_or_none {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(score: &f64, to: S) -> Result<S::Ok, S::Error> {
        score.is_finite().then_some(*score).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
        Ok(Option::<f64>::deserialize(from)?.unwrap_or(f64::INFINITY))
    }
}

impl Candidate {
    /// The candidate of this number. The first is the usual one, so that a search is never worse than none on the rows that it
    /// looks at.
    pub fn draw(seed: u64, number: usize) -> Self {
        if number == 0 {
            let (hidden, batch) = (vec![128, 64], 32);
            return Candidate { number, lr: 3e-3, hidden, batch, dropout: 0.0, weight_decay: 0.0 };
        }
        let mut stream = Stream::new(seed, Purpose::Search, number as u64);
        let lr = log_uniform(&mut stream, 1e-4, 1e-2);
        let depth = 1 + stream.below(3) as usize;
        let width = 16 << stream.below(5); // 16, 32, ..., 256
        let hidden = (0..depth).map(|layer| if layer == 0 { width } else { (width / 2).max(16) }).collect();
        let batch = 16 << stream.below(4); // 16, 32, 64, 128
        let dropout = [0.0, 0.0, 0.1, 0.2, 0.3][stream.below(5) as usize];
        let decays = stream.below(3) > 0;
        let decay = log_uniform(&mut stream, 1e-4, 1e-1);
        let weight_decay = if decays { decay } else { 0.0 };
        Candidate { number, lr, hidden, batch, dropout, weight_decay }
    }

    fn network<T: Scalar>(&self, tune: &Tune, inputs: usize, outputs: usize) -> Result<Mlp<T>> {
        let mut builder = Mlp::builder(inputs).seed(tune.seed).init(tune.init);
        for &units in &self.hidden {
            builder = builder.dense(units).relu();
            if self.dropout > 0.0 {
                builder = builder.dropout(self.dropout);
            }
        }
        Ok(builder.dense(outputs).build_as()?)
    }
}

/// Uniform in the logarithm, rounded to two digits, which people can type.
fn log_uniform(stream: &mut Stream, low: f64, high: f64) -> f64 {
    let value = (low.ln() + (high / low).ln() * stream.unit()).exp();
    format!("{value:.1e}").parse().unwrap_or(value)
}

impl Tune {
    /// What suits a table with this number of rows.
    pub fn for_table(rows: usize, loss: chainrule_model::Loss) -> Self {
        let usual = Usual::for_table(rows);
        let config = TrainConfig::default().loss(loss).epoch_hashes(false);
        Tune { candidates: 32, epochs: 80, seed: 42, threads: 1, init: usual.init, config }
    }

    /// The number of candidates and epochs of each round: halves of the former, doubles of the latter.
    pub fn rounds(&self) -> Vec<(usize, usize)> {
        let mut candidates = vec![self.candidates];
        while let Some(&last) = candidates.last().filter(|last| **last > 2) {
            candidates.push(last.div_ceil(2));
        }
        let last = candidates.len() - 1;
        let epochs = |round: usize| (self.epochs >> (last - round).min(63)).max(1);
        candidates.into_iter().enumerate().map(|(round, count)| (count, epochs(round))).collect()
    }

    /// Searches; returns all candidates, the best first: by round, then by score. What `known` holds from an earlier search
    /// over the same rows with the same seed is not trained again; `each` is called with every new result, on any thread, to
    /// keep it.
    ///
    /// # Errors
    /// When there are no candidates, epochs or threads, and those of [`Trainer::fit`]; that a network diverges is none: its
    /// score is infinite.
    pub fn run<T: Scalar>(
        &self,
        train: &Dataset<T>,
        validation: &Dataset<T>,
        known: Vec<Tuned>,
        each: impl Fn(&Tuned) + Sync,
    ) -> Result<Vec<Tuned>> {
        for (name, count) in [("candidates", self.candidates), ("epochs", self.epochs), ("threads", self.threads)] {
            if count == 0 {
                return Err(Error::Argument { name, found: "0".to_owned(), expected: "at least 1".to_owned() });
            }
        }
        let mut all: Vec<Tuned> = Vec::new();
        let mut left: Vec<Candidate> = (0..self.candidates).map(|number| Candidate::draw(self.seed, number)).collect();
        for (round, (count, epochs)) in self.rounds().into_iter().enumerate() {
            left.truncate(count);
            let job = |candidate: &Candidate| {
                let is_same = |old: &&Tuned| old.candidate == *candidate && old.round == round && old.epochs == epochs;
                match known.iter().find(is_same) {
                    Some(old) => Ok(old.clone()),
                    None => self.train(candidate, (round, epochs), train, validation).inspect(&each),
                }
            };
            let mut found = in_threads(self.threads, &left, job)?;
            found.sort_by(better);
            left = found.iter().map(|tuned| tuned.candidate.clone()).collect();
            all.retain(|old| !left.contains(&old.candidate));
            all.extend(found);
        }
        all.sort_by(|one, other| other.round.cmp(&one.round).then_with(|| better(one, other)));
        Ok(all)
    }

    fn train<T: Scalar>(
        &self,
        candidate: &Candidate,
        (round, epochs): (usize, usize),
        train: &Dataset<T>,
        validation: &Dataset<T>,
    ) -> Result<Tuned> {
        let optimizer = Optimizer::by_name("adamw")?;
        let optimizer = optimizer.with("lr", candidate.lr)?.with("weight-decay", candidate.weight_decay)?;
        let config = TrainConfig {
            epochs,
            batch: candidate.batch.min(train.rows()),
            optimizer,
            early_stopping: Some(EarlyStopping::new(epochs)),
            order: Order::Shuffled { seed: self.seed },
            threads: Some(1),
            ..self.config.clone()
        };
        let network = candidate.network::<T>(self, train.cols(), train.targets().width())?;
        let trained = Trainer::new(config)?.fit(network, train, Some(validation), ());
        let (best_epoch, score, accuracy) = match trained {
            Ok(trained) => match trained.report.best_epoch.and_then(|best| Some((best.epoch, best.validation?))) {
                Some((epoch, found)) => (epoch, found.loss, found.accuracy),
                None => (0, f64::INFINITY, None),
            },
            Err(Error::Diverged { .. }) => (0, f64::INFINITY, None),
            Err(error) => return Err(error),
        };
        Ok(Tuned { candidate: candidate.clone(), round, epochs, best_epoch, score, accuracy })
    }
}

/// The lower score first; of equal ones the candidate that was drawn first.
fn better(one: &Tuned, other: &Tuned) -> Ordering {
    one.score.total_cmp(&other.score).then(one.candidate.number.cmp(&other.candidate.number))
}

/// The results of `job` over all items in their order, computed by so many threads; the first error in that order.
fn in_threads<I: Sync, R: Send>(threads: usize, items: &[I], job: impl Fn(&I) -> Result<R> + Sync) -> Result<Vec<R>> {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        while let Some((at, item)) = Some(next.fetch_add(1, Memory::Relaxed)).and_then(|at| Some((at, items.get(at)?)))
        {
            let result = job(item);
            done.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push((at, result));
        }
    };
    std::thread::scope(|scope| {
        (1..threads.min(items.len())).for_each(|_| drop(scope.spawn(work)));
        work();
    });
    let mut done = done.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::digits;

    fn tune() -> Tune {
        let config = TrainConfig::default().epoch_hashes(false);
        Tune { candidates: 6, epochs: 4, seed: 5, threads: 1, init: Init::Torch, config }
    }

    fn rows() -> (Dataset<f32>, Dataset<f32>) {
        let (few, _) = digits::<f32>().scaled(0.0625).unwrap().split(0.9, 3).unwrap();
        few.split(0.3, 4).unwrap()
    }

    #[test]
    fn rounds_halve_candidates_and_double_epochs() {
        assert_eq!(tune().rounds(), [(6, 1), (3, 2), (2, 4)]);
        assert_eq!(Tune { candidates: 1, ..tune() }.rounds(), [(1, 4)]);
        assert_eq!(Tune { candidates: 32, epochs: 80, ..tune() }.rounds()[0], (32, 5));
    }

    #[test]
    fn the_result_depends_on_the_seed_and_not_on_the_threads() {
        let (train, validation) = rows();
        let found = tune().run(&train, &validation, Vec::new(), |_| {}).unwrap();
        assert_eq!(found.len(), 6);
        assert_eq!((found[0].round, found[1].round, found[5].round), (2, 2, 0));
        let threads = Tune { threads: 3, ..tune() }.run(&train, &validation, Vec::new(), |_| {}).unwrap();
        assert_eq!(threads, found);
        let other = Tune { seed: 6, ..tune() }.run(&train, &validation, Vec::new(), |_| {}).unwrap();
        assert_ne!(other, found);
    }

    #[test]
    fn what_is_known_is_not_trained_again() {
        let (train, validation) = rows();
        let kept = Mutex::new(Vec::new());
        let found = tune().run(&train, &validation, Vec::new(), |new| kept.lock().unwrap().push(new.clone())).unwrap();
        let kept = kept.into_inner().unwrap();
        assert_eq!(kept.len(), 6 + 3 + 2);
        let text = serde_json::to_string(&kept).unwrap();
        let known: Vec<Tuned> = serde_json::from_str(&text).unwrap();
        let again = tune().run(&train, &validation, known, |new| panic!("trained again: {new:?}")).unwrap();
        assert_eq!(again, found);
    }

    #[test]
    fn a_diverged_network_is_last_and_survives_json() {
        let diverged = Tuned {
            candidate: Candidate::draw(1, 1),
            round: 0,
            epochs: 1,
            best_epoch: 0,
            score: f64::INFINITY,
            accuracy: None,
        };
        let text = serde_json::to_string(&diverged).unwrap();
        assert_eq!(serde_json::from_str::<Tuned>(&text).unwrap(), diverged);
        assert_eq!(better(&diverged, &Tuned { score: 9.0, ..diverged.clone() }), Ordering::Greater);
    }
}
