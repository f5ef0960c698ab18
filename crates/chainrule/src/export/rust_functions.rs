//! The functions of a Rust source. Words in capitals stand for constants of `fragments.rs`.

/// The text of a function; those of an element type of their own twice.
pub(super) fn text(name: &str, is_double: bool) -> &'static str {
    match (name, is_double) {
        ("fma", false) => FMA_F32,
        ("fma", true) => FMA_F64,
        ("power_of_2", false) => POWER_OF_2_F32,
        ("power_of_2", true) => POWER_OF_2_F64,
        _ => TEXTS.iter().find(|(other, _)| *other == name).map_or("", |(_, text)| text),
    }
}

const FMA_F32: &str = "\
/// `a * b + c`, rounded once: the product of two f32 is exact in f64.
fn fma(a: f32, b: f32, c: f32) -> f32 {
    (f64::from(a) * f64::from(b) + f64::from(c)) as f32
}
";

const FMA_F64: &str = "\
fn fma(a: f64, b: f64, c: f64) -> f64 {
    a * b + c
}
";

const POWER_OF_2_F32: &str = "\
/// `2^n`, n from -126 to 127.
fn power_of_2(n: i32) -> f32 {
    f32::from_bits(((n + 127) as u32) << 23)
}
";

const POWER_OF_2_F64: &str = "\
/// `2^n`, n from -1022 to 1023.
fn power_of_2(n: i32) -> f64 {
    f64::from_bits(((n + 1023) as u64) << 52)
}
";

const TEXTS: [(&str, &str); 27] = [
    (
        "series",
        "\
/// `e^r - 1` for `|r| <= ln 2 / 2`.
fn series(r: Real) -> Real {
    let c: [Real; _] = [SERIES];
    let mut tail = c[0];
    for &c in &c[1..] {
        tail = fma(tail, r, c);
    }
    fma(r * r, tail, r)
}
",
    ),
    (
        "reduce",
        "\
/// n and m of `e^x = 2^n (1 + m)`.
fn reduce(x: Real) -> (i32, Real) {
    let t = x * LOG2_E;
    let n = (t + if t < 0.0 { -0.5 } else { 0.5 }) as i32;
    (n, series(fma(n as Real, -(LN2_LOW), fma(n as Real, -(LN2_HIGH), x))))
}
",
    ),
    (
        "exp",
        "\
fn exp(x: Real) -> Real {
    let x = if x > EXP_LOW { x } else { EXP_LOW };
    let (n, m) = reduce(if x < EXP_HIGH { x } else { EXP_HIGH });
    let half = n / 2;
    (m + 1.0) * power_of_2(half) * power_of_2(n - half)
}
",
    ),
    (
        "expm1",
        "\
/// `e^x - 1` for x <= 0.
fn expm1(x: Real) -> Real {
    let end = -2.0 * TANH_MAX;
    let (n, m) = reduce(if x > end { x } else { end });
    let power = power_of_2(n);
    fma(power, m, power - 1.0)
}
",
    ),
    (
        "times_exp",
        "\
/// `c e^(x + tail)`.
fn times_exp(c: Real, x: Real, tail: Real) -> Real {
    let t = (x + tail) * LOG2_E;
    let n = (t + if t < 0.0 { -0.5 } else { 0.5 }) as i32;
    let half = n / 2;
    let r = fma(n as Real, -(LN2_LOW), fma(n as Real, -(LN2_HIGH), x)) + tail;
    fma(series(r), c, c) * power_of_2(half) * power_of_2(n - half)
}
",
    ),
    (
        "gated",
        "\
/// `x / (1 + e^-w)`.
fn gated(x: Real, w: Real) -> Real {
    let power = if w < 0.0 { w } else { -w };
    let power = if power > GATE_END { power } else { GATE_END };
    let above = 1.0 + times_exp(1.0, power, 0.0);
    let top = if w < 0.0 { times_exp(if x > GATE_END { x } else { GATE_END }, power, 0.0) } else { x };
    top / above
}
",
    ),
    (
        "polynomial",
        "\
fn polynomial(c: &[Real], x: Real) -> Real {
    c[1..].iter().fold(c[0], |sum, &c| fma(sum, x, c))
}
",
    ),
    (
        "sigmoid",
        "\
fn sigmoid(x: Real) -> Real {
    let power = exp(if x < 0.0 { x } else { -x });
    (if x < 0.0 { power } else { 1.0 }) / (1.0 + power)
}
",
    ),
    (
        "tanh",
        "\
fn tanh(x: Real) -> Real {
    let y = if x < 0.0 { -x } else { x };
    let y = if y < TANH_MAX { y } else { TANH_MAX };
    let (n, m) = reduce(y + y);
    let power = power_of_2(n);
    let m = fma(power, m, power - 1.0);
    let y = m / (m + 2.0);
    if x < 0.0 { -y } else { y }
}
",
    ),
    (
        "softplus",
        "\
/// `ln(1 + e^x) = max(x, 0) + 2 atanh(p / (2 + p))` with `p = e^-|x|`.
fn softplus(x: Real) -> Real {
    if x > 20.0 {
        return x;
    }
    let p = exp(if x < 0.0 { x } else { -x });
    let s = p / (p + 2.0);
    let z = s * s;
    let odd: [Real; _] = [ODD_INVERSES];
    let tail = polynomial(&odd, z);
    let twice = s + s;
    (if x > 0.0 { x } else { 0.0 }) + fma(twice * z, tail, twice)
}
",
    ),
    (
        "gelu",
        "\
/// `x Phi(x) = max(x, 0) - y phi(y) m(y)` with `y = |x|`, m being Mills' ratio.
fn gelu(x: Real) -> Real {
    let mills: [Real; _] = [MILLS];
    let y = if x < 0.0 { -x } else { x };
    let y = if y < NORMAL_MAX { y } else { NORMAL_MAX };
    let m = polynomial(&mills, (y - 5.0) / (y + 5.0)) / (y + 5.0);
    let h = (y * GRAINS + 0.5) as i32 as Real / GRAINS;
    let rest = (y - h) * (y + h) * -0.5;
    (if x > 0.0 { x } else { 0.0 }) - times_exp(y * m * DENSITY_AT_0, h * h * -0.5, rest)
}
",
    ),
    (
        "gelu_tanh",
        "\
/// `x (1 + tanh u) / 2` with `u = sqrt(2 / pi) (x + 0.044715 x^3)`.
fn gelu_tanh(x: Real) -> Real {
    let y = if x < NORMAL_MAX { x } else { NORMAL_MAX };
    let y = if y > -NORMAL_MAX { y } else { -NORMAL_MAX };
    gated(x, y * fma(y * y, TANH_FORM_B, TANH_FORM_A))
}
",
    ),
    (
        "silu",
        "\
fn silu(x: Real) -> Real {
    gated(x, x)
}
",
    ),
    (
        "softsign",
        "\
fn softsign(x: Real) -> Real {
    let y = if x < 0.0 { -x } else { x };
    let y = if y < LARGEST { y } else { LARGEST };
    let y = y / (y + 1.0);
    if x < 0.0 { -y } else { y }
}
",
    ),
    (
        "relu",
        "\
fn relu(x: Real) -> Real {
    if x > 0.0 { x } else { 0.0 }
}
",
    ),
    (
        "leaky_relu",
        "\
fn leaky_relu(x: Real, alpha: Real) -> Real {
    if x > 0.0 { x } else { x * alpha }
}
",
    ),
    (
        "elu",
        "\
fn elu(x: Real, alpha: Real) -> Real {
    if x > 0.0 { x } else { expm1(x) * alpha }
}
",
    ),
    (
        "selu",
        "\
fn selu(x: Real) -> Real {
    if x > 0.0 { x * SELU_SCALE } else { expm1(x) * SELU_BELOW }
}
",
    ),
    (
        "hardsigmoid",
        "\
fn hardsigmoid(x: Real) -> Real {
    let y = x + 3.0;
    let y = if y > 0.0 { y } else { 0.0 };
    (if y < 6.0 { y } else { 6.0 }) / 6.0
}
",
    ),
    (
        "root",
        "\
/// The square root of a normal number, by Newton's steps.
fn root(x: f64) -> f64 {
    let mut y = f64::from_bits((x.to_bits() >> 1) + (511 << 52) + (1 << 51));
    for _ in 0..5 {
        y = 0.5 * (y + x / y);
    }
    y
}
",
    ),
    (
        "ln",
        "\
/// The natural logarithm of a number of 1 or more.
fn ln(x: f64) -> f64 {
    let bits = x.to_bits();
    let e = (bits - 0x3fe6_a09e_667f_3bcd) >> 52;
    let m = f64::from_bits(bits - (e << 52));
    let s = (m - 1.0) / (m + 1.0);
    let z = s * s;
    let mut tail = 0.0;
    for odd in [23.0, 21.0, 19.0, 17.0, 15.0, 13.0, 11.0, 9.0, 7.0, 5.0, 3.0] {
        tail = tail * z + 1.0 / odd;
    }
    e as f64 * 0.6931471803691238 + (2.0 * s + (2.0 * s * z * tail + e as f64 * 1.9082149292705877e-10))
}
",
    ),
    (
        "sum",
        "\
/// The sum of products: of a layer's only output, where it is long, in sixteen chains, as the model adds them up, otherwise in one.
fn sum(x: &[Real], w: &[Weight], is_only: bool) -> Real {
    let mut sum = [0.0; 16];
    for (i, (x, w)) in x.iter().zip(w).enumerate() {
        let chain = &mut sum[if is_only { i % 16 } else { 0 }];
        *chain = fma(*x, *w as Real, *chain);
    }
    let mut half = if is_only { 8 } else { 0 };
    while half > 0 {
        for i in 0..half {
            sum[i] += sum[i + half];
        }
        half /= 2;
    }
    sum[0]
}
",
    ),
    (
        "dense",
        "\
/// `z = w x + b`, w of (outputs, inputs).
fn dense(layer: &Layer, x: &[Real], z: &mut [Real]) {
    let (inputs, outputs) = (layer.inputs, layer.b.len());
    for (o, z) in z[..outputs].iter_mut().enumerate() {
        let sum = sum(&x[..inputs], &layer.w[o * inputs..][..inputs], outputs == 1 && inputs >= 64);
        *z = SCALED + layer.b[o];
    }
}
",
    ),
    (
        "softmax",
        "\
fn softmax(z: &mut [Real]) {
    let mut top = z[0];
    for &z in &*z {
        top = if z > top { z } else { top };
    }
    let mut sum = 0.0;
    for z in &mut *z {
        *z = exp(*z - top);
        sum += *z;
    }
    for z in z {
        *z /= sum;
    }
}
",
    ),
    (
        "log_softmax",
        "\
fn log_softmax(z: &mut [Real]) {
    let mut top = z[0];
    for &z in &*z {
        top = if z > top { z } else { top };
    }
    let mut sum = 0.0;
    for z in &mut *z {
        *z -= top;
        sum += exp(*z) as f64;
    }
    let ln_sum = ln(sum) as Real;
    for z in z {
        *z -= ln_sum;
    }
}
",
    ),
    (
        "layer_norm",
        "\
/// `gamma (z - mean) / sqrt(variance + eps) + beta`.
fn layer_norm(gamma: &[Real], beta: &[Real], eps: f64, z: &mut [Real]) {
    let n = z.len() as f64;
    let mean = z.iter().fold(0.0, |sum, z| sum + *z as f64) / n;
    let variance = z.iter().fold(0.0, |sum, z| sum + (*z as f64 - mean) * (*z as f64 - mean)) / n;
    let scale = 1.0 / root(variance + eps);
    for ((z, gamma), beta) in z.iter_mut().zip(gamma).zip(beta) {
        *z = ((*z as f64 - mean) * scale * *gamma as f64 + *beta as f64) as Real;
    }
}
",
    ),
    (
        "batch_norm",
        "\
/// `gamma (z - mean) scale + beta`, scale being `1 / sqrt(variance + eps)`.
fn batch_norm(mean: &[Real], scale: &[f64], [gamma, beta]: [&[Real]; 2], z: &mut [Real]) {
    for (i, z) in z.iter_mut().enumerate() {
        *z = ((*z as f64 - mean[i] as f64) * scale[i] * gamma[i] as f64 + beta[i] as f64) as Real;
    }
}
",
    ),
];
