//! The cosine transform of blocks of eight by eight (Arai, Agui and Nakajima 1988): four columns at
//! once, a vector register, with five multiplications each, as its scale factors go into the
//! quantisation tables.

// Loops over indices in functions that are always inlined: they compile to vector instructions
// whichever way the crate is cut into units of code generation, while adapters of iterators may
// remain calls, which cost more than eight additions.

/// Columns that are transformed at once. Eight rows of four fit the registers, of eight they do not.
const LANES: usize = 4;

type Lanes = [f32; LANES];

/// Eight rows of eight values.
pub type Block = [[f32; 8]; 8];

/// cos(kπ/16)·√2, and 1 for k = 0: what [`forward`] and [`inverse`] leave to their caller.
pub const SCALE: [f32; 8] = [
    1.0,
    1.387_039_8,
    1.306_563,
    1.175_875_6,
    1.0,
    0.785_694_96,
    0.541_196_1,
    0.275_899_38,
];
const HALF_ROOT: f32 = std::f32::consts::FRAC_1_SQRT_2;

#[inline(always)]
fn add(a: &Lanes, b: &Lanes) -> Lanes {
    let mut sum = *a;
    for k in 0..LANES {
        sum[k] += b[k];
    }
    sum
}

#[inline(always)]
fn sub(a: &Lanes, b: &Lanes) -> Lanes {
    let mut difference = *a;
    for k in 0..LANES {
        difference[k] -= b[k];
    }
    difference
}

#[inline(always)]
fn times(a: &Lanes, factor: f32) -> Lanes {
    let mut product = *a;
    for product in &mut product {
        *product *= factor;
    }
    product
}

/// Rows for columns.
#[inline(always)]
pub fn transposed(block: &Block) -> Block {
    let mut turned = [[0.0; 8]; 8];
    for row in 0..8 {
        for column in 0..8 {
            turned[row][column] = block[column][row];
        }
    }
    turned
}

/// The columns from `first` on.
#[inline(always)]
fn columns(block: &Block, first: usize) -> [Lanes; 8] {
    let mut some = [[0.0; LANES]; 8];
    for row in 0..8 {
        for k in 0..LANES {
            some[row][k] = block[row][first + k];
        }
    }
    some
}

#[inline(always)]
fn put_back(block: &mut Block, first: usize, some: &[Lanes; 8]) {
    for row in 0..8 {
        for k in 0..LANES {
            block[row][first + k] = some[row][k];
        }
    }
}

/// The cosine transform down the columns; row k comes out √8·`SCALE[k]` times too large.
#[inline(always)]
pub fn forward(block: &mut Block) {
    for first in [0, LANES] {
        let some = forward_of(&columns(block, first));
        put_back(block, first, &some);
    }
}

#[inline(always)]
fn forward_of(rows: &[Lanes; 8]) -> [Lanes; 8] {
    let [d0, d1, d2, d3, d4, d5, d6, d7] = rows;
    let (s07, s16, s25, s34) = (add(d0, d7), add(d1, d6), add(d2, d5), add(d3, d4));
    let (t7, t6, t5, t4) = (sub(d0, d7), sub(d1, d6), sub(d2, d5), sub(d3, d4));

    let (outer, inner) = (add(&s07, &s34), add(&s16, &s25));
    let (outer_step, inner_step) = (sub(&s07, &s34), sub(&s16, &s25));
    let turned = times(&add(&inner_step, &outer_step), HALF_ROOT);

    let (a, b, c) = (add(&t4, &t5), add(&t5, &t6), add(&t6, &t7));
    let shared = times(&sub(&a, &c), 0.382_683_43);
    let low = add(&times(&a, 0.541_196_1), &shared);
    let high = add(&times(&c, 1.306_563), &shared);
    let middle = times(&b, HALF_ROOT);
    let (plus, minus) = (add(&t7, &middle), sub(&t7, &middle));

    [
        add(&outer, &inner),
        add(&plus, &high),
        add(&outer_step, &turned),
        sub(&minus, &low),
        sub(&outer, &inner),
        add(&minus, &low),
        sub(&outer_step, &turned),
        sub(&plus, &high),
    ]
}

/// The inverse down the columns, for rows that were multiplied with `SCALE[k]`/√8.
#[inline(always)]
pub fn inverse(block: &mut Block) {
    for first in [0, LANES] {
        let some = inverse_of(&columns(block, first));
        put_back(block, first, &some);
    }
}

#[inline(always)]
fn inverse_of(rows: &[Lanes; 8]) -> [Lanes; 8] {
    const ROOT: f32 = std::f32::consts::SQRT_2;
    let [c0, c1, c2, c3, c4, c5, c6, c7] = rows;
    let (s04, d04, s26) = (add(c0, c4), sub(c0, c4), add(c2, c6));
    let d26 = sub(&times(&sub(c2, c6), ROOT), &s26);
    let (e0, e3) = (add(&s04, &s26), sub(&s04, &s26));
    let (e1, e2) = (add(&d04, &d26), sub(&d04, &d26));

    let (s53, d53, s17, d17) = (add(c5, c3), sub(c5, c3), add(c1, c7), sub(c1, c7));
    let o7 = add(&s17, &s53);
    let shared = times(&add(&d53, &d17), 1.847_759);
    let o6 = sub(&sub(&shared, &times(&d53, 2.613_126)), &o7);
    let o5 = sub(&times(&sub(&s17, &s53), ROOT), &o6);
    let o4 = sub(&sub(&shared, &times(&d17, 1.082_392_2)), &o5);

    [
        add(&e0, &o7),
        add(&e1, &o6),
        add(&e2, &o5),
        add(&e3, &o4),
        sub(&e3, &o4),
        sub(&e2, &o5),
        sub(&e1, &o6),
        sub(&e0, &o7),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_orthonormal_transform_up_to_its_scale() {
        let value = |row: usize| (row as f32 * 1.7).sin() * 50.0;
        let mut block: Block = std::array::from_fn(|row| [value(row); 8]);
        forward(&mut block);
        for (k, row) in block.iter().enumerate() {
            let angle = |n: usize| std::f32::consts::PI * (n as f32 + 0.5) * k as f32 / 8.0;
            let sum: f32 = (0..8).map(|n| value(n) * angle(n).cos()).sum();
            let norm = if k == 0 { 0.125_f32 } else { 0.25 }.sqrt();
            let scaled = sum * norm * 8.0_f32.sqrt() * SCALE[k];
            assert!(
                (row[3] - scaled).abs() < 1e-2,
                "{k}: {} and {scaled}",
                row[3]
            );
        }
    }

    #[test]
    fn the_inverse_undoes_it() {
        let original: Block = std::array::from_fn(|row| {
            std::array::from_fn(|column| ((row * 8 + column) as f32 * 0.9).cos() * 100.0)
        });
        let mut block = original;
        forward(&mut block);
        for row in &mut block {
            // Both scale factors, (√8·SCALE)⁻¹ on the way in and SCALE/√8 on the way out.
            row.iter_mut().for_each(|value| *value /= 8.0);
        }
        inverse(&mut block);
        for (value, expected) in block.as_flattened().iter().zip(original.as_flattened()) {
            assert!((value - expected).abs() < 1e-3);
        }
    }
}
