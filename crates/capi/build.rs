//! Names the shared library as its users find it at run time.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // Before 1.0 each minor version is an interface of its own; cargo-c has the same name.
    let of = |part: &str| std::env::var(format!("CARGO_PKG_VERSION_{part}")).unwrap_or_default();
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "linux") {
        println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libchainrule.so.{}.{}", of("MAJOR"), of("MINOR"));
    }
}
