//! The site table: what a site number in a pending exception or a traceback entry means.

use looplift_mir as mir;
use mir::SiteKind;

/// A source line with the Python function it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceLoc {
    pub function: Box<str>,
    pub filename: Box<str>,
    pub first_line: u32,
    pub line: u32,
    pub end_line: u32,
    pub col: u32,
    pub end_col: u32,
}

/// One row: kind, and the source position with the calls it was inlined into, innermost first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteInfo {
    /// Position of the function in the compile request.
    pub func: u32,
    pub kind: SiteKind,
    pub chain: Vec<SourceLoc>,
}

/// Longest chain of inlined calls that is followed (spans form a tree; this bounds a malformed one).
const MAX_CHAIN: usize = 256;

/// The position of a span and of the calls around it.
pub(crate) fn resolve_span(func: &mir::Function, span: mir::SpanId) -> Vec<SourceLoc> {
    let mut chain = Vec::new();
    let mut next = Some(span);
    while let Some(id) = next {
        let Some(s) = func.spans.get(id) else { break };
        if chain.len() == MAX_CHAIN {
            break;
        }
        let (function, filename, first_line) = match func.sources.get(s.source as usize) {
            Some(src) => (src.name.clone(), src.filename.clone(), src.first_line),
            None => (func.name.clone(), "<unknown>".into(), 0),
        };
        chain.push(SourceLoc { function, filename, first_line, line: s.line, end_line: s.end_line, col: s.col, end_col: s.end_col });
        next = s.inlined_at;
    }
    chain
}

pub(crate) fn site_rows(func: &mir::Function, position: u32) -> impl Iterator<Item = SiteInfo> {
    func.sites.values().map(move |s| SiteInfo { func: position, kind: s.kind.clone(), chain: resolve_span(func, s.span) })
}
