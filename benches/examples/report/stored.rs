//! The records that are kept: a folder for each family of processors, and in it a file for each run.

use std::fs;
use std::path::{Path, PathBuf};

use chainrule_bench_support::record::Record;

/// All records below the folder, those of its own and those of the folders of families, the oldest first.
///
/// # Errors
/// Which folder or file cannot be read, or is no record.
pub(crate) fn records(folder: &Path) -> Result<Vec<(PathBuf, Record)>, String> {
    let mut records = Vec::new();
    for entry in entries(folder)? {
        let files = if entry.is_dir() { entries(&entry)? } else { vec![entry] };
        for path in files.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "jsonl")) {
            let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            let record = Record::parse(&text).map_err(|wrong| format!("{}: {wrong}", path.display()))?;
            records.push((path, record));
        }
    }
    records.sort_by(|(_, a), (_, b)| a.header.date.cmp(&b.header.date));
    Ok(records)
}

/// The newest of the comparable records of products; without such a one, the newest of products.
///
/// # Errors
/// When there is none of products.
pub(crate) fn newest<'a>(records: &'a [(PathBuf, Record)], folder: &Path) -> Result<&'a (PathBuf, Record), String> {
    let of_products = records.iter().filter(|(_, record)| !record.cases.is_empty());
    let best = of_products.max_by_key(|(_, Record { header, .. })| (header.is_comparable(), header.date.clone()));
    best.ok_or_else(|| format!("{} holds no record: run scripts/bench", folder.display()))
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("records")
    }

    #[test]
    fn every_record_that_is_kept_lies_in_the_folder_of_its_family() {
        let records = records(&kept()).unwrap();
        assert!(records.len() > 20, "{}", records.len());
        for (path, record) in &records {
            let folder = path.parent().and_then(Path::file_name).unwrap().to_string_lossy();
            assert_eq!(folder, record.header.family().folder, "{}", path.display());
            let name = path.file_name().unwrap().to_string_lossy();
            assert!(name.starts_with(&record.header.date[..10]), "{name} is of {}", record.header.date);
            assert!(name.ends_with(&format!("-{}t.jsonl", record.header.threads)), "{name}");
        }
    }

    #[test]
    fn the_newest_record_is_of_products_and_comparable() {
        let records = records(&kept()).unwrap();
        let (path, newest) = newest(&records, &kept()).unwrap();
        assert!(newest.header.is_comparable() && !newest.cases.is_empty(), "{}", path.display());
        let comparable = records.iter().filter(|(_, record)| record.header.is_comparable() && !record.cases.is_empty());
        assert!(comparable.clone().all(|(_, record)| record.header.date <= newest.header.date));
    }

    #[test]
    fn a_folder_without_records_is_told_with_the_command() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("gate");
        let records = records(&folder).unwrap();
        assert!(newest(&records, &folder).unwrap_err().ends_with("holds no record: run scripts/bench"));
    }
}
