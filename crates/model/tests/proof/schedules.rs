//! Schedules: PyTorch's learning rates, step by step, and what holds whatever the settings.

use chainrule_model::Optimizer;
use chainrule_model::optim::{Rates, SCHEDULE_NAMES, Schedule, Span, WarmUp};
use chainrule_model::random::{Purpose, Stream};
use serde_json::Value;

/// Made by `scripts/pytorch-reference-training`.
pub(crate) fn reference() -> Value {
    serde_json::from_str(include_str!("../data/training.json")).unwrap()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

#[test]
fn every_schedule_has_pytorchs_rates() {
    let reference = reference();
    let (epochs, steps) = (reference["epochs"].as_u64().unwrap(), reference["steps"].as_u64().unwrap());
    let losses: Vec<f64> = reference["losses"].as_array().unwrap().iter().map(number).collect();
    let mut seen = Vec::new();
    for case in reference["schedules"].as_array().unwrap() {
        let text = case["schedule"].as_str().unwrap();
        let schedule: Schedule = text.parse().unwrap();
        let warm_up = case["warm_up"].as_array();
        let warm_up = warm_up.map(|it| WarmUp { epochs: it[0].as_u64().unwrap(), start: number(&it[1]) });
        let mut rates = Rates::new(schedule, warm_up, number(&reference["lr"]), Span { epochs, steps });
        let want = case["rates"].as_array().unwrap();
        assert_eq!(want.len() as u64, epochs * steps);
        for (step, want) in (0..).zip(want) {
            let (got, want) = (rates.at(step), number(want));
            assert!((got - want).abs() <= 1e-12 * want, "{text}, step {step}: {got}, not {want}");
            if (step + 1) % steps == 0 {
                rates.validated(losses[(step / steps) as usize]);
            }
        }
        seen.push(schedule.name());
    }
    let missing = |name: &&&str| **name != "constant" && !seen.contains(*name);
    assert_eq!(SCHEDULE_NAMES.iter().find(missing), None, "a schedule without PyTorch's rates");
}

/// A drawn run and every schedule with drawn settings.
fn draw(stream: &mut Stream) -> (Span, Vec<Schedule>) {
    let mut count = |most: u64| 1 + stream.below(most);
    let run = Span { epochs: count(30), steps: count(20) };
    let (every, first, times) = (count(7), count(5), count(3));
    let (factor, rise) = (stream.uniform(0.05, 1.0), stream.uniform(0.05, 0.95));
    let (start, end, min_lr) = (stream.uniform(1.0, 30.0), stream.uniform(1.0, 1e4), stream.uniform(0.0, 0.01));
    let plateau = Schedule::by_name("plateau").unwrap();
    let schedules = vec![
        Schedule::Constant,
        Schedule::Step { every, factor },
        Schedule::Exponential { factor },
        Schedule::Cosine { min_lr },
        Schedule::Restarts { first, times, min_lr },
        Schedule::OneCycle { rise, start, end },
        plateau,
    ];
    (run, schedules)
}

#[test]
fn a_rate_is_a_finite_number_from_0_to_the_optimizers_own() {
    for seed in 0..300 {
        let mut stream = Stream::new(seed, Purpose::Synthetic, 4);
        let (run, schedules) = draw(&mut stream);
        for schedule in schedules {
            schedule.check().unwrap();
            // Some steps more than the run has.
            for step in 0..run.epochs * run.steps + 3 {
                let rate = schedule.rate(0.5, step, run);
                assert!(
                    (0.0..=0.5 * (1.0 + 1e-15)).contains(&rate),
                    "seed {seed}, {schedule}, {run:?}, {step}: {rate}"
                );
            }
            // Scaled like the optimiser's own, but for least rates that are told apart from it.
            if !schedule.to_string().contains("min-lr") {
                let (one, ten) = (schedule.rate(0.5, 7, run), schedule.rate(5.0, 7, run));
                assert!((10.0 * one - ten).abs() <= 1e-14 * ten, "{schedule}");
            }
        }
    }
}

#[test]
fn rates_are_the_formulas_with_the_platforms_functions() {
    use std::f64::consts::PI;
    for seed in 0..300 {
        let mut stream = Stream::new(seed, Purpose::Synthetic, 5);
        let (run, schedules) = draw(&mut stream);
        let (total, lr) = ((run.epochs * run.steps) as f64, 0.7);
        let half_cosine = |from: f64, to: f64, share: f64| to + (from - to) * (1.0 + (PI * share).cos()) / 2.0;
        for step in 0..run.epochs * run.steps {
            let (t, epoch) = (step as f64, step / run.steps);
            for schedule in &schedules {
                let want = match *schedule {
                    Schedule::Step { every, factor } => lr * factor.powi((epoch / every) as i32),
                    Schedule::Exponential { factor } => lr * factor.powi(epoch as i32),
                    Schedule::Cosine { min_lr } => half_cosine(lr, min_lr, t / total),
                    Schedule::Restarts { first, times, min_lr } => {
                        let (mut begin, mut length) = (0, first * run.steps);
                        while step >= begin + length {
                            begin += length;
                            length *= times;
                        }
                        half_cosine(lr, min_lr, (step - begin) as f64 / length as f64)
                    }
                    Schedule::OneCycle { rise, start, end } => {
                        let peak = rise * total - 1.0;
                        if t <= peak && peak > 0.0 {
                            half_cosine(lr / start, lr, t / peak)
                        } else {
                            half_cosine(lr, lr / start / end, (t - peak) / (total - 1.0 - peak))
                        }
                    }
                    _ => lr,
                };
                let got = schedule.rate(lr, step, run);
                assert!((got - want).abs() <= 1e-13, "seed {seed}, {schedule}, {run:?}, {step}: {got}, not {want}");
            }
        }
    }
}

#[test]
fn a_warm_up_multiplies_whatever_it_is_put_before_and_then_is_over() {
    let run = Span { epochs: 10, steps: 7 };
    let warm_up = WarmUp { epochs: 2, start: 0.2 };
    for name in SCHEDULE_NAMES {
        let schedule = Schedule::by_name(name).unwrap();
        let (warm, cold) = (Rates::new(schedule, Some(warm_up), 0.3, run), Rates::new(schedule, None, 0.3, run));
        assert!((warm.at(0) - 0.2 * cold.at(0)).abs() <= 1e-16, "{name}");
        assert!((warm.at(7) - 0.6 * cold.at(7)).abs() <= 1e-15, "{name}");
        (14..70).for_each(|step| assert_eq!(warm.at(step), cold.at(step), "{name}"));
    }
    assert_eq!(WarmUp::over(0).factor(0, run), 1.0);
    let error = WarmUp { start: 0.0, ..warm_up }.check().unwrap_err().to_string();
    assert_eq!(error, "the warm-up's first share is 0; expected a number above 0, at most 1");
}

#[test]
fn an_optimizer_takes_any_rate() {
    for name in chainrule_model::optim::OPTIMIZER_NAMES {
        let optimizer = Optimizer::by_name(name).unwrap();
        let slower = optimizer.at_rate(0.25);
        assert_eq!((slower.lr(), slower), (0.25, optimizer.with("lr", 0.25).unwrap()));
        assert_eq!(optimizer.at_rate(0.0).lr(), 0.0);
    }
}
