//! Records: variable-length integers and serial types (file format 1.6 and 2.1).
//!
//! Says where in a payload each column lies; reads no page and decodes no text.

use super::pages::be32;

/// Most columns a table can have (`SQLITE_MAX_COLUMN` cannot be raised above this).
const MOST_COLUMNS: usize = 32_767;
/// Longest header of a record that is read.
pub(super) const LONGEST_HEADER: u64 = 9 * (MOST_COLUMNS as u64 + 1);

/// A variable-length integer and the bytes it takes: seven bits a byte, all eight of the ninth.
pub(super) fn varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0;
    for (at, byte) in bytes.iter().take(9).enumerate() {
        if at == 8 {
            return Some((value << 8 | u64::from(*byte), 9));
        }
        value = value << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((value, at + 1));
        }
    }
    None
}

/// One column of a record.
#[derive(Clone, Copy)]
pub(super) struct Column {
    serial: u64,
    /// First byte in the payload.
    pub(super) start: u64,
    /// Bytes in the payload.
    pub(super) len: u64,
}

impl Column {
    /// Serial types from 13 on that are odd.
    pub(super) fn is_text(self) -> bool {
        self.serial >= 13 && self.serial % 2 == 1
    }

    /// Text or blob.
    pub(super) fn is_bytes(self) -> bool {
        self.serial >= 12
    }

    /// The integer that `bytes` hold, if the column is one.
    pub(super) fn integer(self, bytes: &[u8]) -> Option<i64> {
        match self.serial {
            8 => Some(0),
            9 => Some(1),
            1..=6 if !bytes.is_empty() && bytes.len() as u64 == self.len => {
                let sign = if bytes[0] & 0x80 == 0 { 0 } else { -1 };
                Some(bytes.iter().fold(sign, |value: i64, byte| value << 8 | i64::from(*byte)))
            }
            _ => None,
        }
    }
}

/// Bytes of content of a serial type; none for the two reserved ones.
fn length(serial: u64) -> Option<u64> {
    Some(match serial {
        0 | 8 | 9 => 0,
        1..=4 => serial,
        5 => 6,
        6 | 7 => 8,
        10 | 11 => return None,
        _ => (serial - 12) / 2,
    })
}

/// Reads a record's header (all of it, with its own length in front) of a payload of `total` bytes.
///
/// Gives the end of the last column, or none if the header is malformed or its columns exceed the payload.
pub(super) fn columns(header: &[u8], total: u64, columns: &mut Vec<Column>) -> Option<u64> {
    columns.clear();
    let (_, mut at) = varint(header)?;
    let mut start = header.len() as u64;
    while at < header.len() {
        let (serial, taken) = varint(&header[at..])?;
        let len = length(serial)?;
        let end = start.checked_add(len).filter(|end| *end <= total)?;
        if columns.len() == MOST_COLUMNS {
            return None;
        }
        columns.push(Column { serial, start, len });
        at += taken;
        start = end;
    }
    Some(start)
}

/// A page number that follows the local part of a payload.
pub(super) fn page_number(bytes: &[u8], at: usize) -> Option<u32> {
    (at + 4 <= bytes.len()).then(|| be32(bytes, at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn varints_of_every_length() {
        assert_eq!(varint(&[0x7f]), Some((127, 1)));
        assert_eq!(varint(&[0x81, 0x00]), Some((128, 2)));
        assert_eq!(varint(&[0xff; 9]), Some((u64::MAX, 9)));
        assert_eq!(varint(&[0xff; 8]), None);
        assert_eq!(varint(&[]), None);
    }

    #[test]
    fn integers_are_signed_big_endian() {
        let column = Column { serial: 2, start: 0, len: 2 };
        assert_eq!(column.integer(&[0xff, 0xfe]), Some(-2));
        assert_eq!(column.integer(&[0x01, 0x00]), Some(256));
        assert_eq!(Column { serial: 7, start: 0, len: 8 }.integer(&[0; 8]), None);
    }
}
