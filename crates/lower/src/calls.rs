//! Calls of other specialisations.

use crate::CalleeKey;
use crate::cx::{Cx, Res, Words};
use crate::generators::param_words;
use crate::inst::Operand;
use looplift_infer::{Callee, DiagnosticKind};
use looplift_mir::{CalleeId, Imm, Opcode, Ty as MTy, Value};
use looplift_types::Ty;

impl Cx<'_> {
    pub fn call(&mut self, spec: usize, ops: &[Operand]) -> Res<Words> {
        let args = self.call_args(ops)?;
        self.call_words(spec, false, &args)
    }

    /// A call with these words; `generator`: the callee is a generator function.
    pub fn call_words(&mut self, spec: usize, generator: bool, args: &[Value]) -> Res<Words> {
        let (callee, _) = self.callee(spec, generator)?;
        self.call_callee(callee, args)
    }

    /// A call of a callee with these words.
    pub fn call_callee(&mut self, callee: CalleeId, args: &[Value]) -> Res<Words> {
        let rets = self.b.func.callees[callee].rets.clone();
        let params = &self.b.func.callees[callee].params;
        if params.len() != args.len() || params.iter().zip(args).any(|(&m, &v)| self.mty(v) != m) {
            return self.internal("the arguments of a call do not fit the callee");
        }
        if self.live_handler().is_none() {
            let site = self.propagate_site();
            let inst = self.b.emit_inst(Opcode::Call, None, args, Imm::Callee(callee), &rets, Some(site));
            return Ok(self.b.func.insts[inst].results.iter().copied().collect());
        }
        let mut types = vec![MTy::I8];
        types.extend_from_slice(&rets);
        let inst = self.b.emit_inst(Opcode::CallTry, None, args, Imm::Callee(callee), &types, None);
        let results: Words = self.b.func.insts[inst].results.iter().copied().collect();
        let ok = self.not(results[0]);
        self.unless(ok, |cx| cx.leave_pending())?;
        Ok(results[1..].into())
    }

    pub fn callee(&mut self, spec: usize, generator: bool) -> Res<(CalleeId, Vec<MTy>)> {
        if let Some(&id) = self.callees.get(&spec) {
            return Ok((id, self.b.func.callees[id].rets.clone()));
        }
        let (key, name, params, ret): (CalleeKey, Box<str>, &[Ty], Ty) = match self.program.functions.get(spec) {
            Some(Callee::Inferred(f)) => (CalleeKey::Program(spec as u32), f.hir.qualname.clone(), &f.params, f.ret),
            Some(Callee::Compiled { spec, params, ret, .. }) => (CalleeKey::Compiled(*spec), format!("spec{spec}").into(), params, *ret),
            None => return Err(self.error(DiagnosticKind::Internal, "LL0902", format!("a call of function {spec}, which does not exist"))),
        };
        let types: Vec<String> = params.iter().map(|t| t.to_string()).collect();
        let name = format!("{name}({})", types.join(", ")).into();
        let head: &[MTy] = if generator { &[MTy::Ref, MTy::I8] } else { &[] };
        let mut words = head.to_vec();
        for &p in params {
            words.extend(param_words(self, p)?);
        }
        let rets = [head, &self.flat(ret)?[..]].concat();
        let id = self.b.func.callees.push(looplift_mir::Callee { key: key.encode(), name, params: words, rets: rets.clone(), pure_: false });
        self.callees.insert(spec, id);
        Ok((id, rets))
    }
}
