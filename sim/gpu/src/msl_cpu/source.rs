//! The C++ program: a stand-in for Metal's library, the MSL of each family in a namespace of its own, and the host.

use std::fmt::Write;

use crate::device::DeviceError;
use crate::launch::{Family, WORKGROUP};
use crate::msl::Msl;

/// Files by their paths.
pub(super) type Files = Vec<(String, String)>;

pub(super) const MAIN: &str = "main.cpp";

pub(super) fn files() -> Result<Files, DeviceError> {
    let file = |path: &str, text: &str| (path.to_owned(), text.to_owned());
    let mut files = vec![
        file("metal_stdlib", include_str!("cpp/metal_stdlib")),
        file("simd/simd.h", "#pragma once\n"),
        file("host.hpp", include_str!("cpp/host.hpp")),
        file("qualifiers.hpp", include_str!("cpp/qualifiers.hpp")),
    ];
    let mut main = "#include \"host.hpp\"\n#include \"qualifiers.hpp\"\n".to_owned();
    let mut kernels = String::new();
    for family in Family::ALL {
        let msl = Msl::of(family)?;
        let (name, space) = (family.name(), format!("of_{}", family.name()));
        let inputs: String = (0..family.n_inputs()).map(|i| format!("l.inputs[{i}], ")).collect();
        let call = format!("{space}::{}(group, place, {inputs}l.output, l.params, l.sizes);", msl.entry);
        let signature = "const Launch &l, metal::uint3 group, uint32_t place";
        writeln!(main, "namespace {space} {{\n#include \"{name}.metal\"\n}}").expect("strings grow");
        writeln!(main, "static void run_{name}({signature}) {{ {call} }}").expect("strings grow");
        write!(kernels, "run_{name}, ").expect("strings grow");
        files.push((format!("{name}.metal"), msl.text));
    }
    main += &format!(
        "int main() {{\n    const Kernel kernels[] = {{{kernels}}};\n    return serve(kernels, {WORKGROUP});\n}}\n"
    );
    files.push((MAIN.to_owned(), main));
    Ok(files)
}
