//! The context in loops: it is needed in every poll and in every call, and by way of the calls it may have its place in memory. A loop that
//! calls nothing has a copy of its own, made before it, as it has of the integers that it reads (`copy_integers`).

use cranelift_entity::SecondaryMap;
use looplift_mir::dom::Dominators;
use looplift_mir::{Block, Function, Opcode};
use rustc_hash::FxHashMap;

/// Functions with more loops keep what they have.
const MAX_LOOPS: usize = 64;

/// Where copies are made and used.
#[derive(Debug, Default)]
pub(super) struct Contexts {
    /// At whose end a copy is made, for the loop with this header.
    pub(super) made: FxHashMap<Block, Block>,
    /// The header of the loop of which a block is part.
    pub(super) used: FxHashMap<Block, Block>,
}

impl Contexts {
    pub(super) fn new(func: &Function, order: &[Block]) -> Contexts {
        let mut found = Contexts::default();
        let polls = |b: Block| func.blocks[b].insts.iter().any(|&i| matches!(func.insts[i].op, Opcode::Poll | Opcode::PollTry));
        if !order.iter().any(|&b| calls(func, b)) || !order.iter().any(|&b| polls(b)) {
            return found;
        }
        let (dom, preds) = (Dominators::new(func), func.predecessors());
        let headers = order.iter().copied().filter(|&b| preds[b].iter().any(|&p| dom.is_reachable(p) && dom.dominates(b, p)));
        // Outer loops come first.
        for header in headers.take(MAX_LOOPS) {
            if found.used.contains_key(&header) || func.blocks[header].cold {
                continue;
            }
            let (back, outside): (Vec<Block>, Vec<Block>) = preds[header].iter().partition(|&&p| dom.dominates(header, p));
            let [before] = outside[..] else { continue };
            let body = body(header, back, &preds);
            if body.iter().any(|&b| calls(func, b)) || !body.iter().any(|&b| polls(b)) {
                continue;
            }
            found.made.insert(before, header);
            found.used.extend(body.into_iter().map(|b| (b, header)));
        }
        found
    }
}

/// The blocks of a loop, from those that lead back.
fn body(header: Block, back: Vec<Block>, preds: &SecondaryMap<Block, Vec<Block>>) -> Vec<Block> {
    let mut body = vec![header];
    let mut work = back;
    while let Some(b) = work.pop() {
        if !body.contains(&b) {
            body.push(b);
            work.extend(preds[b].iter().copied());
        }
    }
    body
}

/// Whether a block calls something that keeps few registers.
fn calls(func: &Function, b: Block) -> bool {
    func.blocks[b].vector || func.blocks[b].insts.iter().any(|&i| func.insts[i].op.is_call())
}
