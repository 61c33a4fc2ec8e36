//! Numbers for blobs, as machine code writes them into tracebacks. A number is used again after its blob is dropped: a
//! pending exception is turned into an object of the host before anything that its frames name can be freed.

use crate::sites::SiteInfo;
use looplift_abi::ctx::Frame;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[derive(Default)]
struct Slots {
    sites: Vec<Option<Arc<[SiteInfo]>>>,
    free: Vec<u32>,
}

static SLOTS: Mutex<Slots> = Mutex::new(Slots { sites: Vec::new(), free: Vec::new() });

// Nothing that may panic or call out runs while the lock is held, so a poisoned lock has whole data.
fn slots() -> MutexGuard<'static, Slots> {
    SLOTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A reserved number, given back on drop.
#[derive(Debug)]
pub(crate) struct Slot(u32);

impl Slot {
    pub(crate) fn new(sites: Arc<[SiteInfo]>) -> Slot {
        let mut s = slots();
        match s.free.pop() {
            Some(n) => {
                s.sites[n as usize] = Some(sites);
                Slot(n)
            }
            None => {
                s.sites.push(Some(sites));
                Slot((s.sites.len() - 1) as u32)
            }
        }
    }
    pub(crate) fn index(&self) -> u32 {
        self.0
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let old = {
            let mut s = slots();
            s.free.push(self.0);
            s.sites[self.0 as usize].take()
        };
        drop(old);
    }
}

/// The sites of a live blob.
pub fn sites(blob: u32) -> Option<Arc<[SiteInfo]>> {
    slots().sites.get(blob as usize)?.clone()
}

/// The site that a traceback entry names.
pub fn site(frame: Frame) -> Option<SiteInfo> {
    sites(frame.blob)?.get(frame.site as usize).cloned()
}

/// Numbers in use.
pub fn live_blobs() -> usize {
    let s = slots();
    s.sites.len() - s.free.len()
}
