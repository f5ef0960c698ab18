//! Tells the sources whether they are compiled without optimisation, as `cfg(unoptimised)`.
//!
//! What is inlined into the loops of an instruction set becomes one function. Optimised, its variables share registers;
//! unoptimised, each has a place of its own on the stack, 2.2 MiB in one function, which is more than rayon's threads have.
//! There the parts stay functions: `cfg_attr(unoptimised, inline(never))`.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(unoptimised)");
    if std::env::var("OPT_LEVEL").is_ok_and(|level| level == "0") {
        println!("cargo::rustc-cfg=unoptimised");
    }
}
