//! Small grey pictures inside a page: images of rows and of weights.

use super::html::Html;

/// A picture of this width from numbers, from black at the least to white at the largest, enlarged without smoothing; `words`
/// say what it shows. An uncompressed bitmap with a palette of greys, which every browser reads: 1,078 bytes and a byte a
/// pixel (Microsoft, "Bitmap Storage").
///
/// # Panics
/// When the numbers are not whole rows of `width`.
pub fn bitmap(values: &[f64], width: usize, words: &str) -> Html {
    assert!(width > 0 && values.len().is_multiple_of(width), "{} pixels in rows of {width}", values.len());
    let height = values.len() / width;
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let grey = |value: f64| if high > low { (255.0 * (value - low) / (high - low)).round() as u8 } else { 128 };
    let stride = width.next_multiple_of(4); // rows begin at multiples of 4 bytes
    let offset = 14 + 40 + 4 * 256;
    let mut file = Vec::with_capacity(offset + stride * height);
    file.extend(b"BM");
    for number in [offset + stride * height, 0, offset, 40, width, height] {
        file.extend((number as u32).to_le_bytes());
    }
    file.extend([1, 0, 8, 0]); // one plane, 8 bits a pixel
    for number in [0, stride * height, 2835, 2835, 256, 0] {
        file.extend((number as u32).to_le_bytes());
    }
    file.extend((0..=255u8).flat_map(|grey| [grey, grey, grey, 0]));
    for row in values.chunks_exact(width).rev() {
        file.extend(row.iter().map(|&value| grey(value)));
        file.extend(std::iter::repeat_n(0, stride - width));
    }
    let source = format!("data:image/bmp;base64,{}", base64(&file));
    Html::element("img", &[("class", "pixels".to_owned()), ("src", source), ("alt", words.to_owned())], Html::new())
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word = (0..3).fold(0, |word, at| word << 8 | u32::from(*chunk.get(at).unwrap_or(&0)));
        for at in 0..4 {
            let digit = DIGITS[(word >> (18 - 6 * at) & 63) as usize];
            out.push(if at <= chunk.len() { digit.into() } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_standard() {
        let cases =
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("foobar", "Zm9vYmFy")];
        for (text, want) in cases {
            assert_eq!(base64(text.as_bytes()), want);
        }
    }

    #[test]
    fn a_picture_stands_upright_and_says_what_it_is() {
        let html = bitmap(&[0.0, 1.0, 0.5, 1.0, 0.0, 0.5], 3, "a <test>");
        assert!(html.as_str().contains("alt=\"a &lt;test&gt;\""));
        // The last row comes first; each is filled up to 4 bytes. The palette ends with 0 where a group of 3 bytes begins.
        let end = base64(&[0, 255, 0, 128, 0, 0, 255, 128, 0]);
        assert!(html.as_str().contains(&format!("{end}\"")), "{end} in {}", html.as_str());
    }
}
