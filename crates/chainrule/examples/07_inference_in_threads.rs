//! Serving predictions from threads of your own: one `Predictor`, its weights packed once, shared by reference. You see that
//! it needs no lock, that a call allocates nothing, and that every thread gets the same bits.
//!
//! `cargo run --release --example 07_inference_in_threads -p chainrule --features examples`

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use chainrule::data::{Targets, digits};
use chainrule::metrics::argmax;
use chainrule::{MatRef, Mlp, Predictor, TrainConfig, Trainer};

const WORKERS: usize = 4;

fn main() -> Result<(), chainrule::Error> {
    let (train, test) = digits::<f32>().scaled(1.0 / 16.0)?.split(0.2, 42)?;
    let network = Mlp::builder(64).dense(32).relu().dense(10).seed(42).build()?;
    let model = Trainer::new(TrainConfig::default())?.fit(network, &train, None, ())?.model;
    let Targets::Classes { labels, .. } = test.targets() else { unreachable!("digits have classes") };

    let predictor = Predictor::new(&model.mlp); // takes rows as the network does, preprocessed
    let (next, right) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for worker in 0..WORKERS {
            let (predictor, test, next, right) = (&predictor, &test, &next, &right);
            scope.spawn(move || {
                // What a thread has to itself: made once, used for every request.
                let mut workspace = predictor.workspace(1);
                let mut logits = [0.0; 10];
                let mut served = 0;
                loop {
                    let row = next.fetch_add(1, Ordering::Relaxed);
                    if row >= test.rows() {
                        break;
                    }
                    let x = test.features().row(row);
                    let x = MatRef::new(&x, 1, 64);
                    predictor.predict_into(x, &mut logits, &mut workspace).expect("a row of the right width");
                    right.fetch_add(usize::from(argmax(&logits) == labels[row] as usize), Ordering::Relaxed);
                    served += 1;
                }
                println!("worker {worker} answered {served} rows");
            });
        }
    });

    // One thread, all rows at once: the same bits, so the same answers.
    let mut all = vec![0.0; test.rows() * 10];
    let x = test.features().data();
    let mut workspace = predictor.workspace(64);
    predictor.predict_into(MatRef::new(&x, test.rows(), 64), &mut all, &mut workspace)?;
    let alone = all.chunks(10).zip(labels).filter(|(logits, label)| argmax(logits) == **label as usize).count();
    println!("{} of {} right, and {alone} by one thread alone", right.load(Ordering::Relaxed), test.rows());
    assert_eq!(right.into_inner(), alone);
    assert!(alone * 100 > test.rows() * 93);
    Ok(())
}

#[test]
fn what_it_shows_is_so() {
    main().unwrap();
}
