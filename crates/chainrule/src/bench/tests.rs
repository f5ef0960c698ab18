use std::sync::OnceLock;

use super::*;

/// Measured once for all tests: it takes memory.
fn record() -> Record {
    static RECORD: OnceLock<Record> = OnceLock::new();
    RECORD.get_or_init(|| measure(Duration::from_micros(50)).unwrap()).clone()
}

#[test]
fn a_record_has_a_number_for_everything() {
    let record = record();
    assert_eq!(record.caches.parse::<Caches>().unwrap().to_string(), record.caches);
    assert_eq!(record.kernel, Kernel::<f32>::selected().unwrap().name());
    assert!(record.peak_gflops > 0.01 && record.memory.len() >= 2 && record.products.len() == 8, "{record}");
    assert!(record.memory.iter().all(|memory| memory.bytes > 0 && memory.gb_per_s > 0.0), "{record}");
    for timed in record.products.iter().chain(&record.steps) {
        assert!(timed.us > 0.0 && timed.percent_of_peak > 0.0 && timed.percent_of_peak < 100.01, "{timed}");
    }
    // A square of 1024 has 4096 times the arithmetic of one of 64.
    assert!(record.products[2].us > 100.0 * record.products[0].us, "{record}");
    assert!(record.steps[3].us > record.steps[1].us, "{record}");
}

#[test]
fn the_words_have_every_number_and_one_verdict() {
    let mut record = record();
    for share in [90.0, 40.0] {
        record.products.iter_mut().chain(&mut record.steps).for_each(|timed| timed.percent_of_peak = share);
        let text = record.to_string();
        assert_eq!(text.matches(&format!("{share:.0} %\n")).count(), 12, "{text}");
        for part in [&record.cpu, &record.caches, record.kernel, &record.date, &record.verdict()] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }
    assert!(record.verdict().contains("worth a report"), "{}", record.verdict());
    record.products[2].percent_of_peak = 90.0;
    record.steps[2].percent_of_peak = 80.0;
    assert!(record.verdict().contains("products reach 90 %") && record.verdict().contains("tuned on"));
}

#[test]
fn a_record_is_json_with_its_fields_names() {
    let record = record();
    let json = serde_json::to_value(&record).unwrap();
    assert_eq!(json["caches"], record.caches.as_str());
    assert_eq!(json["products"][0]["name"], "64 x 64 x 64");
    assert_eq!(json["steps"][2]["name"], "784-128-10, 64 rows, SGD");
    assert!(json["memory"][0]["gb_per_s"].as_f64().unwrap() > 0.0);
}
