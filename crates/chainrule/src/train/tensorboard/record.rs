//! TFRecord: one message after the other, each with its length and checksums of both.
//!
//! ```text
//! u64 length | u32 masked CRC-32C of the length | length bytes | u32 masked CRC-32C of the bytes       (little-endian)
//! ```
//!
//! Source: <https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details>.

/// Adds a record.
pub(super) fn append(out: &mut Vec<u8>, message: &[u8]) {
    let length = (message.len() as u64).to_le_bytes();
    out.extend(length);
    out.extend(masked_crc(&length).to_le_bytes());
    out.extend(message);
    out.extend(masked_crc(message).to_le_bytes());
}

/// A checksum of data that hold checksums would be weak: it is rotated, and a constant added.
fn masked_crc(bytes: &[u8]) -> u32 {
    crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8)
}

/// CRC-32C (Castagnoli), RFC 3720, appendix B.4. A crate for it is faster and longer; an epoch has some 300 bytes.
fn crc32c(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| (crc >> 8) ^ TABLE[usize::from(crc as u8 ^ byte)])
}

/// The remainders of a byte.
const TABLE: [u32; 256] = {
    /// 0x1EDC6F41 with its bits reversed.
    const POLYNOMIAL: u32 = 0x82f6_3b78;
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < table.len() {
        let (mut crc, mut bit) = (byte as u32, 0);
        while bit < 8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ POLYNOMIAL } else { crc >> 1 };
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
};

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The messages of a file whose checksums are right.
    pub(crate) fn records(mut file: &[u8]) -> Vec<Vec<u8>> {
        let mut records = Vec::new();
        while let Some((head, rest)) = file.split_at_checked(12) {
            let length = u64::from_le_bytes(head[..8].try_into().unwrap());
            assert_eq!(head[8..], masked_crc(&head[..8]).to_le_bytes(), "checksum of a length");
            let (message, rest) = rest.split_at(length as usize);
            let (crc, rest) = rest.split_at(4);
            assert_eq!(crc, masked_crc(message).to_le_bytes(), "checksum of a message");
            records.push(message.to_vec());
            file = rest;
        }
        assert!(file.is_empty(), "{} bytes behind the last record", file.len());
        records
    }

    #[test]
    fn checksums_are_those_of_the_standard() {
        // RFC 3720, appendix B.4, and the check value of the catalogue of CRCs.
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
        assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa);
        assert_eq!(crc32c(&[0xff; 32]), 0x62a8_ab43);
        assert_eq!(crc32c(&std::array::from_fn::<u8, 32, _>(|at| at as u8)), 0x46dd_794e);
        assert_eq!(crc32c(b""), 0);
        // tensorflow/core/lib/hash/crc32c.h: rotated by 15 to the right.
        assert_eq!(masked_crc(b""), 0xa282_ead8);
    }

    #[test]
    fn records_stand_one_after_the_other() {
        let mut file = Vec::new();
        append(&mut file, b"first");
        append(&mut file, b"");
        append(&mut file, &[7; 300]);
        assert_eq!(records(&file), [b"first".to_vec(), Vec::new(), vec![7; 300]]);
        assert_eq!(file.len(), 3 * 16 + 305);
    }
}
