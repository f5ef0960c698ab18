//! A model as NumPy's archive of arrays, for `np.load`: `0.weight`, (out, in), and `0.bias` of a dense layer, PyTorch's names of
//! normalisations, `shift` and `scale` of features, `target_mean` and `target_std`, and `model`, a text: the JSON object
//! of `json.rs` without the numbers of its layers.

use serde_json::Value;

use super::blueprint::{Blueprint, DenseStep, FeatureScaling, Step};
use crate::data::header_of;

/// An array's name and its file.
type Member = (String, Vec<u8>);

/// The archive, stored and not deflated.
///
/// # Errors
/// When it is larger than an archive can be.
pub(super) fn archive(of: &Blueprint, model: Value) -> Result<Vec<u8>, rawzip::Error> {
    let mut bytes = Vec::new();
    let mut archive = rawzip::ZipArchiveWriter::new(&mut bytes);
    for (name, file) in members(of, model) {
        let (mut entry, config) =
            archive.new_file(format!("{name}.npy")).compression_method(rawzip::CompressionMethod::STORE).start()?;
        let mut writer = config.wrap(&mut entry);
        std::io::Write::write_all(&mut writer, &file)?;
        let (_, descriptor) = writer.finish()?;
        entry.finish(descriptor)?;
    }
    archive.finish()?;
    Ok(bytes)
}

fn members(of: &Blueprint, model: Value) -> Vec<Member> {
    let mut members = Vec::new();
    let reals = |values: &[f64], shape: &[usize]| reals(values, shape, of.is_double);
    for (at, step) in of.steps.iter().enumerate() {
        let mut add = |name: &str, values: &[f64], shape: &[usize]| {
            members.push((format!("{at}.{name}"), reals(values, shape)));
        };
        match step {
            Step::Dense(DenseStep { inputs, outputs, weight, bias, .. }) => {
                add("weight", weight, &[*outputs, *inputs]);
                add("bias", bias, &[*outputs]);
            }
            Step::LayerNorm { gamma, beta, .. } => {
                add("weight", gamma, &[gamma.len()]);
                add("bias", beta, &[beta.len()]);
            }
            Step::BatchNorm { mean, variance, gamma, beta, .. } => {
                for (name, values) in
                    [("weight", gamma), ("bias", beta), ("running_mean", mean), ("running_var", variance)]
                {
                    add(name, values, &[values.len()]);
                }
            }
            _ => {}
        }
    }
    let mut doubles =
        |name: &str, values: &[f64]| members.push((name.to_owned(), self::reals(values, &[values.len()], true)));
    if let FeatureScaling::Affine { shift, scale, .. } = &of.scaling {
        doubles("shift", shift);
        doubles("scale", scale);
    }
    if let Some((mean, std)) = &of.target_scaling {
        doubles("target_mean", mean);
        doubles("target_std", std);
    }
    members.push(("model".to_owned(), text(&model.to_string())));
    members
}

fn reals(values: &[f64], shape: &[usize], is_double: bool) -> Vec<u8> {
    let shape: Vec<u64> = shape.iter().map(|n| *n as u64).collect();
    let mut file = header_of(if is_double { "<f8" } else { "<f4" }, &shape);
    match is_double {
        true => values.iter().for_each(|x| file.extend(x.to_le_bytes())),
        false => values.iter().for_each(|x| file.extend((*x as f32).to_le_bytes())),
    }
    file
}

/// A text as an array without dimensions, of UTF-32.
fn text(text: &str) -> Vec<u8> {
    let mut file = header_of(&format!("<U{}", text.chars().count()), &[]);
    text.chars().for_each(|c| file.extend(u32::from(c).to_le_bytes()));
    file
}
