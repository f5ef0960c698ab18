//! `chainrule runs`: what the table, the lines and the page say of runs, and of folders that are none.

use std::fs;

use serde_json::Value;

use crate::run::{folder, json, run, succeed};

fn stands_alone(html: &str) {
    for outside in ["src=\"http", "href=\"http", "url(", "@import", "src=\"//", "fetch(", "XMLHttp"] {
        assert!(!html.contains(outside), "the page asks for something by {outside}");
    }
    assert!(html.len() < 2_000_000 && !html.contains("NaN"), "{} bytes", html.len());
}

#[test]
fn three_runs_are_compared_and_what_is_broken_is_named() {
    let folder = folder();
    let path = folder.path();
    for lr in ["0.01", "1e-6", "0.001"] {
        succeed(path, &format!("train --data iris --epochs 6 --validation 0.2 --lr {lr} --quiet --run-name iris"));
    }
    let lines = json(path, "runs runs --json");
    let of = |key: &str| lines.iter().map(|line| line[key].clone()).collect::<Vec<Value>>();
    let best: Vec<f64> = of("best_validation").iter().map(|best| best.as_f64().unwrap()).collect();
    assert!(best[0] >= best[1] && best[1] > best[2], "the best comes first: {best:?}");
    assert_eq!(of("name")[2], "iris-002");
    for line in &lines {
        let number = line["name"].as_str().unwrap().strip_prefix("iris-").unwrap().parse::<usize>().unwrap();
        assert_eq!(line["differences"], serde_json::json!({ "lr": (["0.01", "1e-6", "0.001"][number - 1]) }), "{line}");
        let metrics = fs::read_to_string(path.join(line["path"].as_str().unwrap()).join("metrics.csv")).unwrap();
        let cells: Vec<Vec<&str>> = metrics.lines().skip(1).map(|line| line.split(',').collect()).collect();
        let accuracies = cells.iter().map(|cells| cells[5].parse::<f64>().unwrap());
        assert_eq!(line["best_validation"].as_f64(), accuracies.reduce(f64::max));
        assert_eq!((&line["epochs"], &line["network"]), (&6.into(), &"4-128-64-3 relu".into()));
        assert!(
            line["test"]["accuracy held out"].is_number() && line["date"].as_str().unwrap().ends_with('Z'),
            "{line}"
        );
    }

    // A run that was killed is compared; what is no run is named, or passed over.
    fs::remove_file(path.join("runs/iris-002/model.safetensors")).unwrap();
    fs::write(path.join("runs/iris-003/model.safetensors"), "none").unwrap();
    fs::create_dir(path.join("runs/broken")).unwrap();
    fs::write(path.join("runs/broken/config.toml"), "[data\n").unwrap();
    fs::create_dir(path.join("runs/half")).unwrap();
    fs::write(path.join("runs/half/metrics.csv"), "epoch").unwrap();
    fs::create_dir(path.join("runs/other")).unwrap();
    fs::write(path.join("runs/notes.txt"), "mine").unwrap();
    let table = run(path, "runs runs --sort name --page runs.html");
    assert_eq!(table.code, 0, "{}", table.stderr);
    let names: Vec<&str> = table.stdout.lines().take(4).map(|line| line.split(' ').next().unwrap()).collect();
    assert_eq!(names, ["run", "iris-001", "iris-002", "iris-003"], "{}", table.stdout);
    for words in ["lr 1e-6\n", "3 runs\n", "iris-002: no model: it has not ended\n", "iris-003: ", "wrote runs.html\n"]
    {
        assert!(table.stdout.contains(words), "{words}: {}", table.stdout);
    }
    let warnings: Vec<&str> = table.stderr.lines().collect();
    assert!(
        warnings.len() == 2
            && warnings[0].starts_with("warning: runs/broken is passed over: runs/broken/config.toml, line 1")
            && warnings[1].starts_with("warning: runs/half is passed over: cannot read runs/half/config.toml"),
        "{}",
        table.stderr
    );
    let html = fs::read_to_string(path.join("runs.html")).unwrap();
    stands_alone(&html);
    for words in ["Validation accuracy", "Settings that differ", "1e-6", "runs/broken", "iris-002 ends at"] {
        assert!(html.contains(words), "{words}");
    }
    assert_eq!(html.matches("<polyline class=\"line c2\"").count(), 5, "a curve of the third run in each chart");
}

#[test]
fn folders_without_runs_are_said() {
    let folder = folder();
    let path = folder.path();
    fs::create_dir(path.join("empty")).unwrap();
    let refused = run(path, "runs empty");
    assert!(refused.code == 1 && refused.stderr.contains("a run was not found"), "{}", refused.stderr);
    assert!(refused.stderr.contains("empty/*/config.toml"), "{}", refused.stderr);
    let refused = run(path, "runs nowhere");
    assert!(refused.code == 1 && refused.stderr.contains("cannot read nowhere"), "{}", refused.stderr);
    let refused = run(path, "runs empty --sort scor");
    assert!(refused.code == 2 && refused.stderr.contains("did you mean \"score\"?"), "{}", refused.stderr);
    // One that has just begun.
    fs::create_dir(path.join("new")).unwrap();
    fs::write(path.join("new/config.toml"), "[run]\n").unwrap();
    let header = "epoch,step,train_loss,train_accuracy,val_loss,val_accuracy,val_mae,val_r2,learning_rate,seconds\n";
    fs::write(path.join("new/metrics.csv"), header).unwrap();
    let table = succeed(path, "runs new");
    assert!(table.contains(" 0 ms") && !table.contains("-0"), "{table}");
    let seconds = json(path, "runs new --json")[0]["seconds"].as_f64().unwrap();
    assert!(seconds == 0.0 && seconds.is_sign_positive(), "{seconds}");
    // One run alone, by its own folder.
    succeed(path, "train --data iris --epochs 1 --quiet --run one");
    assert!(succeed(path, "runs one").contains("\n1 run\n"));
}
