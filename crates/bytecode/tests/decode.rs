//! Hand-written code objects: what the decoder promises in its documentation, one promise a test.

mod common;

use looplift_bytecode::{At, ErrorKind, Op, OpcodeMap, RawCode, RawConst, RegionKind, Test, cfg::Cfg, decode, print};
use std::sync::Arc;

/// Assembles `(name, argument)` pairs; arguments above 255 get their prefixes, caches must be given.
fn assemble(map: &common::Capture, code: &[(&str, u32)]) -> Vec<u8> {
    let number = |name: &str| map.opmap.iter().find(|(n, _)| n == name).map(|(_, v)| *v as u8).unwrap_or_else(|| panic!("{name}"));
    let mut bytes = Vec::new();
    for &(name, arg) in code {
        for shift in [24, 16, 8] {
            if arg >> shift != 0 {
                bytes.extend([number("EXTENDED_ARG"), (arg >> shift) as u8]);
            }
        }
        bytes.extend([number(name), arg as u8]);
    }
    bytes
}

fn raw(capture: &common::Capture, code: &[(&str, u32)]) -> RawCode {
    RawCode {
        version: capture.version,
        name: "f".to_string(),
        qualname: "f".to_string(),
        stacksize: 4,
        flags: 3,
        firstlineno: 7,
        argcount: 1,
        varnames: vec!["a".to_string()],
        consts: vec![RawConst::None, RawConst::Int(300)],
        names: vec!["n".to_string()],
        code: assemble(capture, code),
        ..RawCode::default()
    }
}

fn captured(capture: &common::Capture, name: &str) -> Arc<RawCode> {
    capture.modules.iter().flat_map(|(_, module)| common::all_codes(module)).find(|code| code.qualname == name).unwrap_or_else(|| panic!("{name}"))
}

#[test]
fn an_unknown_version_is_named() {
    let map = OpcodeMap::new([("RETURN_VALUE", 83)], (3, 10));
    let error = decode(&RawCode { version: (3, 10), code: vec![83, 0], ..RawCode::default() }, &map).unwrap_err();
    assert_eq!(error.kind, ErrorKind::UnknownVersion);
    assert!(error.message.contains("3.10") && error.message.contains("3.11, 3.12, 3.13"), "{error}");
}

#[test]
fn an_opcode_table_of_another_version_is_refused() {
    let captures = common::captures();
    let code = raw(&captures[0], &[("LOAD_CONST", 0), ("RETURN_VALUE", 0)]);
    assert_eq!(decode(&code, &captures[1].opcodes).unwrap_err().kind, ErrorKind::UnknownVersion);
}

#[test]
fn every_opcode_of_every_version_has_a_meaning() {
    // What never occurs in `co_code`: instrumented and adaptive forms, the interpreter's own.
    let internal = |name: &str| name.starts_with("INSTRUMENTED_") || ["INTERPRETER_EXIT", "EXIT_INIT_CHECK", "ENTER_EXECUTOR", "RESERVED"].contains(&name);
    for capture in common::captures() {
        let unknown: Vec<&str> = capture.opcodes.unknown_names().filter(|name| !internal(name)).collect();
        assert!(unknown.is_empty(), "{:?}: {unknown:?}", capture.version);
    }
}

#[test]
fn an_unknown_opcode_is_named_and_ends_its_block() {
    let capture = &common::captures()[2];
    let code = decode(&raw(capture, &[("RESUME", 0), ("INTERPRETER_EXIT", 0)]), &capture.opcodes).unwrap();
    assert_eq!(code.insts.values().map(|i| i.op).collect::<Vec<_>>(), [Op::Unsupported(0)]);
    assert_eq!(code.unsupported, ["INTERPRETER_EXIT"]);
}

#[test]
fn errors_say_where() {
    let capture = &common::captures()[2];
    let kind = |code: &[(&str, u32)]| {
        let mut raw = raw(capture, code);
        raw.positions = (0..raw.code.len() / 2).map(|i| (Some(10 + i as u32), None, None, None)).collect();
        let error = decode(&raw, &capture.opcodes).unwrap_err();
        (error.kind, error.offset, error.line)
    };
    assert_eq!(kind(&[("LOAD_CONST", 0)]), (ErrorKind::Truncated, 0, Some(10)));
    assert_eq!(kind(&[("NOP", 0), ("LOAD_CONST", 2)]), (ErrorKind::BadArgument, 2, Some(11)));
    assert_eq!(kind(&[("NOP", 0), ("LOAD_FAST", 300)]), (ErrorKind::BadArgument, 4, Some(12)));
    assert_eq!(kind(&[("POP_TOP", 0), ("RETURN_CONST", 0)]), (ErrorKind::StackUnderflow, 0, Some(10)));
    assert_eq!(kind(&[("JUMP_FORWARD", 9)]), (ErrorKind::BadTarget, 0, Some(10)));
    assert_eq!(kind(&[("LOAD_CONST", 0), ("JUMP_BACKWARD", 2)]), (ErrorKind::StackMismatch, 2, Some(11)));
    assert_eq!(kind(&[("PUSH_NULL", 0), ("RETURN_VALUE", 0)]), (ErrorKind::BadSequence, 2, Some(11)));
}

#[test]
fn exact_bool_branches_take_any_object() {
    let capture = &common::captures()[2];
    let code = decode(
        &raw(
            capture,
            &[
                ("LOAD_FAST", 0),
                ("TO_BOOL", 0),
                ("CACHE", 0),
                ("CACHE", 0),
                ("CACHE", 0),
                ("POP_JUMP_IF_FALSE", 1),
                ("CACHE", 0),
                ("RETURN_CONST", 0),
                ("RETURN_CONST", 1),
            ],
        ),
        &capture.opcodes,
    )
    .unwrap();
    let at = At::from_u32;
    assert_eq!(code.insts.values().map(|i| i.op).nth(1), Some(Op::Branch { test: Test::Truth, then: at(2), otherwise: at(4) }));
    assert_eq!(code.insts[at(2)].offset, 14);
}

#[test]
fn endless_jumps_stay_loops() {
    for capture in common::captures() {
        let code = decode(&raw(&capture, &[("JUMP_BACKWARD", 1)]), &capture.opcodes).unwrap();
        assert_eq!(code.insts.values().map(|i| i.op).collect::<Vec<_>>(), [Op::Jump(At::from_u32(0))]);
        let cfg = Cfg::new(&code);
        assert_eq!(cfg.loops.len(), 1);
        // A cycle of several jumps.
        let jumps = [("JUMP_FORWARD", 1), ("NOP", 0), ("JUMP_BACKWARD", 3)];
        let code = decode(&raw(&capture, &jumps), &capture.opcodes).unwrap();
        assert_eq!(Cfg::new(&code).loops.len(), 1, "{}", print::dump(&code));
    }
}

#[test]
fn loops_nest() {
    for capture in common::captures() {
        let code = decode(&captured(&capture, "nested"), &capture.opcodes).unwrap();
        let cfg = Cfg::new(&code);
        let depths: Vec<u32> = cfg.loops.values().map(|l| l.depth).collect();
        assert_eq!(depths, [1, 2], "{:?}", capture.version);
        let inner = cfg.loops.values().nth(1).unwrap();
        assert_eq!(inner.parent, cfg.loops.keys().next());
        assert!(matches!(code.insts[cfg.blocks[inner.header].start].op, Op::ForIter { .. }));
        assert!(!cfg.irreducible);
    }
}

/// Dominators against the definition: `a` dominates `b` iff `b` cannot be reached without `a`.
#[test]
fn dominators_are_dominators() {
    for capture in common::captures() {
        for name in ["nested", "try_in_loop", "bool_tests", "with_in_loop", "async_loop"] {
            let code = decode(&captured(&capture, name), &capture.opcodes).unwrap();
            let cfg = Cfg::new(&code);
            for a in cfg.blocks.keys() {
                let mut seen = vec![a];
                let mut work = vec![cfg.rpo[0]];
                while let Some(block) = work.pop() {
                    if !seen.contains(&block) {
                        seen.push(block);
                        work.extend(cfg.blocks[block].succs.iter().copied().chain(cfg.blocks[block].handler));
                    }
                }
                for b in cfg.blocks.keys().filter(|b| *b != a) {
                    assert_eq!(cfg.dominates(a, b), !seen.contains(&b), "{name}: {a} {b}");
                }
            }
        }
    }
}

#[test]
fn handlers_are_classified() {
    for capture in common::captures() {
        let kinds = |name: &str| {
            let code = decode(&captured(&capture, name), &capture.opcodes).unwrap();
            let mut kinds: Vec<RegionKind> = Vec::new();
            for region in &code.regions {
                if !kinds.contains(&region.kind) {
                    kinds.push(region.kind);
                }
            }
            (kinds, code)
        };
        let inlines = capture.version > (3, 11);
        assert_eq!(kinds("try_except").0, [RegionKind::Try, RegionKind::ExceptCleanup]);
        assert_eq!(kinds("with_one").0, [RegionKind::With, RegionKind::ExceptCleanup]);
        assert!(kinds("except_as").0.contains(&RegionKind::NameCleanup));
        assert_eq!(kinds("generator").0, [], "the wrapper of generators is dropped");
        assert_eq!(kinds("async_loop").0, [RegionKind::AsyncFor], "so is the forwarding of throw()");

        // A plain comprehension's cleanup is unobservable; one inside `try` is not.
        let (list, code) = kinds("list_comp");
        assert_eq!(list, if inlines { vec![RegionKind::ComprehensionCleanup] } else { vec![] });
        assert!(code.insts.keys().all(|at| code.exception_leaves(at)));
        let (_, code) = kinds("comp_in_try");
        let call = code.insts.iter().filter(|(_, i)| matches!(i.op, Op::Call { .. })).map(|(at, _)| at).next();
        assert!(!code.exception_leaves(call.unwrap()));
    }
}

#[test]
fn large_code_is_decoded() {
    for capture in common::captures() {
        let mut code = vec![("RESUME", 0)];
        for _ in 0..300_000 {
            code.extend([("LOAD_FAST", 0), ("STORE_FAST", 0)]);
        }
        code.extend([("LOAD_CONST", 0), ("RETURN_VALUE", 0)]);
        let code = decode(&raw(&capture, &code), &capture.opcodes).unwrap();
        assert_eq!(code.insts.len(), 600_002);
        assert_eq!(Cfg::new(&code).blocks.len(), 1);
    }
}

#[test]
fn a_dump_is_stable() {
    let capture = &common::captures()[2];
    let code = decode(&captured(capture, "sum_items"), &capture.opcodes).unwrap();
    let expected = "\
code sum_items(a) line 1
  locals: a, s, i
  b0: depth 0
    Const 0.0                             @0  line 2
    StoreFast s                           @1
    LoadGlobal range                      @2  line 3
    LoadGlobal len                        @3
    LoadFast a                            @4
    Call 1                                @5
    Call 1                                @6
    GetIter                               @7
    -> b1
  b1: depth 1
    ForIter exit b3                       @8
    -> b2
  b2: depth 2
    StoreFast i                           @9
    LoadFast s                            @10  line 4
    LoadFast a                            @11
    LoadFast i                            @12
    GetItem                               @13
    Binary + inplace                      @14
    StoreFast s                           @15
    Jump b1                               @16
  b3: depth 0
    LoadFast s                            @17  line 5
    Return                                @18
  loop0: header b1, depth 1, blocks b1 b2
";
    assert_eq!(print::dump(&code), expected);
}
