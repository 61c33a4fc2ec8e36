//! What puts vectors together from single elements and takes them apart.

use super::row;
use crate::encode::Inst;
use crate::encode::Map::{M0F, M0F3A, M0F38};
use crate::encode::Pp::{P66, PF2};

/// One element to and from memory; the rest of a register becomes zero.
pub const LOAD_64: Inst = row(PF2, M0F, 1, 0x10);
pub const STORE_64: Inst = row(PF2, M0F, 1, 0x11);
pub const LOAD_32: Inst = row(P66, M0F, 0, 0x6e);
pub const STORE_32: Inst = row(P66, M0F, 0, 0x7e);
/// The second double.
pub const LOAD_HIGH: Inst = row(P66, M0F, 1, 0x16);
pub const STORE_HIGH: Inst = row(P66, M0F, 1, 0x17);
/// The element that the immediate names.
pub const INSERT_32: Inst = row(P66, M0F3A, 0, 0x22);
pub const INSERT_16: Inst = row(P66, M0F, 0, 0xc4);
pub const INSERT_8: Inst = row(P66, M0F3A, 0, 0x20);
pub const EXTRACT_32: Inst = row(P66, M0F3A, 0, 0x16);
pub const EXTRACT_16: Inst = row(P66, M0F3A, 0, 0x15);
pub const EXTRACT_8: Inst = row(P66, M0F3A, 0, 0x14);
/// Sixteen bytes of a register, and thirty-two, by the immediate.
pub const INSERT_HALF: Inst = row(P66, M0F3A, 1, 0x18);
pub const EXTRACT_HALF: Inst = row(P66, M0F3A, 1, 0x19);
pub const INSERT_TWO: Inst = row(P66, M0F3A, 1, 0x1a);
pub const XOR: Inst = row(P66, M0F, 1, 0xef);

/// `dst = elements of dst and rm` by places in `vvvv`; of 2, 4 or 8 bytes.
pub fn permute_two(size: u32) -> Option<Inst> {
    match size {
        8 => Some(row(P66, M0F38, 1, 0x7e)),
        4 => Some(row(P66, M0F38, 0, 0x7e)),
        2 => Some(row(P66, M0F38, 1, 0x7d)),
        _ => None,
    }
}
/// Two elements of each half of `vvvv`, then of `rm`.
pub const SHUFFLE_64: Inst = row(P66, M0F, 1, 0xc6);
pub const SHUFFLE_32: Inst = row(super::P0, M0F, 0, 0xc6);
/// Elements of eight bytes by the immediate.
pub const PERMUTE_64: Inst = row(P66, M0F3A, 1, 0x01);
/// Elements of four bytes of `rm` by places in `vvvv`.
pub const PERMUTE_32: Inst = row(P66, M0F38, 0, 0x36);
