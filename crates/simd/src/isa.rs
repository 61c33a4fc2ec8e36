//! Levels of vector instructions.

/// What kernels are made for. A later one has more than an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Isa {
    /// 256 bits, sixteen registers; masks are vectors. Fused multiplication belongs to it.
    Avx2,
    /// 512 bits, thirty-two registers, registers of masks.
    Avx512,
}

impl Isa {
    pub const ALL: [Isa; 2] = [Isa::Avx2, Isa::Avx512];

    pub fn name(self) -> &'static str {
        match self {
            Isa::Avx2 => "avx2",
            Isa::Avx512 => "avx512",
        }
    }
    pub fn by_name(name: &str) -> Option<Isa> {
        Isa::ALL.into_iter().find(|i| i.name() == name)
    }

    /// Whether this processor, and its operating system, run it.
    pub fn is_present(self) -> bool {
        #[cfg(target_arch = "x86_64")]
        {
            let avx2 = std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("fma") && std::is_x86_feature_detected!("bmi2");
            match self {
                Isa::Avx2 => avx2,
                Isa::Avx512 => {
                    avx2 && std::is_x86_feature_detected!("avx512f")
                        && std::is_x86_feature_detected!("avx512bw")
                        && std::is_x86_feature_detected!("avx512dq")
                        && std::is_x86_feature_detected!("avx512vl")
                }
            }
        }
        #[cfg(not(target_arch = "x86_64"))]
        {
            false
        }
    }
    /// The best one of this processor, up to `most`.
    pub fn best(most: Isa) -> Option<Isa> {
        Isa::ALL.into_iter().rev().find(|&i| i <= most && i.is_present())
    }

    /// Iterations side by side where the widest element has so many bytes.
    pub(crate) fn lanes(self, widest: u32) -> u32 {
        let bytes = match self {
            Isa::Avx2 => 32,
            Isa::Avx512 => 64,
        };
        bytes / widest
    }
}
