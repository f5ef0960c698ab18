//! Files that gzip has compressed, by flate2.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::GzDecoder;

/// Inflates member after member, as `cat a.gz b.gz` and parallel compressors leave them. Zeros behind the last, by which tapes and disk
/// images fill a block, are passed over, as gzip does (RFC 1952 has nothing of them); anything else there is refused.
pub(super) struct Members<R: Read> {
    member: Option<GzDecoder<BufReader<R>>>,
    /// What is behind the last member.
    rest: Option<BufReader<R>>,
}

impl<R: Read> Members<R> {
    pub(super) fn new(reader: R) -> Self {
        Members { member: Some(GzDecoder::new(BufReader::new(reader))), rest: None }
    }
}

impl<R: Read> Read for Members<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            if let Some(rest) = &mut self.rest {
                if is_end(rest)? {
                    return Ok(0);
                }
                self.member = self.rest.take().map(GzDecoder::new);
            }
            let Some(member) = &mut self.member else { return Ok(0) };
            let count = member.read(buffer)?;
            if count > 0 {
                return Ok(count);
            }
            self.rest = self.member.take().map(GzDecoder::into_inner);
        }
    }
}

/// Whether nothing is left, or zeros alone. What is there otherwise is not taken off, unless zeros stand before it, which no member does.
fn is_end(rest: &mut impl BufRead) -> io::Result<bool> {
    let mut has_zeros = false;
    loop {
        let bytes = rest.fill_buf()?;
        if bytes.is_empty() {
            return Ok(true);
        }
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        if zeros == bytes.len() {
            rest.consume(zeros);
            has_zeros = true;
        } else if zeros > 0 || has_zeros {
            let what = "bytes behind the zeros that follow the last member of a gzip file";
            return Err(io::Error::new(io::ErrorKind::InvalidData, what));
        } else {
            return Ok(false);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn inflated(parts: &[&[u8]]) -> io::Result<String> {
        let mut text = String::new();
        Members::new(&parts.concat()[..]).read_to_string(&mut text).map(|_| text)
    }

    #[test]
    fn members_are_one_stream_and_zeros_end_it() {
        let text = "1,2,3\n".repeat(50_000);
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        let one = encoder.finish().unwrap();
        let zeros = vec![0; 20_000];
        assert!(inflated(&[&one]).unwrap() == text);
        assert!(inflated(&[&one, &one, &zeros]).unwrap() == text.repeat(2));
        // A member behind zeros, garbage, half a header and half a member.
        assert!(inflated(&[&one, &zeros, &one]).unwrap_err().to_string().contains("behind the zeros"));
        assert!(inflated(&[&one, b"x,y\n1,2\n3,4\n5,6\n"]).unwrap_err().to_string().contains("invalid gzip header"));
        assert!(inflated(&[&one, &one[..5]]).is_err() && inflated(&[&one, &one[..one.len() / 2]]).is_err());
        assert!(inflated(&[&[]]).is_err());
    }
}
