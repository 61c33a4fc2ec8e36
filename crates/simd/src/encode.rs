//! Machine code of the instructions that kernels use: vectors in both encodings (EVEX and VEX), masks, and the few scalar
//! instructions of a loop.
//!
//! Encodings from Intel's Software Developer's Manual, volume 2. Jumps and loads from the constant pool are resolved by
//! [`Asm::finish`].

use smallvec::SmallVec;

/// A general register by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Gpr(pub u8);

impl Gpr {
    pub const RAX: Gpr = Gpr(0);
    pub const RCX: Gpr = Gpr(1);
    pub const RDX: Gpr = Gpr(2);
    pub const RBX: Gpr = Gpr(3);
    pub const RSP: Gpr = Gpr(4);
    pub const RBP: Gpr = Gpr(5);
    pub const RSI: Gpr = Gpr(6);
    pub const RDI: Gpr = Gpr(7);
    pub const R8: Gpr = Gpr(8);
    pub const R9: Gpr = Gpr(9);
    pub const R10: Gpr = Gpr(10);
    pub const R11: Gpr = Gpr(11);
    pub const R12: Gpr = Gpr(12);
    pub const R13: Gpr = Gpr(13);
    pub const R14: Gpr = Gpr(14);
    pub const R15: Gpr = Gpr(15);
}

/// A vector register by number, 0 to 31 (VEX: to 15); the instruction says how wide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Vector(pub u8);

/// A mask register, 0 to 7.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Mask(pub u8);

/// Bytes of a vector operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Width {
    B16,
    B32,
    B64,
}

impl Width {
    /// The narrowest register that holds so many bytes.
    pub fn of(bytes: u32) -> Width {
        match bytes {
            0..=16 => Width::B16,
            17..=32 => Width::B32,
            _ => Width::B64,
        }
    }
    fn bits(self) -> u8 {
        match self {
            Width::B16 => 0,
            Width::B32 => 1,
            Width::B64 => 2,
        }
    }
    pub fn bytes(self) -> u32 {
        16 << self.bits()
    }
}

/// Mandatory prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pp {
    None = 0,
    P66 = 1,
    PF3 = 2,
    PF2 = 3,
}

/// Opcode map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Map {
    M0F = 1,
    M0F38 = 2,
    M0F3A = 3,
}

/// An instruction without operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inst {
    pub pp: Pp,
    pub map: Map,
    pub w: bool,
    pub opcode: u8,
}

/// A place in memory.
#[derive(Clone, Copy, Debug)]
pub enum Mem {
    /// base + index * scale + displacement.
    At { base: Gpr, index: Option<(Gpr, u8)>, disp: i32 },
    /// A constant of the pool, by its offset.
    Pool(u32),
}

/// The operand that a ModRM byte may name.
#[derive(Clone, Copy, Debug)]
pub enum Rm {
    Vec(Vector),
    Mask(Mask),
    Gpr(Gpr),
    /// With the unit in which an eight-bit displacement counts (EVEX).
    Mem(Mem, u32),
}

/// Which lanes an instruction writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lanes {
    All,
    /// Those of the mask; the others keep what they had.
    Merge(Mask),
    /// Those of the mask; the others become zero.
    Zero(Mask),
}

/// A position in the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label(usize);

#[derive(Debug, Default)]
pub struct Asm {
    code: Vec<u8>,
    labels: Vec<Option<u32>>,
    /// Four-byte fields that hold a distance: (where, to which label).
    jumps: Vec<(u32, Label)>,
    /// (where, offset in the pool, bytes of the instruction that follow the field).
    pool_uses: Vec<(u32, u32, u32)>,
    pool: Vec<u8>,
}

/// Finished machine code: the constants, then the instructions.
#[derive(Clone, Debug)]
pub struct Code {
    pub bytes: Vec<u8>,
    /// Where the first instruction is.
    pub entry: u32,
}

const ALIGN: usize = 64;

/// No-operations of one to nine bytes.
const NOPS: [[u8; 9]; 9] = [
    [0x90, 0, 0, 0, 0, 0, 0, 0, 0],
    [0x66, 0x90, 0, 0, 0, 0, 0, 0, 0],
    [0x0f, 0x1f, 0, 0, 0, 0, 0, 0, 0],
    [0x0f, 0x1f, 0x40, 0, 0, 0, 0, 0, 0],
    [0x0f, 0x1f, 0x44, 0, 0, 0, 0, 0, 0],
    [0x66, 0x0f, 0x1f, 0x44, 0, 0, 0, 0, 0],
    [0x0f, 0x1f, 0x80, 0, 0, 0, 0, 0, 0],
    [0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0, 0],
    [0x66, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0],
];

impl Asm {
    pub fn label(&mut self) -> Label {
        self.labels.push(None);
        Label(self.labels.len() - 1)
    }
    pub fn bind(&mut self, label: Label) {
        self.labels[label.0] = Some(self.code.len() as u32);
    }
    /// Pads with no-operations, for the head of a loop: they run once.
    pub fn align(&mut self, to: usize) {
        let mut missing = self.code.len().next_multiple_of(to) - self.code.len();
        while missing > 0 {
            let n = missing.min(NOPS.len());
            self.code.extend_from_slice(&NOPS[n - 1][..n]);
            missing -= n;
        }
    }
    fn byte(&mut self, b: u8) {
        self.code.push(b);
    }

    /// The constant's place in the pool: bits of 4 or 8 bytes.
    pub fn constant(&mut self, bits: u64, bytes: u32) -> Mem {
        let wanted = &bits.to_le_bytes()[..bytes as usize];
        let found = self.pool.chunks_exact(bytes as usize).position(|c| c == wanted);
        let at = match found {
            Some(n) => n * bytes as usize,
            None => {
                self.pool.resize(self.pool.len().next_multiple_of(bytes as usize), 0);
                self.pool.extend_from_slice(wanted);
                self.pool.len() - bytes as usize
            }
        };
        Mem::Pool(at as u32)
    }
    /// Bytes of a whole vector in the pool.
    pub fn vector_constant(&mut self, bytes: &[u8]) -> Mem {
        if let Some(n) = self.pool.chunks_exact(bytes.len().max(1)).position(|c| c == bytes) {
            return Mem::Pool((n * bytes.len()) as u32);
        }
        self.pool.resize(self.pool.len().next_multiple_of(bytes.len().max(1)), 0);
        self.pool.extend_from_slice(bytes);
        Mem::Pool((self.pool.len() - bytes.len()) as u32)
    }

    /// `inst reg, vvvv, rm [, imm]`.
    pub fn evex(&mut self, inst: Inst, width: Width, reg: u8, vvvv: u8, rm: Rm, lanes: Lanes, imm: Option<u8>) {
        let (rm_bits, x_bit) = match rm {
            Rm::Vec(v) => (v.0, v.0 >> 4 & 1),
            Rm::Mask(m) => (m.0, 0),
            Rm::Gpr(g) => (g.0, 0),
            Rm::Mem(Mem::At { base, index, .. }, _) => (base.0, index.map_or(0, |(g, _)| g.0 >> 3)),
            Rm::Mem(Mem::Pool(_), _) => (5, 0),
        };
        let (mask, zero) = match lanes {
            Lanes::All => (0, 0),
            Lanes::Merge(k) => (k.0, 0),
            Lanes::Zero(k) => (k.0, 1),
        };
        let not = |bit: u8| (bit & 1) ^ 1;
        self.byte(0x62);
        self.byte(not(reg >> 3) << 7 | not(x_bit) << 6 | not(rm_bits >> 3) << 5 | not(reg >> 4) << 4 | inst.map as u8);
        self.byte(u8::from(inst.w) << 7 | (!vvvv & 15) << 3 | 1 << 2 | inst.pp as u8);
        self.byte(zero << 7 | width.bits() << 5 | not(vvvv >> 4) << 3 | mask);
        self.byte(inst.opcode);
        self.modrm(reg, rm, u32::from(imm.is_some()));
        if let Some(imm) = imm {
            self.byte(imm);
        }
    }

    /// ModRM, SIB and displacement; `after` bytes of the instruction follow.
    fn modrm(&mut self, reg: u8, rm: Rm, after: u32) {
        let reg = (reg & 7) << 3;
        let (mem, unit) = match rm {
            Rm::Vec(Vector(n)) | Rm::Mask(Mask(n)) | Rm::Gpr(Gpr(n)) => return self.byte(0xc0 | reg | n & 7),
            Rm::Mem(mem, unit) => (mem, unit),
        };
        match mem {
            Mem::Pool(at) => {
                self.byte(reg | 5);
                self.pool_uses.push((self.code.len() as u32, at, after));
                self.code.extend_from_slice(&[0; 4]);
            }
            Mem::At { base, index, disp } => {
                let short = i8::try_from(disp / unit as i32).ok().filter(|_| disp % unit as i32 == 0);
                // Without a displacement, base 5 would mean another form.
                let mode = match (disp, short) {
                    (0, _) if base.0 & 7 != 5 => 0,
                    (_, Some(_)) => 1,
                    (_, None) => 2,
                };
                match index {
                    None if base.0 & 7 != 4 => self.byte(mode << 6 | reg | base.0 & 7),
                    None => {
                        self.byte(mode << 6 | reg | 4);
                        self.byte(4 << 3 | 4);
                    }
                    Some((g, scale)) => {
                        self.byte(mode << 6 | reg | 4);
                        self.byte((scale.trailing_zeros() as u8) << 6 | (g.0 & 7) << 3 | base.0 & 7);
                    }
                }
                match (mode, short) {
                    (0, _) => {}
                    (1, Some(d)) => self.byte(d as u8),
                    _ => self.code.extend_from_slice(&disp.to_le_bytes()),
                }
            }
        }
    }

    /// The VEX form of `inst reg, vvvv, rm [, imm]`, of registers below 16. `l` is the bit of length: 256 bits.
    pub fn vex(&mut self, inst: Inst, l: u8, reg: u8, vvvv: u8, rm: Rm, imm: Option<u8>) {
        let (rm, base, index) = match rm {
            Rm::Vec(Vector(n)) | Rm::Mask(Mask(n)) | Rm::Gpr(Gpr(n)) => (rm, n, 0),
            Rm::Mem(mem @ Mem::At { base, index, .. }, _) => (Rm::Mem(mem, 1), base.0, index.map_or(0, |(g, _)| g.0)),
            Rm::Mem(mem @ Mem::Pool(_), _) => (Rm::Mem(mem, 1), 5, 0),
        };
        let not = |bit: u8| (bit & 1) ^ 1;
        let rest = (!vvvv & 15) << 3 | l << 2 | inst.pp as u8;
        if inst.map == Map::M0F && !inst.w && base < 8 && index < 8 {
            self.byte(0xc5);
            self.byte(not(reg >> 3) << 7 | rest);
        } else {
            self.byte(0xc4);
            self.byte(not(reg >> 3) << 7 | not(index >> 3) << 6 | not(base >> 3) << 5 | inst.map as u8);
            self.byte(u8::from(inst.w) << 7 | rest);
        }
        self.byte(inst.opcode);
        self.modrm(reg, rm, u32::from(imm.is_some()));
        if let Some(imm) = imm {
            self.byte(imm);
        }
    }

    fn rex_w(&mut self, reg: u8, index: u8, base: u8) {
        self.byte(0x48 | (reg >> 3) << 2 | (index >> 3) << 1 | base >> 3);
    }
    /// `mov reg, [base + disp]`, 64 bits.
    pub fn load(&mut self, reg: Gpr, base: Gpr, disp: i32) {
        self.rex_w(reg.0, 0, base.0);
        self.byte(0x8b);
        self.modrm(reg.0, Rm::Mem(Mem::At { base, index: None, disp }, 1), 0);
    }
    /// `add reg, imm`, 64 bits.
    pub fn add(&mut self, reg: Gpr, imm: i32) {
        self.rex_w(0, 0, reg.0);
        self.byte(0x81);
        self.byte(0xc0 | reg.0 & 7);
        self.code.extend_from_slice(&imm.to_le_bytes());
    }
    /// `lea reg, [base + disp]`.
    pub fn lea(&mut self, reg: Gpr, base: Gpr, disp: i32) {
        self.rex_w(reg.0, 0, base.0);
        self.byte(0x8d);
        self.modrm(reg.0, Rm::Mem(Mem::At { base, index: None, disp }, 1), 0);
    }
    /// The address of a place in the pool.
    pub fn lea_pool(&mut self, reg: Gpr, place: Mem) {
        self.rex_w(reg.0, 0, 0);
        self.byte(0x8d);
        self.modrm(reg.0, Rm::Mem(place, 1), 0);
    }
    /// `neg reg`, 64 bits.
    pub fn neg(&mut self, reg: Gpr) {
        self.rex_w(0, 0, reg.0);
        self.byte(0xf7);
        self.byte(0xc0 | 3 << 3 | reg.0 & 7);
    }
    /// `op reg, rm`, 64 bits, by the opcode of the form `r, r/m`.
    fn alu(&mut self, opcode: u8, reg: Gpr, rm: Gpr) {
        self.rex_w(reg.0, 0, rm.0);
        self.byte(opcode);
        self.byte(0xc0 | (reg.0 & 7) << 3 | rm.0 & 7);
    }
    pub fn mov(&mut self, to: Gpr, from: Gpr) {
        self.alu(0x8b, to, from);
    }
    pub fn plus(&mut self, a: Gpr, b: Gpr) {
        self.alu(0x03, a, b);
    }
    pub fn sub(&mut self, a: Gpr, b: Gpr) {
        self.alu(0x2b, a, b);
    }
    pub fn cmp(&mut self, a: Gpr, b: Gpr) {
        self.alu(0x3b, a, b);
    }
    /// `xor reg, reg`, 32 bits: zero.
    pub fn zero(&mut self, reg: Gpr) {
        if reg.0 >= 8 {
            self.byte(0x45);
        }
        self.byte(0x31);
        self.byte(0xc0 | (reg.0 & 7) << 3 | reg.0 & 7);
    }
    /// `mov reg, imm`, 32 bits, zero-extended.
    pub fn mov_imm(&mut self, reg: Gpr, imm: u32) {
        if reg.0 >= 8 {
            self.byte(0x41);
        }
        self.byte(0xb8 | reg.0 & 7);
        self.code.extend_from_slice(&imm.to_le_bytes());
    }
    /// Ones in the low bits, so many (up to 32, or 64) of them.
    pub fn low_bits(&mut self, reg: Gpr, bits: u32) {
        if bits <= 32 {
            return self.mov_imm(reg, ((1u64 << bits) - 1) as u32);
        }
        self.rex_w(0, 0, reg.0);
        self.byte(0xc7);
        self.byte(0xc0 | reg.0 & 7);
        self.code.extend_from_slice(&[0xff; 4]);
    }
    /// One element of `size` bytes (1 or 2) from memory, zero-extended.
    pub fn load_narrow(&mut self, reg: Gpr, mem: Mem, size: u32) {
        self.rex_of(reg, mem);
        self.byte(0x0f);
        self.byte(if size == 1 { 0xb6 } else { 0xb7 });
        self.modrm(reg.0, Rm::Mem(mem, 1), 0);
    }
    /// The low byte, or two, to memory; of one of the first four registers.
    pub fn store_narrow(&mut self, reg: Gpr, mem: Mem, size: u32) {
        if size == 2 {
            self.byte(0x66);
        }
        self.rex_of(reg, mem);
        self.byte(if size == 1 { 0x88 } else { 0x89 });
        self.modrm(reg.0, Rm::Mem(mem, 1), 0);
    }
    /// The prefix for registers from 8 on, 32 bits or fewer.
    fn rex_of(&mut self, reg: Gpr, mem: Mem) {
        if let Mem::At { base, index, .. } = mem {
            let bits = (reg.0 >> 3) << 2 | index.map_or(0, |(g, _)| g.0 >> 3) << 1 | base.0 >> 3;
            if bits != 0 {
                self.byte(0x40 | bits);
            }
        }
    }
    /// `inc reg`, 64 bits.
    pub fn inc(&mut self, reg: Gpr) {
        self.rex_w(0, 0, reg.0);
        self.byte(0xff);
        self.byte(0xc0 | reg.0 & 7);
    }
    /// `mov [base + disp], reg`, 64 bits.
    pub fn store(&mut self, reg: Gpr, base: Gpr, disp: i32) {
        self.rex_w(reg.0, 0, base.0);
        self.byte(0x89);
        self.modrm(reg.0, Rm::Mem(Mem::At { base, index: None, disp }, 1), 0);
    }
    pub fn push(&mut self, reg: Gpr) {
        if reg.0 >= 8 {
            self.byte(0x41);
        }
        self.byte(0x50 | reg.0 & 7);
    }
    pub fn pop(&mut self, reg: Gpr) {
        if reg.0 >= 8 {
            self.byte(0x41);
        }
        self.byte(0x58 | reg.0 & 7);
    }
    /// Jump if the last comparison said less or equal (signed).
    pub fn jle(&mut self, to: Label) {
        self.jump(0x8e, to);
    }
    /// Jump if the last comparison said greater (signed).
    pub fn jg(&mut self, to: Label) {
        self.jump(0x8f, to);
    }
    /// Jump if the last result was not zero.
    pub fn jnz(&mut self, to: Label) {
        self.jump(0x85, to);
    }
    /// Jump if the last comparison said less (signed).
    pub fn jl(&mut self, to: Label) {
        self.jump(0x8c, to);
    }
    pub fn jmp(&mut self, to: Label) {
        self.byte(0xe9);
        self.jumps.push((self.code.len() as u32, to));
        self.code.extend_from_slice(&[0; 4]);
    }
    /// `imul reg, rm`, 64 bits.
    pub fn multiply(&mut self, reg: Gpr, rm: Gpr) {
        self.rex_w(reg.0, 0, rm.0);
        self.byte(0x0f);
        self.byte(0xaf);
        self.byte(0xc0 | (reg.0 & 7) << 3 | rm.0 & 7);
    }
    /// `imul reg, rm, imm`, 64 bits.
    pub fn multiply_by(&mut self, reg: Gpr, rm: Gpr, imm: i32) {
        self.rex_w(reg.0, 0, rm.0);
        self.byte(0x69);
        self.byte(0xc0 | (reg.0 & 7) << 3 | rm.0 & 7);
        self.code.extend_from_slice(&imm.to_le_bytes());
    }
    /// `lea reg, [base + index * scale]`.
    pub fn lea_at(&mut self, reg: Gpr, base: Gpr, index: Gpr, scale: u8) {
        self.rex_w(reg.0, index.0, base.0);
        self.byte(0x8d);
        self.modrm(reg.0, Rm::Mem(Mem::At { base, index: Some((index, scale)), disp: 0 }, 1), 0);
    }
    /// `mov reg, imm`, sign-extended.
    pub fn mov_signed(&mut self, reg: Gpr, imm: i32) {
        self.rex_w(0, 0, reg.0);
        self.byte(0xc7);
        self.byte(0xc0 | reg.0 & 7);
        self.code.extend_from_slice(&imm.to_le_bytes());
    }
    /// Jump if the last result was zero.
    pub fn jz(&mut self, to: Label) {
        self.jump(0x84, to);
    }
    /// One element of any size from memory, zero-extended.
    pub fn load_element(&mut self, reg: Gpr, mem: Mem, size: u32) {
        match size {
            1 | 2 => self.load_narrow(reg, mem, size),
            _ => self.wide_move(0x8b, reg, mem, size),
        }
    }
    /// One element to memory; of a register from 8 on.
    pub fn store_element(&mut self, reg: Gpr, mem: Mem, size: u32) {
        match size {
            1 | 2 => self.store_narrow(reg, mem, size),
            _ => self.wide_move(0x89, reg, mem, size),
        }
    }
    fn wide_move(&mut self, opcode: u8, reg: Gpr, mem: Mem, size: u32) {
        match mem {
            Mem::At { base, index, .. } if size == 8 => self.rex_w(reg.0, index.map_or(0, |(g, _)| g.0), base.0),
            _ => self.rex_of(reg, mem),
        }
        self.byte(opcode);
        self.modrm(reg.0, Rm::Mem(mem, 1), 0);
    }
    /// Calls a place in this code.
    pub fn call(&mut self, to: Label) {
        self.byte(0xe8);
        self.jumps.push((self.code.len() as u32, to));
        self.code.extend_from_slice(&[0; 4]);
    }
    /// Calls the function whose address is at `[base + disp]`.
    pub fn call_at(&mut self, base: Gpr, disp: i32) {
        self.rex_w(2, 0, base.0);
        self.byte(0xff);
        self.modrm(2, Rm::Mem(Mem::At { base, index: None, disp }, 1), 0);
    }
    pub fn ret(&mut self) {
        self.byte(0xc3);
    }
    /// `and reg, imm`, 64 bits.
    pub fn and_imm(&mut self, reg: Gpr, imm: i8) {
        self.rex_w(0, 0, reg.0);
        self.byte(0x83);
        self.byte(0xc0 | 4 << 3 | reg.0 & 7);
        self.byte(imm as u8);
    }
    /// `and a, b`, 64 bits; sets the flags.
    pub fn and(&mut self, a: Gpr, b: Gpr) {
        self.alu(0x23, a, b);
    }
    /// The number of the lowest bit that is set.
    pub fn lowest_bit(&mut self, to: Gpr, of: Gpr) {
        self.rex_w(to.0, 0, of.0);
        self.byte(0x0f);
        self.byte(0xbc);
        self.byte(0xc0 | (to.0 & 7) << 3 | of.0 & 7);
    }
    /// `vzeroupper`
    pub fn zero_upper(&mut self) {
        self.code.extend_from_slice(&[0xc5, 0xf8, 0x77]);
    }
    fn jump(&mut self, opcode: u8, to: Label) {
        self.byte(0x0f);
        self.byte(opcode);
        self.jumps.push((self.code.len() as u32, to));
        self.code.extend_from_slice(&[0; 4]);
    }
    /// `vzeroupper; ret`.
    pub fn leave(&mut self) {
        self.code.extend_from_slice(&[0xc5, 0xf8, 0x77, 0xc3]);
    }

    /// Puts the pool in front of the code and fills distances in.
    pub fn finish(mut self) -> Code {
        for (at, label) in &self.jumps {
            let target = self.labels[label.0].unwrap_or(0);
            let distance = target.wrapping_sub(at + 4) as i32;
            self.code[*at as usize..][..4].copy_from_slice(&distance.to_le_bytes());
        }
        let entry = self.pool.len().next_multiple_of(ALIGN) as u32;
        for (at, offset, after) in &self.pool_uses {
            let distance = (i64::from(*offset) - i64::from(entry + at + 4 + after)) as i32;
            self.code[*at as usize..][..4].copy_from_slice(&distance.to_le_bytes());
        }
        let mut bytes = self.pool;
        bytes.resize(entry as usize, 0);
        bytes.append(&mut self.code);
        Code { bytes, entry }
    }
}

/// Registers that a C function saves for its caller, of those that kernels use.
pub const CALLEE_SAVED: [Gpr; 5] = [Gpr::RBX, Gpr::R12, Gpr::R13, Gpr::R14, Gpr::R15];

/// Those in which the first pointers come.
pub const PASSED: [Gpr; 3] = [Gpr::RSI, Gpr::R8, Gpr::R9];

/// Where pointers are kept, cheapest first.
pub fn pointer_registers() -> SmallVec<[Gpr; 10]> {
    [Gpr::RSI, Gpr::R8, Gpr::R9, Gpr::R10, Gpr::R11].into_iter().chain(CALLEE_SAVED).collect()
}
