//! Calls of C functions by address, and of compiled code by function values.
//!
//! In the calling conventions we run on (System V for x86-64, AAPCS64), integers and floats are passed in registers of their own,
//! in order and independently of each other, and a callee does not look at registers it has no parameter for. So one call with six integers
//! and eight floats serves every function that takes at most so many, whatever their order; narrow integers are the low bits of a
//! register, and of a narrow result the upper bits mean nothing.

use crate::exceptions;
use looplift_abi::RtError;
use looplift_abi::ctx::{Ctx, Entry};
use looplift_abi::heap::HEADER_SIZE;

/// Calls a function value, a block whose data begins with the code's uniform entry; see the symbol.
///
/// # Safety
/// `ctx` is the calling thread's context, `function` a live function value or null; the addresses are of words as its type has them.
pub(crate) unsafe extern "C" fn call_function(ctx: *mut Ctx, function: u64, args: i64, ret: i64) -> u64 {
    let here = 0u8;
    // SAFETY: the caller's promise; the entry is code that the value keeps alive.
    unsafe {
        if function == 0 {
            return exceptions::set(ctx, RtError::NullFunction, &[]);
        }
        // What is called through values is in no cycle that the compiler knows of.
        if (&raw const here as usize) < (*ctx).stack_limit {
            return exceptions::set(ctx, RtError::Recursion, &[]);
        }
        let entry = *((function as usize + HEADER_SIZE) as *const Entry);
        entry(ctx, args as usize as *const u64, ret as usize as *mut u64)
    }
}

/// An array's data, which stands for it in the call.
pub extern "C" fn address_of(address: i64) -> i64 {
    address
}

macro_rules! calls {
    ($($name:ident $float:ident -> $ret:ident;)*) => { $(
        /// Calls the function at `address`.
        ///
        /// # Safety
        /// A C function is there, whose parameters are among these and whose result is of this kind; what it does with
        /// addresses is the caller's responsibility.
        pub unsafe extern "C" fn $name(
            address: i64, a: i64, b: i64, c: i64, d: i64, e: i64, f: i64,
            s: $float, t: $float, u: $float, v: $float, w: $float, x: $float, y: $float, z: $float,
        ) -> $ret {
            type Function = unsafe extern "C" fn(
                i64, i64, i64, i64, i64, i64, $float, $float, $float, $float, $float, $float, $float, $float,
            ) -> $ret;
            // SAFETY: the caller's promise; see the module's text for why one type serves.
            unsafe {
                let function = std::mem::transmute::<usize, Function>(address as usize);
                function(a, b, c, d, e, f, s, t, u, v, w, x, y, z)
            }
        }
    )* };
}

calls! {
    call_int f64 -> i64;
    call_double f64 -> f64;
    call_float f64 -> f32;
    call_int_f32 f32 -> i64;
    call_double_f32 f32 -> f64;
    call_float_f32 f32 -> f32;
}
