//! Instances of Python classes in compiled code: a heap block with the fields as one element lies, and the object that it stands for.
//!
//! Compiled code reads and writes fields itself; making and dropping is done here. The border fills and empties such blocks.

use crate::element::{Desc, code_at, desc};
use crate::exceptions;
use crate::heap::{self, StatusRef};
use looplift_abi::RtError;
use looplift_abi::ctx::Ctx;
use looplift_abi::element::instance as offsets;
use looplift_abi::heap::{HEADER_SIZE, MemInfo};

/// What an instance's block begins with; the fields follow.
#[repr(C)]
#[derive(Debug)]
pub struct Head {
    pub desc: &'static Desc,
    /// Bit k: field k was assigned to and the object does not know.
    pub dirty: u64,
    /// The Python object, tagged, as an owned reference; 0 as long as there is none.
    pub object: u64,
}

const _: () = {
    assert!(std::mem::offset_of!(Head, dirty) == offsets::DIRTY as usize);
    assert!(std::mem::offset_of!(Head, object) == offsets::OBJECT as usize);
    assert!(std::mem::size_of::<Head>() == offsets::FIELDS as usize);
};

/// The head of an instance's block.
///
/// # Safety
/// `block` is a live instance.
pub unsafe fn head(block: u64) -> *mut Head {
    (block as usize + HEADER_SIZE) as *mut Head
}

impl Head {
    /// The address of the fields.
    pub fn fields(&self) -> *mut u8 {
        (std::ptr::from_ref(self) as usize + offsets::FIELDS as usize) as *mut u8
    }
}

/// A new instance with one owner, all of whose fields are zeros; `None` when there is no memory.
pub fn create(desc: &'static Desc) -> Option<u64> {
    let block = heap::new_block(offsets::FIELDS as usize + desc.size, true)?;
    // SAFETY: a fresh block with room for head and fields.
    unsafe {
        head(block as u64).write(Head { desc, dirty: 0, object: 0 });
        (*block).drop = Some(destroy);
    }
    Some(block as u64)
}

unsafe extern "C" fn destroy(block: *mut MemInfo) {
    // SAFETY: called once, with an instance whose last owner is gone.
    unsafe {
        let h = head(block as u64);
        (*h).desc.release((*h).fields());
        heap::release((*h).object);
    }
}

pub(crate) unsafe extern "C" fn instance_new(ctx: *mut Ctx, code: i64, len: i64) -> StatusRef {
    // SAFETY: compiled code passes a code in its constant data.
    let d = desc(unsafe { code_at(code, len) });
    match create(d) {
        Some(word) => StatusRef { status: 0, value: word },
        // SAFETY: the calling thread's context.
        None => StatusRef { status: unsafe { exceptions::set(ctx, RtError::OutOfMemory, &[d.size as u64]) }, value: 0 },
    }
}

/// Gives back the reference at an address, which is overwritten next.
pub(crate) unsafe extern "C" fn drop_reference(at: i64) {
    // SAFETY: the address of a reference that the memory owns.
    unsafe { heap::release((at as usize as *const u64).read()) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_given_back() {
        // SAFETY: live instances; the inner one's reference moves into the outer one.
        unsafe {
            let inner = create(desc("q")).unwrap();
            let outer = create(desc("?r")).unwrap();
            heap::retain(inner);
            (*head(outer)).fields().add(8).cast::<u64>().write(inner);
            heap::release(outer);
            assert_eq!((*(inner as *const MemInfo)).refcount.load(std::sync::atomic::Ordering::Relaxed), 1);
            heap::release(inner);
        }
    }
}
