//! Shapes of host inputs. A file of inputs fixes the parameters that are shapes, so that they need not be given again.

use std::collections::BTreeMap;

use crate::error::KernelError;
use crate::request::Texts;

/// Host inputs by name.
pub type FileShapes = BTreeMap<String, Vec<usize>>;

/// The inputs a kernel was recorded for.
pub type Shapes = Vec<(&'static str, Vec<u32>)>;

/// One input of a kernel: its name, and the parameter that each axis is.
#[derive(Clone, Copy, Debug)]
pub struct InputAxes {
    pub name: &'static str,
    pub axes: &'static [&'static str],
}

/// q [heads, q_len, head_dim], k and v [kv_heads, kv_len, head_dim].
pub(crate) const ATTENTION: &[InputAxes] = &[
    InputAxes { name: "q", axes: &["heads", "q_len", "head_dim"] },
    InputAxes { name: "k", axes: &["kv_heads", "kv_len", "head_dim"] },
    InputAxes { name: "v", axes: &["kv_heads", "kv_len", "head_dim"] },
];

/// a [m, k], b [k, n].
pub(crate) const MATMUL: &[InputAxes] =
    &[InputAxes { name: "a", axes: &["m", "k"] }, InputAxes { name: "b", axes: &["k", "n"] }];

/// Adds the parameters that the shapes of a file fix to those given.
///
/// # Errors
/// [`KernelError::Input`] when an input is missing, has another number of axes, or contradicts another input or
/// a parameter that was given.
pub(crate) fn with_file(
    kernel: &'static str,
    inputs: &[InputAxes],
    given: &Texts,
    file: &FileShapes,
) -> Result<Texts, KernelError> {
    let mut params = given.clone();
    for input in inputs {
        let shape = present(kernel, input.name, file)?;
        if shape.len() != input.axes.len() {
            let problem = format!("has shape {shape:?}: its axes are [{}]", input.axes.join(", "));
            return Err(KernelError::Input { kernel, input: input.name, problem });
        }
        for (axis, (&param, extent)) in input.axes.iter().zip(shape).enumerate() {
            let known = params.entry(param.to_owned()).or_insert_with(|| extent.to_string());
            if *known != extent.to_string() {
                let problem =
                    format!("has extent {extent} along axis {axis}, which is `{param}` = {known} elsewhere");
                return Err(KernelError::Input { kernel, input: input.name, problem });
            }
        }
    }
    Ok(params)
}

/// Compares inputs with the shapes that the kernel was recorded for.
pub(crate) fn check(kernel: &'static str, recorded: &Shapes, file: &FileShapes) -> Result<(), KernelError> {
    for (input, wanted) in recorded {
        let shape = present(kernel, input, file)?;
        if !shape.iter().copied().eq(wanted.iter().map(|&extent| extent as usize)) {
            let problem =
                format!("has shape {shape:?}, the program was recorded for {wanted:?}: record it again");
            return Err(KernelError::Input { kernel, input, problem });
        }
    }
    Ok(())
}

fn present<'a>(
    kernel: &'static str,
    input: &'static str,
    file: &'a FileShapes,
) -> Result<&'a Vec<usize>, KernelError> {
    file.get(input).ok_or_else(|| {
        let names: Vec<String> = file.keys().map(|name| format!("`{name}`")).collect();
        let found = if names.is_empty() { "no tensor".to_owned() } else { names.join(", ") };
        KernelError::Input { kernel, input, problem: format!("is missing: the file has {found}") }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(shapes: &[(&str, &[usize])]) -> FileShapes {
        shapes.iter().map(|&(name, shape)| (name.to_owned(), shape.to_vec())).collect()
    }

    #[test]
    fn shape_parameters_come_from_the_file() {
        let given = Texts::from([("ranks".to_owned(), "2".to_owned())]);
        let params = with_file("gemm", MATMUL, &given, &file(&[("a", &[3, 4]), ("b", &[4, 5])]));
        let wanted = [("k", "4"), ("m", "3"), ("n", "5"), ("ranks", "2")];
        assert_eq!(params, Ok(wanted.map(|(name, value)| (name.to_owned(), value.to_owned())).into()));
    }

    #[test]
    fn shapes_that_contradict_are_refused() {
        let given = Texts::from([("m".to_owned(), "7".to_owned())]);
        for (shapes, message) in [
            (file(&[("a", &[7, 4])]), "kernel `gemm`: input `b` is missing: the file has `a`"),
            (
                file(&[("a", &[7]), ("b", &[4, 5])]),
                "kernel `gemm`: input `a` has shape [7]: its axes are [m, k]",
            ),
            (
                file(&[("a", &[3, 4]), ("b", &[4, 5])]),
                "kernel `gemm`: input `a` has extent 3 along axis 0, which is `m` = 7 elsewhere",
            ),
            (
                file(&[("a", &[7, 4]), ("b", &[2, 5])]),
                "kernel `gemm`: input `b` has extent 2 along axis 0, which is `k` = 4 elsewhere",
            ),
        ] {
            assert_eq!(with_file("gemm", MATMUL, &given, &shapes).unwrap_err().to_string(), message);
        }
    }
}
