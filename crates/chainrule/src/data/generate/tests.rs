//! Counts, formulas and seeds of made-up data.

use super::*;

fn made(generator: Generator, rows: usize, noise: Option<f64>, seed: u64) -> Generated {
    generator.generate(&GeneratorConfig { rows, noise, seed }).unwrap()
}

/// The points with their classes, without noise unless it is given.
fn points(generator: Generator, noise: Option<f64>) -> Vec<(u32, f64, f64)> {
    let made = made(generator, 900, noise.or(Some(0.0)), 7);
    let GeneratedTarget::Classes { labels, .. } = &made.target else { panic!("{generator:?} has classes") };
    labels.iter().zip(made.features.chunks(2)).map(|(label, x)| (*label, x[0], x[1])).collect()
}

#[test]
fn each_has_its_rows_its_columns_and_classes_of_equal_size() {
    for generator in Generator::ALL {
        let made = made(generator, 100, None, 1);
        assert_eq!(made.features.len(), 100 * generator.cols());
        let columns: Vec<String> = (1..=generator.cols()).map(|col| format!("x{col}")).collect();
        assert_eq!(made.columns, columns);
        assert!(made.features.iter().all(|x| x.is_finite()));
        match (&made.target, generator.classes()) {
            (GeneratedTarget::Classes { labels, names }, Some(classes)) => {
                assert_eq!(names[..], ["a", "b", "c"][..classes]);
                let counts = (0..classes as u32).map(|class| labels.iter().filter(|label| **label == class).count());
                assert!(counts.clone().all(|count| count.abs_diff(100 / classes) <= 1), "{generator:?}");
                assert_eq!(counts.sum::<usize>(), 100);
            }
            (GeneratedTarget::Values(values), None) => assert_eq!(values.len(), 100),
            (target, classes) => panic!("{generator:?}: {target:?}, {classes:?}"),
        }
        assert_eq!(Generator::by_name(generator.name()).unwrap(), generator);
    }
    let message = Generator::by_name("moon").unwrap_err().to_string();
    assert!(message.contains("did you mean \"moons\"?"), "{message}");
}

#[test]
fn without_noise_points_lie_on_their_curves() {
    let near = |a: f64, b: f64| (a - b).abs() < 1e-14;
    for (class, x, y) in points(Generator::Moons, None) {
        let (x, y) = if class == 0 { (x, y) } else { (1.0 - x, 0.5 - y) };
        assert!(near(x.hypot(y), 1.0) && y >= -1e-15, "moons {class}: {x}, {y}");
    }
    for (class, x, y) in points(Generator::Circles, None) {
        assert!(near(x.hypot(y), if class == 0 { 1.0 } else { 0.5 }), "circles {class}: {x}, {y}");
    }
    for (class, x, y) in points(Generator::Spirals, None) {
        let r = x.hypot(y);
        let turned = 3.0 * PI * r + if class == 0 { 0.0 } else { PI };
        assert!((0.1 - 1e-9..=1.0).contains(&r), "spirals {class}: {r}");
        assert!(
            (x - r * turned.cos()).abs() < 1e-12 && (y - r * turned.sin()).abs() < 1e-12,
            "spirals {class}: {x}, {y}"
        );
    }
    for (class, x, y) in points(Generator::Xor, None) {
        assert!((x * y > 0.0) == (class == 0) && x.abs() <= 1.0 && y.abs() <= 1.0, "xor {class}: {x}, {y}");
    }
    for (class, x, y) in points(Generator::Blobs, None) {
        assert!(near(x.hypot(y), 2.0) && near(y, if class == 0 { 2.0 } else { -1.0 }), "blobs {class}: {x}, {y}");
    }
}

#[test]
fn curves_are_covered_from_end_to_end() {
    let span = |generator: Generator, class: u32| {
        let xs = points(generator, None).into_iter().filter(|point| point.0 == class).map(|point| point.1);
        xs.fold([f64::MAX, f64::MIN], |[low, high], x| [x.min(low), x.max(high)])
    };
    for (generator, class, [low, high]) in [
        (Generator::Moons, 0, [-1.0, 1.0]),
        (Generator::Moons, 1, [0.0, 2.0]),
        (Generator::Circles, 0, [-1.0, 1.0]),
        (Generator::Circles, 1, [-0.5, 0.5]),
        (Generator::Xor, 0, [-1.0, 1.0]),
    ] {
        let [from, to] = span(generator, class);
        assert!((from - low).abs() < 0.01 && (to - high).abs() < 0.01, "{generator:?} {class}: {from} to {to}");
    }
}

#[test]
fn noise_has_its_standard_deviation() {
    // 1800 numbers; the standard error of their standard deviation is 0.3 / sqrt(3600) = 0.005.
    for generator in [Generator::Moons, Generator::Blobs, Generator::Xor] {
        let (clean, noisy) = (points(generator, None), points(generator, Some(0.3)));
        let squares = clean.iter().zip(&noisy).map(|(a, b)| (a.1 - b.1).powi(2) + (a.2 - b.2).powi(2));
        let deviation = (squares.sum::<f64>() / 1800.0).sqrt();
        assert!((deviation - 0.3).abs() < 0.025, "{generator:?}: {deviation}");
    }
}

#[test]
fn friedmans_values_are_those_of_the_formula() {
    let x = [0.5, 1.0, 0.75, 0.2, 0.4, 0.1, 0.2, 0.3, 0.4, 0.5];
    // 10 sin(pi / 2) + 20 / 16 + 2 + 2.
    assert!((friedman(&x) - 15.25).abs() < 1e-14);
    let [clean, noisy] = [Some(0.0), None].map(|noise| made(Generator::Friedman, 2000, noise, 3));
    let GeneratedTarget::Values(values) = &clean.target else { panic!("a regression") };
    for (row, y) in clean.features.chunks(10).zip(values) {
        let want = 10.0 * (PI * row[0] * row[1]).sin() + 20.0 * (row[2] - 0.5).powi(2) + 10.0 * row[3] + 5.0 * row[4];
        assert!((y - want).abs() < 1e-12 && row.iter().all(|x| (0.0..1.0).contains(x)), "{y}, {want}");
    }
    assert_eq!(noisy.features, clean.features);
    let GeneratedTarget::Values(with_noise) = &noisy.target else { panic!("a regression") };
    let variance = values.iter().zip(with_noise).map(|(a, b)| (a - b).powi(2)).sum::<f64>() / 2000.0;
    // The standard error of the variance is sqrt(2 / 2000) = 0.03.
    assert!((variance - 1.0).abs() < 0.15, "{variance}");
}

#[test]
fn a_seed_means_the_same_rows_and_more_rows_begin_with_them() {
    for generator in Generator::ALL {
        let few = made(generator, 30, None, 5);
        assert_eq!(few, made(generator, 30, None, 5));
        assert_eq!(few.features, made(generator, 60, None, 5).features[..few.features.len()]);
        if generator != Generator::Blobs {
            assert_ne!(made(generator, 30, Some(0.0), 6).features, made(generator, 30, Some(0.0), 5).features);
        }
        assert_ne!(few.features, made(generator, 30, None, 6).features);
    }
}

#[test]
fn rows_that_are_none_and_noise_that_is_none_are_refused() {
    let refused = |rows, noise, words: &str| {
        let config = GeneratorConfig { rows, noise, seed: 1 };
        let message = Generator::Moons.generate(&config).unwrap_err().to_string();
        assert!(message.contains(words), "{message}");
    };
    refused(0, None, "rows: found 0, expected at least 1");
    refused(usize::MAX, None, "no more than memory holds");
    refused(1, Some(-0.5), "noise: found -0.5, expected a standard deviation, 0 or more");
    refused(1, Some(f64::NAN), "noise: found NaN");
    refused(1, Some(f64::INFINITY), "noise: found inf");
}

#[test]
fn the_rows_of_a_seed_stay_what_they_are() {
    let hash = |generator: Generator| {
        let made = made(generator, 200, None, 42);
        let values = match &made.target {
            GeneratedTarget::Values(values) => &values[..],
            GeneratedTarget::Classes { .. } => &[],
        };
        let bytes: Vec<u8> = made.features.iter().chain(values).flat_map(|x| x.to_le_bytes()).collect();
        hmac_sha256::Hash::hash(&bytes)[..4].iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    let hashes = Generator::ALL.map(|generator| format!("{} {}", generator.name(), hash(generator)));
    let want = [
        "moons 7bfb0dfc",
        "spirals 2bbd413a",
        "circles 4831545b",
        "blobs cd3fa772",
        "xor 168883c1",
        "friedman 33140f79",
    ];
    assert_eq!(hashes, want);
}
