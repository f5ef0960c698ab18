//! The functions of a C source. `@` stands for the prefix of names, `#1.0` for a number of the element type, words in
//! capitals for constants of `fragments.rs`. Those of whole layers are in `c_layers.rs`.

use super::c_layers::LAYERS;

/// The text of a function; those of an element type of their own twice.
pub(super) fn text(name: &str, is_double: bool) -> &'static str {
    match (name, is_double) {
        ("fma", false) => FMA_F32,
        ("fma", true) => FMA_F64,
        ("power_of_2", false) => POWER_OF_2_F32,
        ("power_of_2", true) => POWER_OF_2_F64,
        _ => TEXTS.iter().chain(&LAYERS).find(|(other, _)| *other == name).map_or("", |(_, text)| text),
    }
}

const FMA_F32: &str = "\
/* a * b + c, rounded once: the product of two floats is exact in double. With @PLAIN defined it is rounded twice,
   which is faster where double is slow, and costs outputs some more units in the last place. */
static float @fma(float a, float b, float c)
{
#if defined(@PLAIN)
    return a * b + c;
#elif defined(__FP_FAST_FMAF)
    return __builtin_fmaf(a, b, c);
#else
    return (float)((double)a * (double)b + (double)c);
#endif
}
";

const FMA_F64: &str = "\
/* a * b + c, rounded once where the machine has an instruction for it. */
static double @fma(double a, double b, double c)
{
#if defined(__FP_FAST_FMA) && !defined(@PLAIN)
    return __builtin_fma(a, b, c);
#else
    return a * b + c;
#endif
}
";

const POWER_OF_2_F32: &str = "\
/* 2^n, n from -126 to 127. */
static float @power_of_2(int n)
{
    union { uint32_t bits; float value; } power;
    power.bits = (uint32_t)(n + 127) << 23;
    return power.value;
}
";

const POWER_OF_2_F64: &str = "\
/* 2^n, n from -1022 to 1023. */
static double @power_of_2(int n)
{
    union { uint64_t bits; double value; } power;
    power.bits = (uint64_t)(n + 1023) << 52;
    return power.value;
}
";

const TEXTS: [(&str, &str); 21] = [
    (
        "series",
        "\
/* e^r - 1 for |r| <= ln 2 / 2. */
static @real @series(@real r)
{
    static const @real c[] = {SERIES};
    @real tail = c[0];
    size_t i;
    for (i = 1; i < sizeof c / sizeof c[0]; i++)
        tail = @fma(tail, r, c[i]);
    return @fma(r * r, tail, r);
}
",
    ),
    (
        "reduce",
        "\
/* e^x = 2^n (1 + m1). */
static int @reduce(@real x, @real *m1)
{
    @real t = x * LOG2_E;
    int n = (int)(t + (t < 0 ? -#0.5 : #0.5));
    *m1 = @series(@fma((@real)n, -(LN2_LOW), @fma((@real)n, -(LN2_HIGH), x)));
    return n;
}
",
    ),
    (
        "exp",
        "\
static @real @exp(@real x)
{
    @real m1;
    int n, half;
    x = x > EXP_LOW ? x : EXP_LOW;
    x = x < EXP_HIGH ? x : EXP_HIGH;
    n = @reduce(x, &m1);
    half = n / 2;
    return (m1 + #1.0) * @power_of_2(half) * @power_of_2(n - half);
}
",
    ),
    (
        "expm1",
        "\
/* e^x - 1 for x <= 0. */
static @real @expm1(@real x)
{
    @real m1, power;
    power = @power_of_2(@reduce(x > -#2.0 * TANH_MAX ? x : -#2.0 * TANH_MAX, &m1));
    return @fma(power, m1, power - #1.0);
}
",
    ),
    (
        "times_exp",
        "\
/* c e^(x + tail). */
static @real @times_exp(@real c, @real x, @real tail)
{
    @real t = (x + tail) * LOG2_E;
    int n = (int)(t + (t < 0 ? -#0.5 : #0.5)), half = n / 2;
    @real r = @fma((@real)n, -(LN2_LOW), @fma((@real)n, -(LN2_HIGH), x)) + tail;
    return @fma(@series(r), c, c) * @power_of_2(half) * @power_of_2(n - half);
}
",
    ),
    (
        "gated",
        "\
/* x / (1 + e^-w). */
static @real @gated(@real x, @real w)
{
    @real power = w < 0 ? w : -w, above, top = x;
    power = power > GATE_END ? power : GATE_END;
    above = #1.0 + @times_exp(#1.0, power, #0.0);
    if (w < 0)
        top = @times_exp(x > GATE_END ? x : GATE_END, power, #0.0);
    return top / above;
}
",
    ),
    (
        "polynomial",
        "\
static @real @polynomial(const @real *c, size_t n, @real x)
{
    @real sum = c[0];
    size_t i;
    for (i = 1; i < n; i++)
        sum = @fma(sum, x, c[i]);
    return sum;
}
",
    ),
    (
        "sigmoid",
        "\
static @real @sigmoid(@real x)
{
    @real power = @exp(x < 0 ? x : -x);
    return (x < 0 ? power : #1.0) / (#1.0 + power);
}
",
    ),
    (
        "tanh",
        "\
static @real @tanh(@real x)
{
    @real y = x < 0 ? -x : x, m1, power;
    y = y < TANH_MAX ? y : TANH_MAX;
    power = @power_of_2(@reduce(y + y, &m1));
    m1 = @fma(power, m1, power - #1.0);
    y = m1 / (m1 + #2.0);
    return x < 0 ? -y : y;
}
",
    ),
    (
        "softplus",
        "\
/* ln(1 + e^x) = max(x, 0) + 2 atanh(p / (2 + p)) with p = e^-|x|. */
static @real @softplus(@real x)
{
    static const @real odd[] = {ODD_INVERSES};
    @real p, s, z, twice, tail;
    if (x > #20.0)
        return x;
    p = @exp(x < 0 ? x : -x);
    s = p / (p + #2.0);
    z = s * s;
    tail = @polynomial(odd, sizeof odd / sizeof odd[0], z);
    twice = s + s;
    return (x > 0 ? x : #0.0) + @fma(twice * z, tail, twice);
}
",
    ),
    (
        "gelu",
        "\
/* x Phi(x) = max(x, 0) - y phi(y) m(y) with y = |x|, m being Mills' ratio. */
static @real @gelu(@real x)
{
    static const @real mills[] = {MILLS};
    @real y = x < 0 ? -x : x, m, h, rest;
    y = y < NORMAL_MAX ? y : NORMAL_MAX;
    m = @polynomial(mills, sizeof mills / sizeof mills[0], (y - #5.0) / (y + #5.0)) / (y + #5.0);
    h = (@real)(int)(y * GRAINS + #0.5) / GRAINS;
    rest = (y - h) * (y + h) * -#0.5;
    return (x > 0 ? x : #0.0) - @times_exp(y * m * DENSITY_AT_0, h * h * -#0.5, rest);
}
",
    ),
    (
        "gelu_tanh",
        "\
/* x (1 + tanh u) / 2 with u = sqrt(2 / pi) (x + 0.044715 x^3). */
static @real @gelu_tanh(@real x)
{
    @real y = x < NORMAL_MAX ? x : NORMAL_MAX;
    y = y > -(NORMAL_MAX) ? y : -(NORMAL_MAX);
    return @gated(x, y * @fma(y * y, TANH_FORM_B, TANH_FORM_A));
}
",
    ),
    (
        "silu",
        "\
static @real @silu(@real x)
{
    return @gated(x, x);
}
",
    ),
    (
        "softsign",
        "\
static @real @softsign(@real x)
{
    @real y = x < 0 ? -x : x;
    y = y < LARGEST ? y : LARGEST;
    y = y / (y + #1.0);
    return x < 0 ? -y : y;
}
",
    ),
    (
        "relu",
        "\
static @real @relu(@real x)
{
    return x > 0 ? x : #0.0;
}
",
    ),
    (
        "leaky_relu",
        "\
static @real @leaky_relu(@real x, @real alpha)
{
    return x > 0 ? x : x * alpha;
}
",
    ),
    (
        "elu",
        "\
static @real @elu(@real x, @real alpha)
{
    return x > 0 ? x : @expm1(x) * alpha;
}
",
    ),
    (
        "selu",
        "\
static @real @selu(@real x)
{
    return x > 0 ? x * SELU_SCALE : @expm1(x) * SELU_BELOW;
}
",
    ),
    (
        "hardsigmoid",
        "\
static @real @hardsigmoid(@real x)
{
    @real y = x + #3.0;
    y = y > 0 ? y : #0.0;
    return (y < #6.0 ? y : #6.0) / #6.0;
}
",
    ),
    (
        "root",
        "\
/* The square root of a normal number, by Newton's steps. */
static double @root(double x)
{
    union { uint64_t bits; double value; } y;
    int i;
    y.value = x;
    y.bits = (y.bits >> 1) + ((uint64_t)511 << 52) + ((uint64_t)1 << 51);
    for (i = 0; i < 5; i++)
        y.value = 0.5 * (y.value + x / y.value);
    return y.value;
}
",
    ),
    (
        "ln",
        "\
/* The natural logarithm of a number of 1 or more. */
static double @ln(double x)
{
    union { uint64_t bits; double value; } m;
    double s, z, tail = 0.0;
    int e, odd;
    m.value = x;
    e = (int)((m.bits - UINT64_C(0x3fe6a09e667f3bcd)) >> 52);
    m.bits -= (uint64_t)e << 52;
    s = (m.value - 1.0) / (m.value + 1.0);
    z = s * s;
    for (odd = 23; odd >= 3; odd -= 2)
        tail = tail * z + 1.0 / odd;
    return e * 0.6931471803691238 + (2.0 * s + (2.0 * s * z * tail + e * 1.9082149292705877e-10));
}
",
    ),
];
