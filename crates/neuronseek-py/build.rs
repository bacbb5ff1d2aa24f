//! Links equal functions once: much of a program of generics is the same code under many names.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    // The linker of this target that comes with the toolchain knows the option; others may not.
    let target = std::env::var("TARGET").unwrap_or_default();
    if target == "x86_64-unknown-linux-gnu" {
        println!("cargo:rustc-cdylib-link-arg=-Wl,--icf=all");
    }
}
