//! What the encoder writes, read back by a disassembler.

use iced_x86::{Decoder, DecoderOptions, Formatter, IntelFormatter};
use looplift_simd::encode::{Asm, Gpr, Inst, Lanes, Map, Mask, Mem, Pp, Rm, Vector, Width};

fn text(emit: impl FnOnce(&mut Asm)) -> String {
    let mut asm = Asm::default();
    emit(&mut asm);
    let code = asm.finish();
    let bytes = &code.bytes[code.entry as usize..];
    let mut out = Vec::new();
    let mut formatter = IntelFormatter::new();
    formatter.options_mut().set_space_after_operand_separator(true);
    for i in Decoder::with_ip(64, bytes, 0, DecoderOptions::NONE).into_iter() {
        assert!(!i.is_invalid(), "{bytes:02x?}");
        let mut line = String::new();
        formatter.format(&i, &mut line);
        out.push(line);
    }
    out.join("; ")
}

const ADD: Inst = Inst { pp: Pp::P66, map: Map::M0F, w: true, opcode: 0x58 };
const LOAD: Inst = Inst { pp: Pp::P66, map: Map::M0F, w: true, opcode: 0x10 };
const COMPARE: Inst = Inst { pp: Pp::P66, map: Map::M0F, w: true, opcode: 0xc2 };

#[test]
fn registers_of_all_numbers() {
    for (a, b, c) in [(0, 1, 2), (7, 8, 15), (16, 17, 31), (31, 0, 16), (8, 24, 9)] {
        let got = text(|asm| asm.evex(ADD, Width::B64, a, b, Rm::Vec(Vector(c)), Lanes::All, None));
        assert_eq!(got, format!("vaddpd zmm{a}, zmm{b}, zmm{c}"));
    }
    let got = text(|asm| asm.evex(ADD, Width::B32, 1, 2, Rm::Vec(Vector(3)), Lanes::Zero(Mask(3)), None));
    assert_eq!(got, "vaddpd ymm1{k3}{z}, ymm2, ymm3");
    let got = text(|asm| asm.evex(COMPARE, Width::B64, 5, 20, Rm::Vec(Vector(30)), Lanes::All, Some(17)));
    assert_eq!(got, "vcmplt_oqpd k5, zmm20, zmm30");
}

#[test]
fn memory_operands() {
    let registers = [(Gpr::RSI, "rsi"), (Gpr::RDI, "rdi"), (Gpr::R8, "r8"), (Gpr::R12, "r12"), (Gpr::R13, "r13"), (Gpr::RBX, "rbx")];
    for (base, name) in registers {
        for (disp, shown) in [(0, ""), (64, "+40h"), (-128, "-80h"), (8, "+8"), (4096 * 64, "+40000h")] {
            let mem = Mem::At { base, index: Some((Gpr::RAX, 8)), disp };
            let got = text(|asm| asm.evex(LOAD, Width::B64, 9, 0, Rm::Mem(mem, 64), Lanes::All, None));
            assert_eq!(got, format!("vmovupd zmm9, [{name}+rax*8{shown}]"));
            let mem = Mem::At { base, index: None, disp };
            let got = text(|asm| asm.evex(LOAD, Width::B32, 17, 0, Rm::Mem(mem, 32), Lanes::Merge(Mask(1)), None));
            assert_eq!(got, format!("vmovupd ymm17{{k1}}, [{name}{shown}]"));
            let got = text(|asm| asm.load(Gpr::R11, base, disp));
            assert_eq!(got, format!("mov r11, [{name}{shown}]"));
        }
    }
}

#[test]
fn constants_stand_before_the_code() {
    let mut asm = Asm::default();
    let one = asm.constant(1.0f64.to_bits(), 8);
    asm.evex(LOAD, Width::B64, 0, 0, Rm::Mem(one, 64), Lanes::All, None);
    asm.leave();
    let code = asm.finish();
    let first = Decoder::with_ip(64, &code.bytes[code.entry as usize..], u64::from(code.entry), DecoderOptions::NONE).into_iter().next().unwrap();
    let at = first.memory_displacement64() as usize;
    assert_eq!(code.bytes[at..at + 8], 1.0f64.to_le_bytes());
}

#[test]
fn jumps() {
    let got = text(|asm| {
        let top = asm.label();
        asm.bind(top);
        asm.add(Gpr::RAX, 16);
        asm.cmp(Gpr::RAX, Gpr::RCX);
        asm.jle(top);
        asm.leave();
    });
    assert_eq!(got, "add rax, 10h; cmp rax, rcx; jle 0; vzeroupper; ret");
}

#[test]
fn short_and_long_vex() {
    const ADD: Inst = Inst { pp: Pp::P66, map: Map::M0F, w: false, opcode: 0x58 };
    const FMA: Inst = Inst { pp: Pp::P66, map: Map::M0F38, w: true, opcode: 0xa8 };
    const BLEND: Inst = Inst { pp: Pp::P66, map: Map::M0F3A, w: false, opcode: 0x4b };
    for (a, b, c) in [(0, 1, 2), (7, 8, 15), (15, 14, 3), (9, 0, 8)] {
        let got = text(|asm| asm.vex(ADD, 1, a, b, Rm::Vec(Vector(c)), None));
        assert_eq!(got, format!("vaddpd ymm{a}, ymm{b}, ymm{c}"));
        let got = text(|asm| asm.vex(ADD, 0, a, b, Rm::Vec(Vector(c)), None));
        assert_eq!(got, format!("vaddpd xmm{a}, xmm{b}, xmm{c}"));
        let got = text(|asm| asm.vex(FMA, 1, a, b, Rm::Vec(Vector(c)), None));
        assert_eq!(got, format!("vfmadd213pd ymm{a}, ymm{b}, ymm{c}"));
        let got = text(|asm| asm.vex(BLEND, 1, a, b, Rm::Vec(Vector(c)), Some(13 << 4)));
        assert_eq!(got, format!("vblendvpd ymm{a}, ymm{b}, ymm{c}, ymm13"));
    }
    let registers = [(Gpr::RSI, "rsi"), (Gpr::R8, "r8"), (Gpr::R12, "r12"), (Gpr::R13, "r13"), (Gpr::RDX, "rdx")];
    for (base, name) in registers {
        for (index, index_name) in [(Gpr::RAX, "rax"), (Gpr::R11, "r11")] {
            for (disp, shown) in [(0, ""), (64, "+40h"), (-128, "-80h"), (1, "+1"), (4096, "+1000h")] {
                let mem = Mem::At { base, index: Some((index, 8)), disp };
                let got = text(|asm| asm.vex(LOAD, 1, 9, 0, Rm::Mem(mem, 64), None));
                assert_eq!(got, format!("vmovupd ymm9, [{name}+{index_name}*8{shown}]"));
            }
        }
    }
    let got = text(|asm| {
        let (top, far) = (asm.label(), Mem::At { base: Gpr::R9, index: Some((Gpr::R10, 2)), disp: 6 });
        let near = Mem::At { base: Gpr::RSP, index: Some((Gpr::RCX, 1)), disp: -64 };
        asm.bind(top);
        asm.neg(Gpr::RCX);
        asm.load_narrow(Gpr::RDX, far, 2);
        asm.store_narrow(Gpr::RDX, near, 2);
        asm.load_narrow(Gpr::RDX, near, 1);
        asm.store_narrow(Gpr::RDX, far, 1);
        asm.inc(Gpr::R9);
        asm.jnz(top);
        asm.plus(Gpr::RAX, Gpr::R8);
        asm.store(Gpr::RCX, Gpr::RSP, -8);
        asm.low_bits(Gpr::R11, 64);
        asm.low_bits(Gpr::R11, 32);
        asm.leave();
    });
    let want = [
        "neg rcx; movzx edx, word ptr [r9+r10*2+6]; mov [rsp+rcx-40h], dx; movzx edx, byte ptr [rsp+rcx-40h]; mov [r9+r10*2+6], dl",
        "inc r9; jne 0; add rax, r8; mov [rsp-8], rcx; mov r11, 0FFFFFFFFFFFFFFFFh; mov r11d, 0FFFFFFFFh; vzeroupper; ret",
    ];
    assert_eq!(got, want.join("; "));
}

#[test]
fn padding_is_few_instructions() {
    for before in 0..32 {
        let got = text(|asm| {
            (0..before).for_each(|_| asm.push(Gpr::RAX));
            asm.align(32);
            asm.leave();
        });
        let nops = got.matches("nop").count();
        assert!(nops <= 4 && got.ends_with("vzeroupper; ret"), "{got}");
    }
}
