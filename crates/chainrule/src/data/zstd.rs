//! Files that zstd has compressed, by `ruzstd`: pure Rust without dependencies, by its own account 3.5 times slower than zstd
//! itself.

use std::io::{self, BufRead, BufReader, Read};

use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

/// How far back a frame may refer. `zstd` uses 8 MiB at its usual levels up to 19; `--long` is refused.
const WINDOW_MAX: u64 = 32 << 20;

/// Inflates frame after frame, as `cat a.zst b.zst` and parallel compressors leave them.
pub(super) struct Frames<R: Read> {
    frame: Option<StreamingDecoder<BufReader<R>, FrameDecoder>>,
    /// What is behind the last frame.
    rest: Option<BufReader<R>>,
}

impl<R: Read> Frames<R> {
    pub(super) fn new(reader: R) -> Self {
        Frames { frame: None, rest: Some(BufReader::new(reader)) }
    }
}

impl<R: Read> Read for Frames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(mut rest) = self.rest.take() {
                if rest.fill_buf()?.is_empty() {
                    self.rest = Some(rest);
                    return Ok(0);
                }
                self.frame = Some(StreamingDecoder::new_with_max_window_size(rest, WINDOW_MAX).map_err(corrupt)?);
            }
            let Some(frame) = &mut self.frame else { return Ok(0) };
            let count = frame.read(buffer).map_err(corrupt)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            self.rest = self.frame.take().map(StreamingDecoder::into_inner);
        }
    }
}

fn corrupt(error: impl std::error::Error + Send + Sync + 'static) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

#[cfg(test)]
mod tests {
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};

    use super::*;

    #[test]
    fn frames_behind_one_another_are_one_stream() {
        let text = "1,2,3\n".repeat(100_000);
        let one = compress_to_vec(text.as_bytes(), CompressionLevel::Fastest);
        let mut all = String::new();
        Frames::new(&[&one[..], &one].concat()[..]).read_to_string(&mut all).unwrap();
        assert!(all == text.repeat(2));
        for length in 1..one.len().min(200) {
            assert!(Frames::new(&one[..length]).read_to_end(&mut Vec::new()).is_err(), "{length}");
        }
        assert!(Frames::new(&[&one[..], b"x"].concat()[..]).read_to_end(&mut Vec::new()).is_err());
    }
}
