//! A host without Python: the functions of captured sources, and the names of `math`, `numpy` and the builtins.

use looplift_bytecode::{OpcodeMap, RawCode, decode};
use looplift_hir::build::build;
use looplift_infer::{ConstData, ConstValue, Diagnostic, FuncSource, Host, Options, Overload};
use looplift_types::{HostRef, Ty, TyKind, scalar_named};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

pub struct TestHost {
    pub functions: BTreeMap<String, FuncSource>,
    names: RefCell<Vec<String>>,
}

fn value(ty: Ty) -> ConstValue {
    ConstValue { ty, data: ConstData::None }
}
fn float(v: f64) -> ConstValue {
    ConstValue { ty: Ty::float64(), data: ConstData::Float(v.to_bits()) }
}

impl TestHost {
    pub fn new(codes: &[Arc<RawCode>], opcodes: &OpcodeMap) -> TestHost {
        let mut host = TestHost { functions: BTreeMap::new(), names: RefCell::new(Vec::new()) };
        for raw in codes {
            let code = decode(raw, opcodes).expect("decodes");
            if !code.flags.is_function() {
                continue;
            }
            let hir = Arc::new(build(&code, opcodes).expect("builds"));
            let id = host.reference(&raw.name).id;
            let (defaults, kwdefaults): (Vec<ConstValue>, Vec<(Box<str>, ConstValue)>) = match &*raw.name {
                "defaults" => (vec![value(Ty::lit_int(2))], vec![("c".into(), float(3.5))]),
                "none_default" => (vec![value(Ty::none())], vec![]),
                _ => (vec![], vec![]),
            };
            host.functions
                .insert(raw.name.clone(), FuncSource { id, hir, options: Options::default(), defaults: defaults.into(), kwdefaults: kwdefaults.into() });
        }
        host
    }
    fn reference(&self, name: &str) -> HostRef {
        let mut names = self.names.borrow_mut();
        let id = names.iter().position(|n| n == name).unwrap_or_else(|| {
            names.push(name.to_string());
            names.len() - 1
        });
        HostRef { id: id as u32, name: name.into() }
    }
    fn function(&self, name: &str) -> ConstValue {
        value(Ty::new(TyKind::Function(self.reference(name))))
    }
}

impl Host for TestHost {
    fn global(&self, _func: u32, name: &str) -> Option<ConstValue> {
        Some(match name {
            "math" => value(Ty::new(TyKind::Module(self.reference("math")))),
            "np" => value(Ty::new(TyKind::Module(self.reference("numpy")))),
            "SIZE" => value(Ty::lit_int(10)),
            "RATE" => float(0.5),
            "PAIR" => {
                let items = [value(Ty::lit_int(1)), float(2.0)];
                ConstValue { ty: Ty::tuple([items[0].ty, items[1].ty]), data: ConstData::Tuple(items.into()) }
            }
            "ValueError" | "OverflowError" | "AssertionError" => value(Ty::new(TyKind::ExcClass(self.reference(name)))),
            _ if self.functions.contains_key(name) => value(Ty::new(TyKind::Dispatcher(self.reference(name)))),
            "min" | "max" | "abs" | "round" | "int" | "float" | "bool" | "complex" | "divmod" | "pow" | "len" | "range" | "enumerate" | "zip" | "reversed"
            | "isinstance" | "print" | "tuple" => self.function(&format!("builtins.{name}")),
            _ => return None,
        })
    }
    fn free_var(&self, _func: u32, _index: u32) -> Option<ConstValue> {
        None
    }
    fn opaque_const(&self, _func: u32, _index: u32) -> Option<ConstValue> {
        None
    }
    fn attr(&self, obj: Ty, name: &str) -> Option<ConstValue> {
        let TyKind::Module(m) = obj.kind() else { return None };
        match (&*m.name, name) {
            (_, "pi") => Some(float(std::f64::consts::PI)),
            ("numpy", _) if scalar_named(name).is_some() => Some(value(Ty::new(TyKind::NumberClass(scalar_named(name)?)))),
            (_, "nothing") => None,
            (module, _) => Some(self.function(&format!("{module}.{name}"))),
        }
    }
    fn module(&self, name: &str, _whole: bool) -> Option<ConstValue> {
        Some(value(Ty::new(TyKind::Module(self.reference(name)))))
    }
    fn qualname(&self, obj: Ty) -> Option<Box<str>> {
        match obj.kind() {
            TyKind::Function(f) | TyKind::Dispatcher(f) => Some(f.name.clone()),
            _ => None,
        }
    }
    fn overload(&self, callee: Ty, _args: &[Ty], _kwargs: &[(Box<str>, Ty)]) -> Overload {
        match callee.kind() {
            TyKind::Dispatcher(f) => self.functions.get(&*f.name).map_or(Overload::None(None), |s| Overload::Function(s.clone())),
            _ => Overload::None(None),
        }
    }
    fn attr_overload(&self, _obj: Ty, _name: &str) -> Overload {
        Overload::None(None)
    }
    fn method_overload(&self, _obj: Ty, _name: &str, _args: &[Ty], _kwargs: &[(Box<str>, Ty)]) -> Overload {
        Overload::None(None)
    }
    fn source_line(&self, _func: u32, _line: u32) -> Option<String> {
        None
    }
    fn declared_return(&self, _func: u32, _args: &[Ty]) -> Option<Ty> {
        None
    }
    fn take_error(&self) -> Option<Diagnostic> {
        None
    }
}
