// Which elements there are, where they lie, and how their bits are read and written. Buffers are words.

// What an op reads or writes. The host mirrors it as `Operand`.
struct Operand {
    // In elements, of the four axes of the result; 0 repeats.
    strides: vec4<u32>,
    // In bytes, a multiple of the element's size.
    offset: u32,
    // CONSTANT for an operand without a buffer.
    dtype: u32,
    // Elements have 1, 2 or 4 bytes, of a copy also 8: 2 to the power of this.
    size_log2: u32,
    // The value of a CONSTANT.
    constant: u32,
}

// The host mirrors it as `Params`.
struct Params {
    // Of the result, with leading extents of 1.
    shape: vec4<u32>,
    to: Operand,
    x: Operand,
    y: Operand,
    z: Operand,
    // Elements of the result; one thread each.
    count: u32,
    // Threads of a row of workgroups: their grid has two dimensions, because each is limited.
    row: u32,
    // Which function of the family.
    f: u32,
    // When the op is one on integers: SIGNED in i32, UNSIGNED in u32. Else 0.
    integer: u32,
    // What is summed over: how many steps, and how far one goes in x and in y, in elements.
    steps: u32,
    x_step: u32,
    y_step: u32,
    // The dtype that sums are rounded to.
    acc: u32,
}

@group(0) @binding(0) var<storage, read> x_words: array<u32>;
@group(0) @binding(1) var<storage, read> y_words: array<u32>;
@group(0) @binding(2) var<storage, read> z_words: array<u32>;
// Atomic, because the elements of one word may be written by several threads or devices at a time.
@group(0) @binding(3) var<storage, read_write> to_words: array<atomic<u32>>;
@group(0) @binding(4) var<uniform> params: Params;

const WORKGROUP: u32 = 64u;
const SIGNED: u32 = 1u;
const UNSIGNED: u32 = 2u;

// The number of this thread's element; there are more threads than elements.
fn element_of(group: vec3<u32>, thread: u32) -> u32 {
    return group.y * params.row + group.x * WORKGROUP + thread;
}

// The index of an element in each axis.
fn place_of(element: u32) -> vec4<u32> {
    let shape = params.shape;
    let row = element / shape.w;
    let plane = row / shape.z;
    return vec4<u32>(plane / shape.y, plane % shape.y, row % shape.z, element % shape.w);
}

// In bytes.
fn address(view: Operand, place: vec4<u32>) -> u32 {
    let products = view.strides * place;
    return view.offset + ((products.x + products.y + products.z + products.w) << view.size_log2);
}

// The bits of an element in its word.
fn mask_of(size_log2: u32) -> u32 {
    return 0xffffffffu >> (32u - (8u << size_log2));
}

fn shift_of(at: u32) -> u32 {
    return (at & 3u) * 8u;
}

fn code_in(word: u32, at: u32, size_log2: u32) -> u32 {
    return (word >> shift_of(at)) & mask_of(size_log2);
}

fn x_code(at: u32) -> u32 {
    return code_in(x_words[at >> 2u], at, params.x.size_log2);
}

fn y_code(at: u32) -> u32 {
    return code_in(y_words[at >> 2u], at, params.y.size_log2);
}

fn z_code(at: u32) -> u32 {
    return code_in(z_words[at >> 2u], at, params.z.size_log2);
}

// What the result was before.
fn to_code(at: u32) -> u32 {
    return code_in(atomicLoad(&to_words[at >> 2u]), at, params.to.size_log2);
}

// Writes an element and leaves its neighbours as they are.
fn store_code(at: u32, code: u32) {
    let mask = mask_of(params.to.size_log2);
    if mask == 0xffffffffu {
        atomicStore(&to_words[at >> 2u], code);
        return;
    }
    atomicAnd(&to_words[at >> 2u], ~(mask << shift_of(at)));
    atomicOr(&to_words[at >> 2u], code << shift_of(at));
}
