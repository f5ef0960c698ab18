//! Small tables inside the binary, as CSV text, to learn from without a file.
//!
//! Their origins and licences stand in `data/tables/README.md` and in [`Builtin::credit`]. Nothing here parses them.

/// A table inside the binary.
///
/// ```
/// use chainrule::data::BUILTINS;
///
/// let iris = BUILTINS.iter().find(|builtin| builtin.name == "iris").unwrap();
/// assert!(iris.csv.starts_with("sepal_length,sepal_width,petal_length,petal_width,species\n5.1,3.5,1.4,0.2,setosa\n"));
/// assert_eq!((iris.csv.lines().count(), iris.target), (1 + 150, "species"));
/// println!("{}", iris.credit);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Builtin {
    /// What it is called.
    pub name: &'static str,
    /// The name of the last column, which is to be predicted; the others are features.
    pub target: &'static str,
    /// Whose data they are and under which licence, to be shown wherever they are.
    pub credit: &'static str,
    /// A line of names, then a line for each row: numbers, and words where the target is a class.
    pub csv: &'static str,
}

/// All tables inside the binary.
pub const BUILTINS: &[Builtin] = &[IRIS, WINE, BREAST_CANCER, DIABETES];

/// 150 flowers by 4 lengths in cm, of 3 species.
const IRIS: Builtin = Builtin {
    name: "iris",
    target: "species",
    credit: "R. A. Fisher, \"Iris\", UCI Machine Learning Repository, 1936, doi:10.24432/C56C76, CC BY 4.0",
    csv: include_str!("../../../data/tables/iris.csv"),
};

/// 178 wines by 13 measurements, of 3 cultivars.
const WINE: Builtin = Builtin {
    name: "wine",
    target: "cultivar",
    credit: "S. Aeberhard and M. Forina, \"Wine\", UCI Machine Learning Repository, 1992, doi:10.24432/C5PC7J, CC BY 4.0",
    csv: include_str!("../../../data/tables/wine.csv"),
};

/// 569 tumours by 30 measurements of cells, malignant or benign.
const BREAST_CANCER: Builtin = Builtin {
    name: "breast_cancer",
    target: "diagnosis",
    credit: "W. Wolberg, O. Mangasarian, N. Street and W. Street, \"Breast Cancer Wisconsin (Diagnostic)\", \
             UCI Machine Learning Repository, 1993, doi:10.24432/C5DW2B, CC BY 4.0",
    csv: include_str!("../../../data/tables/breast_cancer.csv"),
};

/// 442 patients by 10 measurements in their own units, and how far the disease progressed in a year.
const DIABETES: Builtin = Builtin {
    name: "diabetes",
    target: "progression",
    credit: "B. Efron, T. Hastie, I. Johnstone and R. Tibshirani, \"Least Angle Regression\", Annals of Statistics 32(2), \
             2004, doi:10.1214/009053604000000067",
    csv: include_str!("../../../data/tables/diabetes.csv"),
};

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    const README: &str = include_str!("../../../data/tables/README.md");

    /// The cells of the rows below the header.
    fn rows(table: &Builtin) -> Vec<Vec<&'static str>> {
        table.csv.lines().skip(1).map(|line| line.split(',').collect()).collect()
    }

    /// The sum of all features, in ten thousandths.
    fn sum(table: &Builtin) -> f64 {
        let features = rows(table).into_iter().flat_map(|row| row[..row.len() - 1].to_vec());
        let sum: f64 = features.map(|cell| cell.parse::<f64>().unwrap()).sum();
        (sum * 1e4).round() / 1e4
    }

    fn classes(table: &Builtin) -> BTreeMap<&'static str, usize> {
        let mut counts = BTreeMap::new();
        rows(table).iter().for_each(|row| *counts.entry(row[row.len() - 1]).or_default() += 1);
        counts
    }

    #[test]
    fn every_table_is_a_header_and_rows_of_its_width_and_nothing_else() {
        for table in BUILTINS {
            let header: Vec<&str> = table.csv.lines().next().unwrap().split(',').collect();
            assert_eq!(header.last(), Some(&table.target), "{}", table.name);
            let mut names = header.clone();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), header.len(), "{}: a name twice", table.name);
            assert!(rows(table).iter().all(|row| row.len() == header.len()), "{}", table.name);
            assert!(table.csv.is_ascii() && !table.csv.contains(['"', '\r', ' ']) && table.csv.ends_with('\n'));
            let hash: String =
                hmac_sha256::Hash::hash(table.csv.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
            assert!(README.contains(&format!("{hash}  {}.csv", table.name)), "{}: {hash}", table.name);
            let doi = table.credit.split("doi:").nth(1).unwrap().split(',').next().unwrap();
            assert!(README.contains(doi), "{}: {doi}", table.name);
        }
    }

    #[test]
    fn the_tables_are_as_they_were_published() {
        // Counted by scikit-learn 1.9.1.
        let [iris, wine, cancer, diabetes] = BUILTINS else { panic!("four tables") };
        let shape = |table| (rows(table).len(), rows(table)[0].len() - 1);
        assert_eq!([iris, wine, cancer, diabetes].map(shape), [(150, 4), (178, 13), (569, 30), (442, 10)]);
        assert_eq!([iris, wine, cancer, diabetes].map(sum), [2078.7, 159975.296, 1056474.4596, 276404.2336]);
        assert_eq!(classes(iris), [("setosa", 50), ("versicolor", 50), ("virginica", 50)].into());
        assert_eq!(classes(wine), [("cultivar_1", 59), ("cultivar_2", 71), ("cultivar_3", 48)].into());
        assert_eq!(classes(cancer), [("benign", 357), ("malignant", 212)].into());
        let progression: Vec<f64> = rows(diabetes).iter().map(|row| row[10].parse().unwrap()).collect();
        assert_eq!(progression.iter().sum::<f64>(), 67_243.0);
        assert_eq!(progression.iter().fold([f64::MAX, 0.0], |[low, high], y| [y.min(low), y.max(high)]), [25.0, 346.0]);
        assert_eq!(rows(iris)[149], ["5.9", "3", "5.1", "1.8", "virginica"]);
        assert_eq!(rows(diabetes)[0], ["59", "2", "32.1", "101", "157", "93.2", "38", "4", "4.8598", "87", "151"]);
    }
}
