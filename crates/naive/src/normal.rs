//! The normal distribution, by a series near 0 and a continued fraction far below: Abramowitz and Stegun, *Handbook of
//! mathematical functions*, 1964, equations 26.2.11 and 26.2.14.

/// phi(z) = e^(-z^2 / 2) / sqrt(2 pi).
pub(crate) fn density(z: f64) -> f64 {
    (-z * z / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt()
}

/// Phi(z): the share that lies below z.
pub(crate) fn below(z: f64) -> f64 {
    if z > 1.5 {
        1.0 - below(-z)
    } else if z < -40.0 {
        0.0 // e^-800
    } else if z < -1.5 {
        // phi(y) / (y + 1 / (y + 2 / (y + 3 / ...))) with y = -z, from the inside out.
        let y = -z;
        let depth = (1000.0 / (y * y)) as usize + 20;
        let mut tail = y;
        for k in (1..=depth).rev() {
            tail = y + k as f64 / tail;
        }
        density(y) / tail
    } else {
        // 1/2 + phi(z) (z + z^3 / 3 + z^5 / (3 * 5) + ...)
        let (mut sum, mut term, mut odd) = (z, z, 1.0);
        while term.abs() > 1e-18 * sum.abs() {
            odd += 2.0;
            term *= z * z / odd;
            sum += term;
        }
        0.5 + density(z) * sum
    }
}
