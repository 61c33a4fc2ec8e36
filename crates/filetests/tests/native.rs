//! Machine code at work: calls, errors and tracebacks, stack checks, polls, memory, the life of blobs, threads, fork.
#![allow(unsafe_code, reason = "sets hooks of the context; forks")]

use looplift_abi::ctx::Ctx;
use looplift_codegen::{CompileOpts, code_statistics, registry};
use looplift_filetests::run::{Ending, Native, interpret};
use looplift_mir::parse::parse_functions;
use looplift_mir::verify::verify;
use looplift_mir::*;
use looplift_runtime::{allocation_stats, exceptions, thread};
use std::sync::Mutex;
use std::sync::atomic::Ordering;

fn parse(text: &str) -> Vec<Function> {
    let funcs = parse_functions(text).expect("parses");
    for f in &funcs {
        verify(f).unwrap_or_else(|e| panic!("{e}"));
    }
    funcs
}

fn compile(text: &str) -> Native {
    Native::new(&parse(text)).expect("compiles")
}

/// Runs both ways, which must agree.
fn both(text: &str, n: usize, args: &[u64]) -> Ending {
    let funcs = parse(text);
    let native = Native::new(&funcs).expect("compiles").call(n, args);
    let oracle = interpret(&funcs, n, args, 1_000_000).expect("runs");
    assert!(native.agrees(&oracle, &funcs[n].rets), "native {native:?}, interpreter {oracle:?}");
    native
}

fn returns(words: &[u64]) -> Ending {
    Ending::Return(words.to_vec())
}

/// Counters of the process are looked at by one test at a time.
static COUNTERS: Mutex<()> = Mutex::new(());

const HEADER: &str = "source 0 \"f\" \"f.py\":1\n span0 = 0 2:0-2:1\n span1 = 0 3:0-3:1\n span2 = 0 4:0-4:1\n";

#[test]
fn error_with_payload_and_traceback() {
    let text = format!(
        "function \"inner\" -> f64 {{ {HEADER}
  site0 = raise IndexError(\"index {{}} of {{}} {{}}\") payload(int, float, bool) !1
block0(v0: i32, v1: f32, v2: i8):
  guard v2, v0, v1, v2 -> site0 !1
  v3 = fpromote.f64 v1
  return v3
}}
function \"outer\" -> f64 {{ {HEADER}
  site0 = propagate !2
  fn0 = 0 \"inner\" (i32, f32, i8) -> f64
block0(v0: i32, v1: f32, v2: i8):
  v3 = call fn0(v0, v1, v2) -> site0 !2
  return v3
}}"
    )
    .replace("{ source", "{\n source");
    let args = [(-5i32) as u32 as u64, u64::from(2.5f32.to_bits()), 0];
    match both(&text, 1, &args) {
        Ending::Raise { kind: SiteKind::Raise { .. }, line, payload } => {
            assert_eq!(line, 3);
            assert_eq!(payload, [(-5i64) as u64, 2.5f64.to_bits(), 0]);
        }
        other => panic!("{other:?}"),
    }
    let native = compile(&text);
    native.call(1, &args);
    assert_eq!(native.traceback(), [4], "the caller's line is in the traceback");
    assert_eq!(both(&text, 1, &[1, u64::from(2.5f32.to_bits()), 1]), returns(&[2.5f64.to_bits()]));
}

const TRY: &str = "function \"may\" -> i64, i64 {
 source 0 \"f\" \"f.py\":1
 span0 = 0 2:0-2:1
 site0 = raise ValueError(\"no\")
block0(v0: i8):
  guard v0 -> site0
  v1 = iconst.i64 11
  v2 = iconst.i64 22
  return v1, v2
}
function \"tries\" -> i64, i8 {
 source 0 \"f\" \"f.py\":1
 span0 = 0 2:0-2:1
 span1 = 0 5:0-5:1
 site0 = propagate !1
 fn0 = 0 \"may\" (i8) -> i64, i64
block0(v0: i8, v9: i8):
  v1, v2, v3 = call_try fn0(v0)
  brif v1, block1, block2
block1: cold
  brif v9, block3, block4
block3:
  clear_exc
  v4 = iadd.i64 v2, v3
  return v4, v1
block4:
  propagate site0
block2:
  v5 = iadd.i64 v2, v3
  return v5, v1
}
";

#[test]
fn call_try_catches() {
    assert_eq!(both(TRY, 1, &[1, 0]), returns(&[33, 0]));
    assert_eq!(both(TRY, 1, &[0, 1]), returns(&[0, 1]));
    assert_eq!(both(TRY, 1, &[0, 0]).class(), Some("ValueError"));
    let native = compile(TRY);
    native.call(1, &[0, 0]);
    assert_eq!(native.traceback(), [5]);
}

#[test]
fn many_arguments_and_results() {
    let params: Vec<String> = (0..40).map(|n| format!("v{n}: {}", ["i64", "f64", "i8", "f32", "i16", "i32"][n % 6])).collect();
    let types: Vec<&str> = (0..40).map(|n| ["i64", "f64", "i8", "f32", "i16", "i32"][n % 6]).collect();
    let values: Vec<String> = (0..40).rev().map(|n| format!("v{n}")).collect();
    let forward: Vec<String> = (0..40).map(|n| format!("v{n}")).collect();
    let results: Vec<String> = (0..40).map(|n| format!("v{}", n + 40)).collect();
    let back: Vec<&str> = types.iter().rev().copied().collect();
    let text = format!(
        "function \"reverse\" -> {rets} {{
block0({params}):
  return {values}
}}
function \"calls\" -> {rets} {{
 source 0 \"f\" \"f.py\":1
 span0 = 0 2:0-2:1
 site0 = propagate
 fn0 = 0 \"reverse\" ({types}) -> {rets}
block0({params}):
  {results} = call fn0({forward}) -> site0
  return {results}
}}",
        rets = back.join(", "),
        params = params.join(", "),
        values = values.join(", "),
        types = types.join(", "),
        results = results.join(", "),
        forward = forward.join(", ")
    )
    .replace("{\nblock0", "{\n source 0 \"f\" \"f.py\":1\n span0 = 0 2:0-2:1\nblock0");
    let args: Vec<u64> = (0..40u64).map(|n| [n, (n as f64).to_bits(), n, u64::from((n as f32).to_bits()), n, n][n as usize % 6]).collect();
    let expected: Vec<u64> = args.iter().rev().copied().collect();
    assert_eq!(both(&text, 0, &args), returns(&expected));
    assert_eq!(both(&text, 1, &args), returns(&expected));
}

#[test]
fn recursion_hits_the_stack_check() {
    let text = "function \"down\" -> i64 recursive {
 source 0 \"f\" \"f.py\":1
 span0 = 0 2:0-2:1
 span1 = 0 3:0-3:1
 site0 = raise RecursionError(\"too deep\") !0
 site1 = propagate !1
 fn0 = 0 \"down\" (i64) -> i64
block0(v0: i64):
  stack_check -> site0
  v1 = iconst.i64 1
  v2 = isub.i64 v0, v1
  v3 = iconst.i64 0
  v4 = icmp sle v0, v3
  brif v4, block1, block2
block1:
  return v3
block2:
  v5 = call fn0(v2) -> site1
  v6 = iadd.i64 v5, v1
  return v6
}
";
    let native = compile(text);
    assert_eq!(native.call(0, &[1000]), returns(&[1000]));
    for _ in 0..3 {
        assert_eq!(native.call(0, &[1 << 40]).class(), Some("RecursionError"));
    }
    // Also on a small stack.
    std::thread::scope(|s| {
        let t = std::thread::Builder::new().stack_size(1 << 20);
        let handle = t.spawn_scoped(s, || native.call(0, &[1 << 40])).expect("thread");
        assert_eq!(handle.join().expect("no crash").class(), Some("RecursionError"));
    });
    let frames = native.traceback();
    assert_eq!(frames.len(), looplift_abi::ctx::MAX_FRAMES);
    assert!(frames.iter().all(|&l| l == 3));
    let ctx = thread::current_ctx();
    // SAFETY: this thread's context.
    assert!(unsafe { (*ctx).pending.frame_count } > 1000);
}

const LOOP: &str = "function \"spin\" -> i64 {
 source 0 \"f\" \"f.py\":1
 span0 = 0 2:0-2:1
 site0 = propagate
block0(v0: i64, v10: f64):
  v1 = iconst.i64 0
  v11 = fconst.f64 0.0
  jump block1(v1, v11)
block1(v2: i64, v12: f64):
  v4 = icmp slt v2, v0
  brif v4, block2, block3
block2:
  poll -> site0
  v13 = fadd.f64 v12, v10
  v6 = iconst.i64 1
  v7 = iadd.i64 v2, v6
  jump block1(v7, v13)
block3:
  v14 = float_to_sint.i64 v12
  return v14
}
";

unsafe extern "C" fn stop(ctx: *mut Ctx) -> u64 {
    // SAFETY: called with the thread's context.
    unsafe { exceptions::set(ctx, looplift_abi::RtError::NoHook, &[]) }
}

unsafe extern "C" fn go_on(ctx: *mut Ctx) -> u64 {
    // SAFETY: called with the thread's context.
    unsafe { (*ctx).chunk_id += 1 };
    0
}

#[test]
fn polls_stop_loops_and_keep_registers() {
    std::thread::spawn(|| {
        let native = compile(LOOP);
        let ctx = thread::current_ctx();
        // SAFETY: this thread's context; the hooks have the right type.
        let set = |hook| unsafe { (*ctx).poll_hook = Some(hook) };
        set(go_on);
        // Long enough for several ticks; floats live across the polls.
        let n = 400_000_000u64;
        assert_eq!(native.call(0, &[n, 1.0f64.to_bits()]), returns(&[n]));
        // SAFETY: as above.
        assert!(unsafe { (*ctx).chunk_id } >= 1, "the ticker ticks");
        set(stop);
        let start = std::time::Instant::now();
        assert_eq!(native.call(0, &[1 << 60, 1.0f64.to_bits()]).class(), Some("InternalError"));
        assert!(start.elapsed().as_millis() < 2000);
        assert_eq!(native.traceback(), [2]);
        // SAFETY: as above.
        unsafe { (*ctx).interrupt.store(0, Ordering::Relaxed) };
        set(go_on);
    })
    .join()
    .expect("no panic");
}

#[test]
fn a_poll_is_two_instructions_in_the_loop() {
    let opts = CompileOpts { want_asm: true, want_clif: true, ..Default::default() };
    let native = Native::with(&parse(LOOP), &opts).expect("compiles");
    let asm = native.blob.emitted.asm.as_deref().expect("asm");
    assert!(asm.contains("poll_stub"), "{asm}");
    assert!(asm.contains("f.py:2"), "{asm}");
    assert!(!asm.contains("0x7f"), "no address in the text:\n{asm}");
    // No spills, nothing saved: the stub keeps every register.
    let hot: Vec<&str> = asm.lines().take_while(|l| !l.contains("poll_stub")).collect();
    assert!(!hot.iter().any(|l| l.contains("rbx")), "{asm}");
    let body: Vec<&str> = asm.lines().skip_while(|l| !l.contains("vaddsd")).take(1).collect();
    assert!(!body.is_empty() && !body[0].contains("rsp"), "{asm}");
    let clif = native.blob.emitted.clif.as_deref().expect("clif");
    assert!(clif.contains("preserve_all"), "{clif}");
}

const HEAP: &str = "function \"fill\" -> ref, i64 {
 source 0 \"f\" \"f.py\":1
 span0 = 0 2:0-2:1
 site0 = propagate
block0(v0: i64):
  v1 = alloc_zeroed v0 -> site0
  v2 = ref_data v1
  v3 = iconst.i64 77
  store.i64 data v3, v2
  v4 = load.i64 data v2+8
  v5 = iadd.i64 v3, v4
  retain v1
  release v1
  return v1, v5
}
function \"drop\" {
 source 0 \"f\" \"f.py\":1
 span0 = 0 2:0-2:1
block0(v0: ref):
  release v0
  return
}
";

#[test]
fn heap_blocks() {
    let _guard = COUNTERS.lock();
    let before = allocation_stats();
    let native = compile(HEAP);
    let Ending::Return(words) = native.call(0, &[64]) else { panic!("raises") };
    assert_eq!(words[1], 77);
    assert_eq!(words[0] % 64, 0);
    assert_eq!(allocation_stats().allocated, before.allocated + 1);
    assert_eq!(native.call(1, &[words[0]]), returns(&[]));
    assert_eq!(native.call(1, &[0]), returns(&[]));
    assert_eq!(allocation_stats().freed, before.freed + 1);
    assert_eq!(native.call(0, &[1 << 62]).class(), Some("MemoryError"));
    assert_eq!(native.call(0, &[u64::MAX]).class(), Some("ValueError"));
    assert_eq!(native.traceback(), [2]);
}

#[test]
fn memory_rows() {
    let text = "function \"f\" -> i64, i32, i8, f32 {
 source 0 \"f\" \"f.py\":1
 span0 = 0 2:0-2:1
 data0 = bytes 0102030405060708
 data1 = bytes 0000803fff
block0(v0: i64):
  v1 = data_addr.i64 data0
  v2 = load.i64 const v1
  v3 = stack_slot 24
  v4 = iconst.i64 24
  mem_zero v3, v4
  v5 = iconst.i64 8
  mem_copy v3, v1, v5
  v6 = load.i32 data v3+2
  v7 = data_addr.i64 data1
  v8 = load.i8 const v7+4
  v9 = load.f32 const v7
  store.f32 data v9, v3+20
  v10 = load.f32 data v3+20
  v11 = load.i64 data v3+8
  v12 = iadd.i64 v2, v11
  return v12, v6, v8, v10
}
";
    assert_eq!(both(text, 0, &[0]), returns(&[0x0807_0605_0403_0201, 0x0605_0403, 0xff, 0x3f80_0000]));
}

#[test]
fn runtime_symbols_by_the_table() {
    use looplift_abi::symbols::Sym;
    for &sym in Sym::ALL.iter().filter(|s| s.row().is_plain() && s.row().rets.len() == 1) {
        let row = sym.row();
        let params: Vec<String> = row.params.iter().enumerate().map(|(n, p)| format!("v{n}: {}", p.name())).collect();
        let args: Vec<String> = (0..row.params.len()).map(|n| format!("v{n}")).collect();
        let text = format!(
            "function \"f\" -> {} {{\n source 0 \"f\" \"f.py\":1\n span0 = 0 2:0-2:1\nblock0({}):\n  v9 = call_rt {}({})\n  return v9\n}}\n",
            row.rets[0].name(),
            params.join(", "),
            row.name,
            args.join(", ")
        );
        for value in [0.5, 1.25, 3.0] {
            let words: Vec<u64> = row
                .params
                .iter()
                .map(|p| match p {
                    Ty::F64 => f64::to_bits(value),
                    Ty::F32 => u64::from((value as f32).to_bits()),
                    _ => value as u64,
                })
                .collect();
            both(&text, 0, &words);
        }
    }
}

#[test]
fn dropping_blobs_gives_everything_back() {
    let _guard = COUNTERS.lock();
    let funcs = parse(LOOP);
    let resident = || {
        let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
        statm.split(' ').nth(1).and_then(|p| p.parse::<usize>().ok()).unwrap_or(0) * 4096
    };
    for _ in 0..200 {
        drop(Native::new(&funcs).expect("compiles"));
    }
    let (mappings, before, index) = (code_statistics(), resident(), Native::new(&funcs).expect("compiles").blob.index());
    // The whole way for some, mapping and unmapping for many.
    let emitted = Native::new(&funcs).expect("compiles").blob.emitted.clone();
    for n in 0..10_000 {
        let native = if n % 20 == 0 { Native::new(&funcs) } else { Native::link(emitted.clone(), &funcs) }.expect("compiles");
        assert_eq!(native.call(0, &[3, 2.0f64.to_bits()]), returns(&[6]));
    }
    let grown = resident().saturating_sub(before);
    assert!(grown < 4 << 20, "{grown} bytes more");
    // Other tests map and unmap meanwhile.
    assert!(code_statistics().0 < mappings.0 + 64);
    let again = Native::new(&funcs).expect("compiles").blob.index();
    assert!(again < index + 64, "numbers are used again: {again} after {index}");
}

#[test]
fn threads_compile_and_run_at_once() {
    let funcs = parse(TRY);
    std::thread::scope(|s| {
        for _ in 0..4 {
            s.spawn(|| {
                for n in 0..100u64 {
                    let native = Native::new(&funcs).expect("compiles");
                    let expected = if n % 2 == 0 { returns(&[0, 1]) } else { returns(&[33, 0]) };
                    assert_eq!(native.call(1, &[n % 2, 1]), expected);
                }
            });
        }
    });
    assert!(registry::live_blobs() >= 1);
}

#[test]
fn fork_runs_old_and_new_code() {
    // Fork in a process with one thread of its own: the test harness's other threads hold no lock the child needs.
    let native = compile(LOOP);
    native.call(0, &[10, 1.0f64.to_bits()]);
    // SAFETY: the child runs machine code, compiles, and leaves by _exit without unwinding.
    unsafe {
        let pid = libc_fork();
        if pid == 0 {
            let ctx = thread::current_ctx();
            (*ctx).poll_hook = Some(stop);
            let old = native.call(0, &[1 << 60, 1.0f64.to_bits()]).class() == Some("InternalError");
            (*ctx).poll_hook = Some(go_on);
            let new = compile(LOOP).call(0, &[7, 1.0f64.to_bits()]) == returns(&[7]);
            libc::_exit(if old && new { 0 } else { 1 });
        }
        let mut status = 0;
        libc::waitpid(pid, &mut status, 0);
        assert!(libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0, "child: {status}");
    }
}

/// # Safety
/// As `fork`.
unsafe fn libc_fork() -> libc::pid_t {
    // SAFETY: passed on.
    unsafe { libc::fork() }
}

#[test]
fn large_functions_compile_or_are_refused() {
    // A chain of 100,000 additions, and one of 5,000 diamonds.
    let mut f = Function::new("chain");
    f.rets = vec![Ty::I64];
    f.sources.push(Source { name: "f".into(), filename: "f.py".into(), first_line: 1 });
    let span = f.spans.push(Span { line: 1, end_line: 1, col: 0, end_col: 0, source: 0, inlined_at: None });
    let mut b = Builder::new(f, span);
    let entry = b.current();
    let x = b.func.append_param(entry, Ty::I64);
    let y = b.func.append_param(entry, Ty::I64);
    let mut v = x;
    for n in 0..100_000 {
        v = b.binary(if n % 3 == 0 { Opcode::Imul } else { Opcode::Iadd }, v, y);
    }
    b.terminate(Terminator::Return([v].into_iter().collect()));
    let chain = b.finish();

    let mut f = Function::new("blocks");
    f.rets = vec![Ty::I64];
    f.sources = chain.sources.clone();
    let span = f.spans.push(Span { line: 1, end_line: 1, col: 0, end_col: 0, source: 0, inlined_at: None });
    let mut b = Builder::new(f, span);
    let entry = b.current();
    let x = b.func.append_param(entry, Ty::I64);
    let y = b.func.append_param(entry, Ty::I64);
    let mut v = x;
    for n in 0..5_000 {
        let (then, join) = (b.block(), b.block());
        let p = b.func.append_param(join, Ty::I64);
        let k = b.iconst(Ty::I64, n);
        let c = b.icmp(IntCC::Slt, v, k);
        b.brif(c, build::call(then, &[]), build::call(join, &[v]));
        b.switch_to(then);
        let w = b.binary(Opcode::Iadd, v, y);
        b.jump(join, &[w]);
        b.switch_to(join);
        v = p;
    }
    b.terminate(Terminator::Return([v].into_iter().collect()));
    let blocks = b.finish();
    for f in [chain, blocks] {
        let funcs = [f];
        let args = [3, 5];
        let got = Native::new(&funcs).expect("compiles").call(0, &args);
        assert_eq!(got, interpret(&funcs, 0, &args, 1_000_000).expect("runs"));
    }
}

#[test]
fn faults_are_errors() {
    let no_value = "function \"f\" -> i64 {\n source 0 \"f\" \"f.py\":1\n span0 = 0 2:0-2:1\nblock0(v0: i64):\n  jump block1\nblock1:\n  v2 = iadd.i64 v1, v0\n  v1 = iadd.i64 v0, v0\n  return v2\n}\n";
    let funcs = parse_functions(no_value).expect("parses");
    let e = Native::new(&funcs).expect_err("use before definition");
    assert!(e.contains("before its definition"), "{e}");
    let frame = "function \"f\" -> i64 {\n source 0 \"f\" \"f.py\":1\n span0 = 0 2:0-2:1\nblock0(v0: i64):\n  v1 = stack_slot 1000000\n  return v1\n}\n";
    let e = Native::new(&parse_functions(frame).expect("parses")).expect_err("frame too large");
    assert!(e.contains("too large"), "{e}");
    let unknown = "function \"f\" {\n source 0 \"f\" \"f.py\":1\n span0 = 0 2:0-2:1\n site0 = propagate\n fn0 = 9 \"g\" ()\nblock0:\n  call fn0() -> site0\n  return\n}\n";
    let e = Native::new(&parse_functions(unknown).expect("parses")).expect_err("no such callee");
    assert!(e.contains("Callee(9)"), "{e}");
}

#[test]
fn profilers_get_names() {
    let emitted = Native::new(&parse(LOOP)).expect("compiles").blob.emitted.clone();
    let native = Native::link_with(emitted, &parse(LOOP), &CompileOpts { perf: true, ..Default::default() }).expect("links");
    let path = format!("/tmp/perf-{}.map", std::process::id());
    let map = std::fs::read_to_string(&path).expect("the map");
    let address = native.blob.address(0).expect("an address");
    assert!(map.lines().any(|l| l.starts_with(&format!("{address:x} ")) && l.ends_with("looplift::spin")), "{map}");
    std::fs::remove_file(path).expect("removed");
}
