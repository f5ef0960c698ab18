//! Labels in a file of their own, whose columns are named as those of the rows: by name, and without one by the file and their number.

use chainrule::data::{Request, Scaling};
use chainrule::{Loss, Mlp, Model};

use super::{Folder, all, rows};

/// 30 rows, and a code of each, with a header and without.
fn folder() -> Folder {
    let code = |at: usize| ["01", "02", "10"][at % 3].to_owned();
    let x = format!("a,b\n{}", rows(30, |at| format!("{at}.5,{}", at % 3)));
    let named = format!("id,code\n{}", rows(30, |at| format!("{at},{}", code(at))));
    Folder::new(&[("x.csv", &x), ("named.csv", &named), ("bare.csv", &rows(30, code))])
}

fn request(folder: &Folder, labels: &str) -> Request {
    let mut request = folder.request("x.csv");
    request.labels = Some(folder.path(labels));
    request
}

#[test]
fn codes_stay_texts_where_their_column_of_the_file_of_labels_is_named() {
    let folder = folder();
    let path = folder.path("bare.csv").display().to_string();
    for (labels, target, column) in
        [("named.csv", Some("code"), "code".to_owned()), ("bare.csv", None, format!("{path}:1"))]
    {
        let mut request = request(&folder, labels);
        request.target = target.into_iter().map(str::to_owned).collect();
        let read = request.read().unwrap();
        assert_eq!(read.class_names().unwrap(), ["1", "2", "10"]);
        // What is advised is what is taken.
        let advice =
            format!("01 is read as the number 1; if it is a code, such as a ZIP code: categories = {column}, or");
        assert!(read.notes().iter().any(|note| note.contains(&advice)), "{:?}", read.notes());
        request.format.categories = vec!["b".to_owned(), column];
        let read = request.read().unwrap();
        assert_eq!(read.class_names().unwrap(), ["01", "02", "10"]);
        let fitted = read.fit(&all(&read), Scaling::None).unwrap();
        assert_eq!(fitted.schema().unwrap().feature_names(), ["a", "b=0", "b=1", "b=2"]);

        // A model knows that its classes are texts.
        let data = read.dataset::<f32>(&all(&read), &fitted).unwrap();
        let model = Model::new(Mlp::builder(4).dense(3).build().unwrap(), Loss::CrossEntropy).described_by(&data);
        let model = model.with_class_names(read.class_names().unwrap().to_vec());
        request.format.categories.clear();
        let again = request.read_for(&model).unwrap();
        assert_eq!(again.dataset_for(&all(&again), &model).unwrap().targets(), data.targets());
    }
}

#[test]
fn a_column_that_neither_file_has_is_refused_and_one_that_both_have_is_meant_of_both() {
    let folder = folder();
    let mut wrong = request(&folder, "bare.csv");
    wrong.format.categories = vec!["cod".to_owned()];
    let told = wrong.read().unwrap_err().to_string();
    assert!(told.contains("unknown column \"cod\"") && told.contains("known: a, b"), "{told}");
    wrong.format.categories = vec![format!("{}:2", folder.path("bare.csv").display())];
    assert!(wrong.read().unwrap_err().to_string().contains("unknown column \"2\""));
    std::fs::write(folder.path("both.csv"), format!("b\n{}", rows(30, |at| format!("0{}", at % 2)))).unwrap();
    let mut both = request(&folder, "both.csv");
    both.format.categories = vec!["b".to_owned()];
    let read = both.read().unwrap();
    assert_eq!(read.class_names().unwrap(), ["00", "01"]);
    assert_eq!(read.fit(&all(&read), Scaling::None).unwrap().schema().unwrap().width(), 4);
}

#[test]
fn advice_about_other_labels_can_be_followed_too() {
    let folder = folder();
    // Whole numbers that f64 does not tell apart, and a class called NA.
    std::fs::write(folder.path("long.csv"), rows(30, |at| format!("900719925474099{}", 3 + at % 2))).unwrap();
    let mut long = request(&folder, "long.csv");
    let column = format!("{}:1", folder.path("long.csv").display());
    let told = long.read().unwrap_err().to_string();
    assert!(told.contains(&format!("categories = {column} reads them as texts")), "{told}");
    long.format.categories = vec![column];
    assert_eq!(long.read().unwrap().class_names().unwrap().len(), 2);
    std::fs::write(folder.path("land.csv"), format!("land\n{}", rows(30, |at| ["NA", "DE"][at % 2].to_owned())))
        .unwrap();
    let mut land = request(&folder, "land.csv");
    let told = land.read().unwrap_err().to_string();
    assert!(told.contains("if it names a class: na_as_text = land"), "{told}");
    land.format.na_as_text = vec!["land".to_owned()];
    assert_eq!(land.read().unwrap().class_names().unwrap(), ["DE", "NA"]);
}
