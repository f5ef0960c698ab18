//! Every formula is true: evaluated as it is printed, with the numbers of the quantities it names, it gives the value
//! that is shown beside it.

use chainrule_explain::trace::{Quantity, Step, Term};

use super::case::Case;
use super::evaluate::evaluate;

fn is_close(got: f64, want: f64, largest: f64) -> bool {
    // Where a formula says f', it is a quotient of differences, off by some 1e-10 times what it is multiplied with.
    (got - want).abs() <= 1e-7 * (1.0 + want.abs()) + 2e-9 * largest
}

#[track_caller]
fn assert_true(quantity: &Quantity, norm: f64, what: &str) {
    if quantity.formula.0.is_empty() {
        return;
    }
    let got = evaluate(&quantity.formula, norm, quantity.value.cols());
    let (equation, want) = (quantity.equation(), &quantity.value);
    assert_eq!((got.rows, got.cols), (want.rows(), want.cols()), "{equation}, {what}");
    let numbers = quantity.formula.0.iter().flat_map(|term| match term {
        Term::Value { value, .. } => value.values(),
        Term::Sign(_) => &[],
    });
    let largest = numbers.fold(0.0, |largest: f64, number| largest.max(number.abs()));
    for (got, want) in got.values.iter().zip(want.values()) {
        assert!(is_close(*got, *want, largest), "{equation} is {got:e}, shown {want:e}, {what}");
    }
}

/// The norm of all gradients by parameters, which clipping speaks of.
fn gradient_norm(step: &Step) -> f64 {
    let backward = step.sections.iter().find(|section| section.title == "backward").unwrap();
    let by_parameters =
        |quantity: &&Quantity| ["dW", "db", "dgamma"].iter().any(|name| quantity.name.text.contains(name));
    let gradients = backward.quantities.iter().filter(by_parameters);
    gradients.flat_map(|quantity| quantity.value.values()).map(|g| g * g).sum::<f64>().sqrt()
}

#[test]
fn every_formula_gives_the_value_beside_it() {
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..400 {
        let case = Case::<f64>::draw(seed);
        let what = format!("seed {seed}: {:?}, {}", case.mlp.layers(), case.update.optimizer);
        let (_, trace) = case.traced(3, 1..=3);
        trace.given.iter().for_each(|quantity| assert_true(quantity, 0.0, &what));
        for step in &trace.steps {
            let norm = gradient_norm(step);
            for quantity in step.sections.iter().flat_map(|section| &section.quantities) {
                assert_true(quantity, norm, &what);
                // Its shape, to know that every kind of formula has been seen.
                let signs = quantity.formula.0.iter().map(|term| match term {
                    Term::Sign(sign) => sign.text.clone(),
                    Term::Value { .. } => "_".to_owned(),
                });
                seen.insert(signs.collect::<String>());
            }
        }
    }
    for shape in [
        "_ _ + _",
        "relu(_)",
        "leaky_relu(0.01)(_)",
        "elu(1)(_)",
        "gelu(_)",
        "softmax(_)",
        "log_softmax(_)",
        "-sum(_ * log(_)) / _",
        "sum((_ - _)^2) / (2 * _)",
        "sum((_ - _)^2) / _",
        "(_ - _) / _",
        "(sum_of_each_row(_) * _ - _) / _",
        "2 * (_ - _) / _",
        "-sum(_ * log(_) + (1 - _) * log(1 - _)) / _",
        "sum(abs(_ - _)) / _",
        "sign(_ - _) / _",
        "sum(min((_ - _)^2, 1) / 2 + 1 * max(abs(_ - _) - 1, 0)) / _",
        "min(1, max(-1, _ - _)) / _",
        "mean(_ = _)",
        "_ _",
        "sum_of_rows(_)",
        "_ * (_ > 0)",
        "_ * _ * (1 - _)",
        "_ * (1 - _^2)",
        "_ * leaky_relu(0.01)'(_)",
        "_ * elu(1)'(_)",
        "_ * gelu'(_)",
        "_ - exp(_) * sum_of_each_row(_)",
        "_ * (_ - sum_of_each_row(_ * _))",
        "_ - _ * _",
        "_ - _ * (_ + 0.01 * _)",
        "0.9 * _ + _",
        "_ - _ * (_ + 0.9 * _)",
        "0.9 * _ + 0.1 * (_ + 0.01 * _)",
        "0.999 * _ + 0.001 * (_)^2",
        "_ - _ * (_ + 0.01 * _) / (sqrt(_) + 1e-8)",
        "_ - _ * _ / (1 - 0.9^2) / (sqrt(_ / (1 - 0.999^2)) + 1e-8)",
        "_ * (1 - _ * 0.01) - _ * _ / (1 - 0.9^3) / (sqrt(_ / (1 - 0.999^3)) + 1e-8)",
        "_ + (_)^2",
        "_ - _ * _ / (sqrt(_) + 1e-10)",
        "_ - _ / (1 + 2 * 0.5) * _ / (sqrt(_) + 1e-10)",
        "_ - _ * (_ + 0.02 * sign(_))",
        "_ * (1 - _ * 0.04) - _ * (_ + 0.02 * sign(_) + 0.03 * _ * (1 - _ * 0.04))",
        "_ * min(1, 0.1 / (|all gradients| + 1e-6))",
        "min(0.01, max(-0.01, _))",
        "_ * _ / (1 - 0.25)",
        "mean_of_each_row(_)",
        "mean_of_each_row((_ - _)^2)",
        "mean_of_rows((_ - _)^2)",
        "(_ - _) / sqrt(_ + 1e-5) * _ + _",
        "sum_of_rows(_ * (_ - _) / sqrt(_ + 0.01))",
        "(_ * _ - mean_of_each_row(_ * _) - (_ - _) / sqrt(_ + 1e-5) * mean_of_each_row(_ * _ * (_ - _) / sqrt(_ + 1e-5))) \
         / sqrt(_ + 1e-5)",
        "_ / sqrt(_ + 1e-5) * (_ - _ / _ - (_ - _) / sqrt(_ + 1e-5) * _ / _)",
        "(1 - 0.3) * _ + 0.3 * _",
        "(1 - 0.1) * _ + 0.1 * _ * _ / (_ - 1)",
    ] {
        assert!(seen.contains(shape), "no case had {shape}; there were {seen:#?}");
    }
}

/// Each quantity that a formula names is one that was shown before it, with the same numbers.
#[test]
fn every_formula_speaks_of_quantities_that_were_shown() {
    for seed in 0..200 {
        let case = Case::<f64>::draw(seed);
        let (_, trace) = case.traced(2, 1..=2);
        for step in &trace.steps {
            let mut known: Vec<&Quantity> = trace.given.iter().collect();
            for quantity in step.sections.iter().flat_map(|section| &section.quantities) {
                for term in &quantity.formula.0 {
                    let Term::Value { name, value, .. } = term else { continue };
                    let is_setting = ["lr", "n"].contains(&name.text.as_str());
                    // What an optimiser remembers from the step before.
                    let is_remembered = quantity.replaces && *name == quantity.name && name.text.contains('_');
                    let shown = known.iter().rev().find(|known| known.name == *name);
                    let equation = quantity.equation();
                    match shown {
                        Some(shown) => assert!(shown.value == *value, "{name} in {equation}, seed {seed}"),
                        None => assert!(is_setting || is_remembered, "{name} in {equation}, seed {seed}"),
                    }
                }
                known.push(quantity);
            }
        }
    }
}
