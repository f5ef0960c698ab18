//! Reads an Arrow file. All of it lies in memory, as Arrow means it to; columns that are not compressed are used where they lie.

use std::fs::File;
use std::io::{Read, Seek};
use std::sync::Arc;

use arrow_buffer::Buffer;
use arrow_ipc::convert::try_fb_to_schema;
use arrow_ipc::reader::{FileDecoder, read_footer_length};
use arrow_ipc::{Block, root_as_footer, root_as_message};

use super::batch::{append, corrupt, table_of};
use crate::data::limits::Limits;
use crate::data::memory::Within;
use crate::data::table::{Table, TextFormat};
use crate::{Error, Result};

/// What a file ends with: the length of its footer, and `ARROW1`.
const TRAILER: usize = 10;

pub(super) fn read(origin: &str, mut file: File, text: &TextFormat, within: Within<'_>) -> Result<Table> {
    let refuse = |error: &dyn std::fmt::Display| corrupt(origin, "Arrow", error);
    if let (Some(memory), Ok(found)) = (within.memory, file.metadata()) {
        let why = || "an Arrow file lies in memory whole; Parquet does not".to_owned();
        memory.check_bytes(origin, found.len().into(), why)?;
    }
    let mut bytes = Vec::new();
    file.rewind()
        .and_then(|()| file.take(within.limits.max_bytes).read_to_end(&mut bytes))
        .map_err(Error::io("read", origin))?;
    let file = Buffer::from_vec(bytes);
    let trailer: [u8; TRAILER] = file.last_chunk().copied().ok_or_else(|| refuse(&"too short"))?;
    let end = file.len() - TRAILER;
    let length = read_footer_length(trailer).map_err(|error| refuse(&error))?;
    let start = end.checked_sub(length).ok_or_else(|| refuse(&"a footer longer than the file"))?;
    let footer = root_as_footer(&file[start..end]).map_err(|error| refuse(&error))?;
    let schema = footer.schema().ok_or_else(|| refuse(&"no schema"))?;
    let schema = Arc::new(try_fb_to_schema(schema).map_err(|error| refuse(&error))?);
    let mut table = table_of(origin, &schema)?.bounded(within.memory);
    let mut decoder = FileDecoder::new(schema, footer.version());
    let blocks = Blocks { origin, file: &file, limits: within.limits };
    for block in footer.dictionaries().iter().flatten() {
        decoder.read_dictionary(block, &blocks.bytes(block)?).map_err(|error| refuse(&error))?;
    }
    for block in footer.recordBatches().iter().flatten() {
        let batch = decoder.read_record_batch(block, &blocks.bytes(block)?).map_err(|error| refuse(&error))?;
        if let Some(batch) = batch {
            append(&mut table, &batch, text)?;
        }
    }
    if table.rows() == 0 {
        return Err(Error::Empty { origin: origin.to_owned(), what: "rows" });
    }
    Ok(table)
}

/// The blocks of a file.
struct Blocks<'a> {
    origin: &'a str,
    file: &'a Buffer,
    limits: Limits,
}

impl Blocks<'_> {
    /// The bytes of a block that lies in the file and, inflated, within the limits.
    fn bytes(&self, block: &Block) -> Result<Buffer> {
        let refuse = |error: &dyn std::fmt::Display| corrupt(self.origin, "Arrow", error);
        let number = |number: i64| usize::try_from(number).map_err(|_| refuse(&"a negative length"));
        let (offset, head) = (number(block.offset())?, number(block.metaDataLength().into())?);
        let length = number(block.bodyLength())?.checked_add(head).ok_or_else(|| refuse(&"a block without an end"))?;
        if offset.checked_add(length).is_none_or(|end| end > self.file.len()) {
            return Err(refuse(&"a block outside the file"));
        }
        let block = self.file.slice_with_length(offset, length);
        self.check_inflated(&block, head)?;
        Ok(block)
    }

    /// Each compressed buffer begins with its length when inflated, which is what would be asked of memory.
    fn check_inflated(&self, block: &[u8], head: usize) -> Result<()> {
        let refuse = |error: &dyn std::fmt::Display| corrupt(self.origin, "Arrow", error);
        let (message, body) = block.split_at_checked(head).ok_or_else(|| refuse(&"a short block"))?;
        // Behind a mark of four bytes, which old files lack, and the length of the message.
        let skipped = if message.starts_with(&[0xff; 4]) { 8 } else { 4 };
        let message = root_as_message(message.get(skipped..).unwrap_or_default()).map_err(|error| refuse(&error))?;
        let batch = message
            .header_as_record_batch()
            .or_else(|| message.header_as_dictionary_batch().and_then(|dictionary| dictionary.data()));
        let Some(batch) = batch.filter(|batch| batch.compression().is_some()) else { return Ok(()) };
        let mut inflated = 0u128;
        for buffer in batch.buffers().iter().flatten().filter(|buffer| buffer.length() > 0) {
            let start = usize::try_from(buffer.offset()).map_err(|_| refuse(&"a negative offset"))?;
            let length: [u8; 8] = body
                .get(start..)
                .and_then(|rest| rest.first_chunk())
                .copied()
                .ok_or_else(|| refuse(&"a short buffer"))?;
            inflated += i64::from_le_bytes(length).max(0) as u128; // -1: it is not compressed
        }
        self.limits.check(self.origin, inflated)
    }
}
