//! The address of every row of `abi`'s tables.

use crate::{decimal, exceptions, handled, heap, hooks, linear, math, strided, text};
use looplift_abi::Core;
use looplift_abi::symbols::Sym;

/// The function of a runtime symbol.
pub fn address(sym: Sym) -> usize {
    let p: *const () = match sym {
        Sym::Sin => math::sin as *const (),
        Sym::Cos => math::cos as *const (),
        Sym::Tan => math::tan as *const (),
        Sym::Asin => math::asin as *const (),
        Sym::Acos => math::acos as *const (),
        Sym::Atan => math::atan as *const (),
        Sym::Atan2 => math::atan2 as *const (),
        Sym::Sinh => math::sinh as *const (),
        Sym::Cosh => math::cosh as *const (),
        Sym::Tanh => math::tanh as *const (),
        Sym::Asinh => math::asinh as *const (),
        Sym::Acosh => math::acosh as *const (),
        Sym::Atanh => math::atanh as *const (),
        Sym::Exp => math::exp as *const (),
        Sym::Exp2 => math::exp2 as *const (),
        Sym::Expm1 => math::expm1 as *const (),
        Sym::Log => math::log as *const (),
        Sym::Log2 => math::log2 as *const (),
        Sym::Log10 => math::log10 as *const (),
        Sym::Log1p => math::log1p as *const (),
        Sym::Pow => math::pow as *const (),
        Sym::Fmod => math::fmod as *const (),
        Sym::Hypot => math::hypot as *const (),
        Sym::Cbrt => math::cbrt as *const (),
        Sym::Erf => math::erf as *const (),
        Sym::Erfc => math::erfc as *const (),
        Sym::Tgamma => math::tgamma as *const (),
        Sym::Lgamma => math::lgamma as *const (),
        Sym::Ldexp => math::ldexp as *const (),
        Sym::FrexpMantissa => math::frexp_mantissa as *const (),
        Sym::FrexpExponent => math::frexp_exponent as *const (),
        Sym::Nextafter => math::nextafter as *const (),
        Sym::Remainder => math::remainder as *const (),
        Sym::SinF32 => math::sinf as *const (),
        Sym::CosF32 => math::cosf as *const (),
        Sym::TanF32 => math::tanf as *const (),
        Sym::AsinF32 => math::asinf as *const (),
        Sym::AcosF32 => math::acosf as *const (),
        Sym::AtanF32 => math::atanf as *const (),
        Sym::Atan2F32 => math::atan2f as *const (),
        Sym::SinhF32 => math::sinhf as *const (),
        Sym::CoshF32 => math::coshf as *const (),
        Sym::TanhF32 => math::tanhf as *const (),
        Sym::AsinhF32 => math::asinhf as *const (),
        Sym::AcoshF32 => math::acoshf as *const (),
        Sym::AtanhF32 => math::atanhf as *const (),
        Sym::ExpF32 => math::expf as *const (),
        Sym::Exp2F32 => math::exp2f as *const (),
        Sym::Expm1F32 => math::expm1f as *const (),
        Sym::LogF32 => math::logf as *const (),
        Sym::Log2F32 => math::log2f as *const (),
        Sym::Log10F32 => math::log10f as *const (),
        Sym::Log1pF32 => math::log1pf as *const (),
        Sym::PowF32 => math::powf as *const (),
        Sym::FmodF32 => math::fmodf as *const (),
        Sym::NextafterF32 => math::nextafterf as *const (),
        Sym::HypotF32 => math::hypotf as *const (),
        Sym::RoundDecimal => decimal::round_decimal as *const (),
        Sym::IpowI64 => math::ipow_i64 as *const (),
        Sym::Print => hooks::print as *const (),
        Sym::RaiseBoxed => hooks::raise_boxed as *const (),
        Sym::ExcDepth => handled::depth as *const (),
        Sym::SaveExc => handled::save as *const (),
        Sym::TakeExc => handled::take as *const (),
        Sym::CopyExc => handled::copy as *const (),
        Sym::DropExc => handled::drop_from as *const (),
        Sym::CallObject => hooks::call_object as *const (),
        Sym::AdoptRef => text::adopt_ref as *const (),
        Sym::TextConst => text::text_const as *const (),
        Sym::BytesConst => text::bytes_const as *const (),
        Sym::TextLen => text::len as *const (),
        Sym::TextItem => text::item as *const (),
        Sym::TextCode => text::code as *const (),
        Sym::TextSlice => text::slice as *const (),
        Sym::TextCompare => text::compare as *const (),
        Sym::TextHash => text::hash as *const (),
        Sym::CopyStrided => strided::copy_strided as *const (),
        Sym::Gemm => linear::gemm as *const (),
        Sym::Lu => linear::lu as *const (),
        Sym::LuSolve => linear::lu_solve as *const (),
        Sym::LuDet => linear::lu_det as *const (),
        Sym::Cholesky => linear::cholesky as *const (),
        Sym::Qr => linear::qr as *const (),
        Sym::Eigh => linear::eigh as *const (),
        Sym::Svd => linear::svd as *const (),
        Sym::Eig => linear::eig as *const (),
    };
    p as usize
}

/// The function of a core symbol.
pub fn core_address(core: Core) -> usize {
    let p: *const () = match core {
        Core::Alloc => heap::alloc as *const (),
        Core::AllocZeroed => heap::alloc_zeroed as *const (),
        Core::Retain => heap::retain as *const (),
        Core::Release => heap::release as *const (),
        Core::PushFrame => exceptions::push_frame as *const (),
        Core::ExcMatches => exceptions::exc_matches as *const (),
        Core::ClearExc => exceptions::clear_exc as *const (),
        Core::PollSlow => exceptions::poll_slow as *const (),
        Core::RaiseRecursion => exceptions::raise_recursion as *const (),
        Core::Memcpy => libc::memcpy as *const (),
        Core::Memset => libc::memset as *const (),
        Core::Memmove => libc::memmove as *const (),
        Core::CeilF32 => math::ceilf as *const (),
        Core::CeilF64 => math::ceil as *const (),
        Core::FloorF32 => math::floorf as *const (),
        Core::FloorF64 => math::floor as *const (),
        Core::TruncF32 => math::truncf as *const (),
        Core::TruncF64 => math::trunc as *const (),
        Core::NearestF32 => math::nearest_f32 as *const (),
        Core::NearestF64 => math::nearest_f64 as *const (),
        Core::FmaF32 => math::fmaf as *const (),
        Core::FmaF64 => math::fma as *const (),
    };
    p as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_an_address() {
        assert!(Sym::ALL.iter().all(|&s| address(s) != 0));
        assert!(Core::ALL.iter().all(|&c| core_address(c) != 0));
    }
}
