//! Intel's MKL, by its single dynamic library `libmkl_rt`, which loads the file that is made for this processor itself.

use std::ffi::{CStr, c_char, c_int};

use crate::machine::cpu;
use crate::rivals::library::{Gemm, Library, files_in_memory, installs, load, of_wheels, symbol};

/// Of `mkl_service.h`: integers of 32 bits, and no threads.
const LP64: c_int = 0;
const SEQUENTIAL: c_int = 1;
/// What chooses the threads behind `libmkl_rt`; `scripts/bench` sets it.
const LAYER_VARIABLE: &str = "MKL_THREADING_LAYER";
/// What changes the instructions that it computes with.
const PATH_VARIABLES: [&str; 2] = ["MKL_ENABLE_INSTRUCTIONS", "MKL_CBWR"];
/// The files of no instruction set.
const COMMON: [&str; 8] =
    ["rt", "core", "intel_lp64", "gf_lp64", "sequential", "intel_thread", "gnu_thread", "tbb_thread"];

type Set = unsafe extern "C" fn(c_int) -> c_int;

pub(super) fn mkl() -> Result<Library, String> {
    let wheels = ["libmkl_rt.so.3", "libmkl_rt.so.2"].map(of_wheels);
    let files = ["libmkl_rt.so.3", "libmkl_rt.so.2", "libmkl_rt.so", &wheels[1], &wheels[0]];
    let loaded = load("CHAINRULE_MKL", &files, &installs("mkl"))?;
    let (interface, layer): (Set, Set) =
        (symbol(&loaded, "MKL_Set_Interface_Layer")?, symbol(&loaded, "MKL_Set_Threading_Layer")?);
    // SAFETY: codes of its header, before anything is computed.
    if unsafe { interface(LP64) } != LP64 {
        return Err("mkl has integers of 64 bits: unset MKL_INTERFACE_LAYER".to_owned());
    }
    let layer_name = std::env::var(LAYER_VARIABLE).unwrap_or_default().to_lowercase();
    if layer_name.is_empty() {
        // SAFETY: as above.
        unsafe { layer(SEQUENTIAL) };
    }
    let version = version(symbol(&loaded, "MKL_Get_Version_String")?);
    let sgemm: Gemm<f32> = symbol(&loaded, "cblas_sgemm")?;
    let path = path(sgemm);
    let threads = if layer_name.is_empty() { "sequential" } else { &layer_name };
    let set: unsafe extern "C" fn(c_int) = symbol(&loaded, "MKL_Set_Num_Threads")?;
    let get: unsafe extern "C" fn() -> c_int = symbol(&loaded, "MKL_Get_Max_Threads")?;
    Ok(Library {
        name: "mkl",
        note: note(&cpu(), &path),
        version: format!("{version} ({path}, {threads})"),
        sgemm,
        dgemm: symbol(&loaded, "cblas_dgemm")?,
        set_threads: Box::new(move |threads| {
            // SAFETY: any number will do, says its manual.
            unsafe { set(threads as c_int) };
            // SAFETY: it has no arguments.
            unsafe { get() as usize }
        }),
        _loaded: loaded,
    })
}

/// `2026.2` out of the sentence that it says of itself.
fn version(get: unsafe extern "C" fn(*mut c_char, c_int)) -> String {
    const LENGTH: usize = 256;
    let mut text = [0; LENGTH];
    // SAFETY: it writes at most the number of bytes passed to it, and the array has one zero more, so the text ends within it.
    let text = unsafe {
        get(text.as_mut_ptr(), LENGTH as c_int - 1);
        CStr::from_ptr(text.as_ptr())
    };
    numbered(&text.to_string_lossy())
}

fn numbered(text: &str) -> String {
    let number = text.split("Version ").nth(1).and_then(|rest| rest.split([' ', '-']).next());
    number.map_or_else(|| format!("of unknown version: {text}"), str::to_owned)
}

/// The file of an instruction set that it loaded for a first product: `avx2` of `libmkl_avx2.so.3`, on AMD's processors
/// `def`, which has kernels for those, too; and the variables that chose it.
fn path(sgemm: Gemm<f32>) -> String {
    let (rows, plain, one): (c_int, c_int, c_int) = (101, 111, 1);
    let mut c = 0.0;
    // SAFETY: matrices of one element each.
    unsafe { sgemm(rows, plain, plain, one, one, one, 1.0, &2.0, one, &3.0, one, 0.0, &mut c, one) };
    let set = |name: &&str| std::env::var(name).ok().map(|value| format!("{name}={value}"));
    let mut path = of_files(&files_in_memory("libmkl_"));
    path.extend(PATH_VARIABLES.iter().filter_map(set));
    path.join(", ")
}

fn of_files(files: &[String]) -> Vec<String> {
    let parts = files.iter().filter_map(|file| file.strip_prefix("libmkl_")?.split('.').next());
    let own = |part: &&str| !COMMON.contains(part) && !part.starts_with("vml_");
    let own: Vec<String> = parts.filter(own).map(str::to_owned).collect();
    if own.is_empty() { vec!["of unknown instructions".to_owned()] } else { own }
}

/// Where the processor is not Intel's.
fn note(cpu: &str, path: &str) -> Option<String> {
    (!cpu.contains("Intel")).then(|| {
        format!(
            "mkl: this processor is not Intel's ({cpu}), so MKL takes its own path, {path}, whatever MKL_ENABLE_INSTRUCTIONS \
             says: what it reaches here is not what it reaches on Intel's"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_read_out_of_its_sentence() {
        let text =
            "Intel(R) oneAPI Math Kernel Library Version 2025.2-Product Build 20250620 for Intel(R) 64 architecture";
        assert_eq!(numbered(text), "2025.2");
        assert_eq!(numbered("nothing"), "of unknown version: nothing");
    }

    #[test]
    fn the_path_is_that_of_the_file_of_an_instruction_set() {
        let files = ["libmkl_avx512.so.3", "libmkl_core.so.3", "libmkl_sequential.so.3", "libmkl_vml_avx512.so.3"];
        assert_eq!(of_files(&files.map(str::to_owned)), ["avx512"]);
        assert_eq!(of_files(&[]), ["of unknown instructions"]);
    }

    #[test]
    fn only_another_makers_processor_is_noted() {
        assert_eq!(note("Intel(R) Xeon(R) Processor (family 6, model 85)", "avx512"), None);
        let note = note("AMD EPYC (family 25, model 1)", "avx2").unwrap();
        assert!(note.contains("AMD EPYC") && note.contains("its own path, avx2"), "{note}");
    }
}
