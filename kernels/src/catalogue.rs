//! Catalogue of kernels: an author's own, and those of this crate.

use machine::closest;

use crate::error::KernelError;
use crate::kernel::Kernel;

/// The kernels that commands know. One of an author's own hides one of this crate that has its name.
#[derive(Clone, Copy, Debug)]
pub struct Catalogue {
    own: &'static [Kernel],
}

impl Catalogue {
    /// Those of this crate.
    pub const BUILT_IN: Catalogue = Catalogue { own: &[] };

    /// These, and those of this crate.
    pub const fn with(own: &'static [Kernel]) -> Catalogue {
        Catalogue { own }
    }

    pub fn iter(self) -> impl Iterator<Item = &'static Kernel> {
        let hidden = move |kernel: &&Kernel| self.own.iter().any(|own| own.name == kernel.name);
        let built_in = crate::FILES.iter().flat_map(|file| file.kernels);
        self.own.iter().chain(built_in.filter(move |kernel| !hidden(kernel)))
    }

    /// The kernel of that name.
    ///
    /// # Errors
    /// [`KernelError::UnknownKernel`] suggests a close name, or lists all.
    pub fn find(self, name: &str) -> Result<&'static Kernel, KernelError> {
        let names: Vec<&str> = self.iter().map(|kernel| kernel.name).collect();
        self.iter().find(|kernel| kernel.name == name).ok_or_else(|| {
            let hint = match closest(name, &names) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there are {}", names.join(", ")),
            };
            KernelError::UnknownKernel { name: name.to_owned(), hint }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GEMM: Kernel = crate::gemm::KERNELS[0];
    static OWN: [Kernel; 2] = [Kernel { name: "mine", ..GEMM }, Kernel { purpose: "another", ..GEMM }];

    #[test]
    fn own_kernels_come_first_and_hide_their_namesakes() {
        let all = Catalogue::with(&OWN);
        let named = |name: &str| all.iter().filter(|kernel| kernel.name == name).count();
        assert_eq!((named("mine"), named("gemm"), named("mesh_mlo")), (1, 1, 1));
        assert_eq!(all.find("gemm").map(|kernel| kernel.purpose), Ok("another"));
        assert_eq!(
            all.find("min").unwrap_err().to_string(),
            "no kernel is called `min`: did you mean `mine`?"
        );
        assert_eq!(all.iter().count(), Catalogue::BUILT_IN.iter().count() + 1);
    }
}
