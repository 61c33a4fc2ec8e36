//! Which texts a session makes: the stages, and the dump specification.

/// The stages that have a text, in order.
pub const STAGES: &[&str] = &["bytecode", "hir", "types", "mir", "clif", "asm"];

/// A parsed `LOOPLIFT_DUMP`: `mir@licm:fib*` wants MIR after the pass `licm` (`all`: after each) of functions whose name matches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DumpSpec {
    items: Vec<(String, Option<String>)>,
    glob: Option<String>,
}

impl DumpSpec {
    pub fn parse(text: &str) -> DumpSpec {
        let (list, glob) = match text.split_once(':') {
            Some((l, g)) => (l, Some(g.trim().to_owned()).filter(|g| !g.is_empty())),
            None => (text, None),
        };
        let items = list
            .split(',')
            .map(str::trim)
            .filter(|s| !s.is_empty())
            .map(|s| match s.split_once('@') {
                Some((stage, pass)) => (stage.to_owned(), Some(pass.to_owned())),
                None => (s.to_owned(), None),
            })
            .collect();
        DumpSpec { items, glob }
    }

    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Whether the text of a stage of a function is wanted.
    pub fn wants(&self, stage: &str, function: &str) -> bool {
        self.items.iter().any(|(s, pass)| s == stage && pass.is_none()) && self.takes(function)
    }

    /// Whether MIR after a pass is wanted.
    pub fn wants_pass(&self, pass: &str, function: &str) -> bool {
        self.items.iter().any(|(s, p)| s == "mir" && p.as_deref().is_some_and(|p| p == pass || p == "all" || p == "*")) && self.takes(function)
    }

    fn takes(&self, function: &str) -> bool {
        let base = function.split('(').next().unwrap_or(function);
        self.glob.as_ref().is_none_or(|g| matches(g.as_bytes(), base.as_bytes()) || matches(g.as_bytes(), function.as_bytes()))
    }
}

/// Shell-like matching with `*` and `?`.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        if p < pattern.len() && (pattern[p] == b'?' || pattern[p] == text[t]) && pattern[p] != b'*' {
            p += 1;
            t += 1;
        } else if p < pattern.len() && pattern[p] == b'*' {
            star = Some((p, t));
            p += 1;
        } else if let Some((sp, st)) = star {
            p = sp + 1;
            t = st + 1;
            star = Some((sp, st + 1));
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|c| *c == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_glob_chooses_functions() {
        let d = DumpSpec::parse("mir,asm:fib*");
        assert!(d.wants("mir", "fib(int64)") && d.wants("asm", "fibonacci"));
        assert!(!d.wants("mir", "main(int64)") && !d.wants("hir", "fib"));
    }

    #[test]
    fn a_pass_is_not_the_stage() {
        let d = DumpSpec::parse("mir@dce");
        assert!(d.wants_pass("dce", "f") && !d.wants("mir", "f") && !d.wants_pass("licm", "f"));
    }

    #[test]
    fn stars_backtrack() {
        assert!(matches(b"*ab*c", b"xxabyyc"));
        assert!(!matches(b"*ab*c", b"xxabyy"));
    }
}
