//! The constants of each element type for the functions of this folder.

/// Its constants. Only `f32` and `f64` have them: the trait is out of reach from outside, which seals [`crate::Scalar`].
pub trait Constants {
    /// 1.5 * 2^mantissa bits: adding it rounds to an integer and leaves that integer in the low bits.
    const ROUND: f64;
    /// Exponent bias.
    const BIAS: f64;
    /// ln 2 in two pieces, the first so short that its product with any exponent is exact.
    const LN2: [f64; 2];
    /// Beyond these, `exp` is 0 and infinite.
    const EXP_RANGE: [f64; 2];
    /// Beyond this, `tanh` rounds to 1.
    const TANH_MAX: f64;
    /// Terms of the Taylor series of `exp` on [-ln 2 / 2, ln 2 / 2] that leave less than an eighth of an ulp:
    /// (0.3466)^8 / 8! = 5e-9, (0.3466)^14 / 14! = 4e-18.
    const EXP_TERMS: usize;
    /// Terms of the Taylor series of `atanh(s) / s - 1` for |s| <= 1/3 that leave less than an eighth of an ulp:
    /// 9^-8 / 17 = 1.4e-9, 9^-17 / 35 = 2e-18.
    const ATANH_TERMS: usize;
    /// Beyond this, what the normal distribution leaves is 0, and so is the `e^(-x^2 / 2)` that it is made of.
    const NORMAL_MAX: f64;
    /// Multiples of this up to `NORMAL_MAX` have squares that are exact, and so are halves of them.
    const SQUARE_GRAIN: f64;
    /// The largest finite number.
    const LARGEST: f64;
    /// See [`MILLS_F32`] and [`MILLS_F64`].
    const MILLS: &'static [f64];
}

impl Constants for f32 {
    const ROUND: f64 = 12_582_912.0; // 1.5 * 2^23
    const BIAS: f64 = 127.0;
    const LN2: [f64; 2] = [0.693_359_375, -2.121_944_400_546_905_7e-4];
    const EXP_RANGE: [f64; 2] = [-104.0, 89.0];
    const TANH_MAX: f64 = 10.0;
    const EXP_TERMS: usize = 8;
    const ATANH_TERMS: usize = 7;
    const NORMAL_MAX: f64 = 15.0; // e^(-15^2 / 2) = 1e-49
    const SQUARE_GRAIN: f64 = 0.015_625; // 2^-6: 10 bits, 20 when squared
    const LARGEST: f64 = f32::MAX as f64;
    const MILLS: &'static [f64] = &MILLS_F32;
}

impl Constants for f64 {
    const ROUND: f64 = 6_755_399_441_055_744.0; // 1.5 * 2^52
    const BIAS: f64 = 1023.0;
    const LN2: [f64; 2] = [0.693_147_180_369_123_8, 1.908_214_929_270_587_7e-10];
    const EXP_RANGE: [f64; 2] = [-746.0, 710.0];
    const TANH_MAX: f64 = 20.0;
    const EXP_TERMS: usize = 14;
    const ATANH_TERMS: usize = 16;
    const NORMAL_MAX: f64 = 39.0; // e^(-39^2 / 2) = 5e-331
    const SQUARE_GRAIN: f64 = 9.536_743_164_062_5e-7; // 2^-20: 26 bits, 52 when squared
    const LARGEST: f64 = f64::MAX;
    const MILLS: &'static [f64] = &MILLS_F64;
}

/// `(y + 5) m(y)` for y up to 15, by powers of t, the highest first; relative error 5e-9.
pub(crate) const MILLS_F32: [f64; 11] = [
    0.0002742022778,
    0.001656251367,
    -0.002137280565,
    -0.007698963771,
    0.05211851471,
    -0.1732138427,
    0.4136500875,
    -0.7859143536,
    1.24154668,
    -1.667866519,
    1.92808105,
];

/// The same for y up to 39; relative error 4e-17.
pub(crate) const MILLS_F64: [f64; 23] = [
    -3.979891229251706e-10,
    4.39424068976655e-09,
    1.9208472446312616e-08,
    -2.3345635325878114e-08,
    -1.652926246834965e-07,
    1.0596769461869634e-07,
    1.0857235669541307e-06,
    -8.437695993579082e-07,
    -6.94152320283244e-06,
    9.978641907451594e-06,
    4.181360202096583e-05,
    -0.00012473687727586143,
    -0.00014883287865645497,
    0.0013658594025803164,
    -0.0019999619936578797,
    -0.0075032828495803445,
    0.052125502413427574,
    -0.17325473408524172,
    0.4136447157326474,
    -0.7859110755466033,
    1.2415470615738669,
    -1.6678665951889595,
    1.9280810471531575,
];
