//! Bytes to numbers: the same on every kernel, by formula or by table.

use chainrule_kernel::{ByteLut, Kernel, Scalar};

fn every_byte<T: Scalar>() {
    let bytes: Vec<u8> = (0..1000).map(|i| (i * 7 % 256) as u8).collect();
    let doubled = ByteLut::scaled(1.0 / 3.0).mapped(|x: T| x + x);
    let maps = [1.0, 1.0 / 255.0, 1.0 / 256.0, 0.1, -1e-3].map(ByteLut::<T>::scaled);
    for map in maps.iter().chain([&doubled]) {
        for kernel in Kernel::<T>::all().iter().filter(|kernel| kernel.is_available()) {
            let lengths: &[usize] = if cfg!(miri) { &[0, 1, 17] } else { &[0, 1, 15, 16, 17, 100, 784, 1000] };
            for &n in lengths {
                let mut got = vec![T::ZERO; n];
                kernel.dequantize(map, &bytes[..n], &mut got);
                let want: Vec<T> = bytes[..n].iter().map(|&byte| map.value(byte)).collect();
                assert!(got == want, "{map:?} of {n} bytes, {}", kernel.name());
            }
        }
    }
    let ninth = ByteLut::<T>::scaled(1.0 / 9.0);
    (0..=255).for_each(|byte| assert_eq!(ninth.value(byte), T::from_f64(f64::from(byte) * (1.0 / 9.0))));
}

#[test]
fn every_byte_stands_for_its_value_on_every_kernel() {
    every_byte::<f32>();
    every_byte::<f64>();
}

#[test]
#[should_panic(expected = "3 bytes to 2 places")]
fn places_for_other_bytes() {
    Kernel::<f32>::selected().unwrap().dequantize(&ByteLut::scaled(1.0), &[1, 2, 3], &mut [0.0; 2]);
}
